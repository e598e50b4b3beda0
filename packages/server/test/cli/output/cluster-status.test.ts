import type { ClusterFeedStatus, ReaderStatus } from "@tickerplant/cluster";
import { expect, test } from "vitest";
import { clusterFeedJson, clusterLines } from "../../../src/cli/output/cluster-status.ts";

const NOW = Date.parse("2025-11-14T15:00:00Z");

const READER: ReaderStatus = {
  id: "1",
  name: "paris",
  version: "1.2.3",
  kind: "gateway",
  feed: "sip",
  number: 1_234_560,
  epoch: 3,
  madeMs: NOW - 20,
  readMs: NOW - 8,
  lagMs: 12,
  clients: 4,
  behindCount: 7,
};

const FEED: ClusterFeedStatus = {
  feed: "sip",
  stream: "TICKERPLANT_sip",
  keepMs: 86_400_000,
  keepBytes: undefined,
  replicas: 3,
  firstNumber: 1_000,
  lastNumber: 1_234_567,
  byteLength: 1_200_000_000,
  newest: { epoch: 3, madeMs: NOW - 300, completeMs: NOW - 2_000, isComplete: true },
  leader: {
    ingest: { name: "london", id: "x", version: "1.2.3" },
    epoch: 3,
    sinceMs: NOW - 7_200_000,
    renewedMs: NOW - 400,
    isLeading: true,
  },
  state: { carried: { trades: ["*"], quotes: ["*"], bars: ["AAPL", "MSFT"] }, isOnDemand: true, source: "live" },
  readers: [READER, { ...READER, name: "rome", kind: "recorder", number: 0, clients: undefined }],
  problem: undefined,
};

function lines(changes: Partial<ClusterFeedStatus> = {}): string[] {
  return clusterLines({ atMs: NOW, feeds: [{ ...FEED, ...changes }] });
}

test("the status of a feed is a line for each fact, and a table of its readers", () => {
  expect(lines()).toEqual([
    "sip in TICKERPLANT_sip",
    "  leader   london (1.2.3), epoch 3, since 2025-11-14T13:00:00.000Z (2.0 h); lease renewed 400 ms ago",
    "  source   live",
    "  carries  trades, quotes of all symbols; bars of AAPL, MSFT; what gateways ask for",
    "  frames   1,000 to 1,234,567, 1.2 GB; kept for 24 h on 3 servers",
    "  newest   made 300 ms ago; complete up to 2025-11-14T14:59:58.000Z, 2.0 s ago",
    "  problem  none",
    "  readers  2 readers",
    "    name   kind      version                     has read    lag  clients",
    "    paris  gateway   1.2.3    frame 1,234,560, 8.0 ms ago  12 ms        4",
    "    rome   recorder  1.2.3                    nothing yet",
  ]);
});

test.each<[string, Partial<ClusterFeedStatus>, string]>([
  ["no leader yet", { leader: undefined }, "  leader   none"],
  [
    "a leader that is gone",
    { leader: { ...(FEED.leader as NonNullable<typeof FEED.leader>), isLeading: false, renewedMs: NOW - 60_000 } },
    "  leader   none; the last was london (1.2.3), epoch 3, lease renewed 60 s ago",
  ],
  ["a problem", { problem: "no ingest leads it" }, "  problem  no ingest leads it"],
  ["an unknown state", { state: undefined }, "  carries  not known"],
  ["nothing confirmed", { state: { carried: {}, isOnDemand: false } }, "  carries  nothing yet"],
  [
    "limits of bytes",
    { keepBytes: 5e9 },
    "  frames   1,000 to 1,234,567, 1.2 GB; kept for 24 h or up to 5.0 GB on 3 servers",
  ],
  ["no limit", { keepMs: 0, replicas: 1 }, "  frames   1,000 to 1,234,567, 1.2 GB; kept without limit on 1 server"],
  ["no frames", { firstNumber: 1, lastNumber: 0 }, "  frames   none; kept for 24 h on 3 servers"],
  ["a newest frame that cannot be read", { newest: undefined }, "  newest   none"],
  [
    "an open gap",
    { newest: { epoch: 3, madeMs: NOW, completeMs: NOW - 5_000, isComplete: false } },
    "  newest   made 0.0 ms ago; complete up to 2025-11-14T14:59:55.000Z, 5.0 s ago, behind which a gap is open",
  ],
  [
    "no record, and a clock ahead",
    { newest: { epoch: 3, madeMs: NOW + 900, completeMs: Number.NEGATIVE_INFINITY, isComplete: false } },
    "  newest   made 0.0 ms ago; no record yet",
  ],
  ["no readers", { readers: [] }, "  readers  none"],
])("the status of a feed with %s says so", (_title, changes, line) => {
  expect(lines(changes)).toContain(line);
});

test("names in a status cannot control the terminal", () => {
  const leader = FEED.leader && { ...FEED.leader, ingest: { name: "\u001b[2J", id: "x", version: "1" } };
  expect(lines({ leader })[1]).toContain("\\u001b[2J (1)");
});

test("the JSON of a feed is one line, without a watermark before the first record", () => {
  const newest = { epoch: 3, madeMs: NOW, completeMs: Number.NEGATIVE_INFINITY, isComplete: false };
  const json = clusterFeedJson({ ...FEED, newest }, NOW);
  expect(json).not.toContain("\n");
  expect(JSON.parse(json)).toEqual({
    ...JSON.parse(JSON.stringify(FEED)),
    atMs: NOW,
    newest: { epoch: 3, madeMs: NOW, isComplete: false },
  });
});
