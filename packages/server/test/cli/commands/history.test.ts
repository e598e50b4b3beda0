import { once } from "node:events";
import { expect, test } from "vitest";
import { KEYS, linesOf, run, start } from "../support/cli.ts";
import { historyServer } from "../support/history-server.ts";

const FROM = ["--from", "2025-11-14T14:30:00Z"];

function trade(second: number, more = ""): string {
  return `{"t":"2025-11-14T14:30:0${second}.5Z","x":"V","p":101.5,"s":100,"c":["@"],"i":9007199254740993,"z":"C"${more}}`;
}

const TRADES = `{"trades":{"AAPL":[${trade(0)},${trade(1, ',"u":"canceled"')}]},"next_page_token":null}`;
const BAR = '{"t":"2025-11-14T14:30:00Z","o":1,"h":3,"l":0.5,"c":2,"v":1000,"n":12,"vw":1.75}';

function history(url: string, ...args: string[]): ReturnType<typeof run> {
  return run(["history", ...args, "--url", url], KEYS);
}

test("history prints trades in each format, and shows which were changed later", async () => {
  const url = await historyServer(() => TRADES);
  const [table, jsonl, csv] = await Promise.all([
    history(url, "trades", "AAPL", ...FROM),
    history(url, "trades", "AAPL", ...FROM, "--format", "jsonl"),
    history(url, "trades", "AAPL", ...FROM, "--format", "csv"),
  ]);
  expect([table.code, jsonl.code, csv.code]).toEqual([0, 0, 0]);
  expect(linesOf(table.stdout)).toEqual([
    "2025-11-14T14:30:00.500000000Z AAPL trade 101.5 x 100 on IEX [@]",
    "2025-11-14T14:30:01.500000000Z AAPL trade 101.5 x 100 on IEX [@] canceled",
  ]);
  expect(linesOf(jsonl.stdout)).toEqual([
    '{"T":"t","S":"AAPL","i":9007199254740993,"x":"V","p":101.5,"s":100,"c":["@"],"t":"2025-11-14T14:30:00.5Z","z":"C"}',
    '{"T":"t","S":"AAPL","i":9007199254740993,"x":"V","p":101.5,"s":100,"c":["@"],"t":"2025-11-14T14:30:01.5Z","z":"C","u":"canceled"}',
  ]);
  expect(linesOf(csv.stdout)).toEqual([
    "channel,symbol,timestamp,id,exchange,price,size,conditions,tape,receivedNs,update",
    "trades,AAPL,2025-11-14T14:30:00.500000000Z,9007199254740993,V,101.5,100,@,C,,",
    "trades,AAPL,2025-11-14T14:30:01.500000000Z,9007199254740993,V,101.5,100,@,C,,canceled",
  ]);
  expect(table.stderr).toContain("printed 2 records");
});

test("history requests what its options name, with the keys of the environment", async () => {
  const queries: Record<string, string>[] = [];
  const keys: unknown[] = [];
  const url = await historyServer(({ pathname, searchParams }, { headers }) => {
    queries.push({ pathname, ...Object.fromEntries(searchParams) });
    keys.push(headers["apca-api-key-id"], headers["apca-api-secret-key"]);
    return `{"bars":{"SPY":[${BAR}]},"next_page_token":null}`;
  });
  const args = ["--from", "2025-11-14T09:30:00-05:00", "--to", "2025-11-15", "--timeframe", "1Day", "--count", "5"];
  const { stdout } = await history(url, "bars", "SPY,QQQ", "IWM", ...args, "--feed", "sip", "--format", "jsonl");
  expect(linesOf(stdout)).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ T: "d", S: "SPY", c: 2, vw: 1.75 });
  expect(queries).toEqual([
    {
      pathname: "/v2/stocks/bars",
      start: "2025-11-14T14:30:00Z",
      end: "2025-11-15",
      timeframe: "1Day",
      adjustment: "raw",
      feed: "sip",
      symbols: "IWM,QQQ,SPY",
      limit: "5",
    },
  ]);
  expect(keys).toEqual([KEYS.APCA_API_KEY_ID, KEYS.APCA_API_SECRET_KEY]);
});

test("the URL of a stream names the server and the feed", async () => {
  const feeds: (string | null)[] = [];
  const url = await historyServer(({ searchParams }) => {
    feeds.push(searchParams.get("feed"));
    return '{"quotes":{},"next_page_token":null}';
  });
  const { code } = await history(`${url.replace("http", "ws")}/v2/sip`, "quotes", "AAPL", ...FROM);
  expect([code, feeds]).toEqual([0, ["sip"]]);
});

test("history prints crypto, by its feed and by the URL of its stream", async () => {
  const body =
    '{"trades":{"BTC/USD":[{"t":"2025-11-14T14:30:00Z","p":95000.5,"s":0.001,"i":1,"tks":"B"}]},"next_page_token":null}';
  const paths: string[] = [];
  const url = await historyServer(({ pathname }) => {
    paths.push(pathname);
    return body;
  });
  const [plain, csv] = await Promise.all([
    history(url, "trades", "BTC/USD", ...FROM, "--feed", "crypto/us"),
    history(`${url.replace("http", "ws")}/v1beta3/crypto/us`, "trades", "BTC/USD", ...FROM, "--format", "csv"),
  ]);
  expect(plain.stdout).toBe("2025-11-14T14:30:00.000000000Z BTC/USD trade 95000.5 x 0.001 taker B\n");
  expect(linesOf(csv.stdout)[1]).toMatch(/^trades,BTC\/USD,2025-11-14T14:30:00.000000000Z,95000.5,0.001,1,B$/);
  expect(paths).toEqual(["/v1beta3/crypto/us/trades", "/v1beta3/crypto/us/trades"]);
});

test("history fails with the words of the server and what to do", async () => {
  const url = await historyServer(() => ({
    status: 403,
    body: '{"message":"subscription does not permit querying recent SIP data"}',
  }));
  const { code, stdout, stderr } = await history(url, "trades", "AAPL", ...FROM);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: .*answered 403 "subscription does not permit.*set an earlier end/);
});

test("Ctrl-C ends history after what it has printed, with success", async () => {
  const url = await historyServer(({ searchParams }) =>
    searchParams.has("page_token") ? new Promise<never>(() => {}) : TRADES.replace("null", '"next"'),
  );
  const cli = start(["history", "trades", "AAPL", ...FROM, "--url", url], { environment: KEYS });
  await once(cli.child.stdout, "data");
  cli.child.kill("SIGINT");
  const { code, stderr } = await cli.ended;
  expect(code).toBe(0);
  expect(stderr).toContain("printed 2 records");
});

test("a closed pipe ends history without an error", async () => {
  let pages = 0;
  const url = await historyServer(() => TRADES.replace("null", `"${++pages}"`).replaceAll(/:0[01]\.5/g, ":00.5"));
  const cli = start(["history", "trades", "AAPL", ...FROM, "--url", url], { environment: KEYS, readsOutput: false });
  await once(cli.child.stdout, "readable");
  cli.child.stdout.destroy();
  const { code, stderr } = await cli.ended;
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
});
