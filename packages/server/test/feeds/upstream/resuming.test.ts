import { StreamError, type Trade } from "@tickerplant/client";
import { StockTail } from "@tickerplant/client/history";
import {
  type HistorySource,
  historyGroup,
  historyRecord,
  scriptedHistory,
  VirtualClock,
} from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream/limits.ts";
import { upstream } from "../../../src/feeds/upstream/upstream.ts";
import { openRelay, type Relay, subscribe } from "./support/relay.ts";

const CAUSE = new StreamError("connection_lost", "the earlier relay has ended");

/** A history that has these trades. */
function historyOf(published: readonly Trade[]): HistorySource {
  return {
    feed: "iex",
    url: "memory:",
    channels: ["trades"],
    acceptsWildcard: true,
    page: async ({ symbols, fromNs, toNs }) => {
      const groups = symbols.map((symbol) => historyGroup(symbol));
      for (const { symbol, records } of groups)
        for (const one of published)
          if (one.symbol === symbol && one.timestampNs >= fromNs && one.timestampNs <= toNs)
            records.push(historyRecord(Object.assign(Object.create(Object.getPrototypeOf(one)), one)));
      return { groups, nextToken: undefined };
    },
    latest: async () => [],
  };
}

/** A relay behind one that has published trades 1 to 3 of A; it has missed 4 and 5. */
async function resumedRelay(): Promise<{ relay: Relay; published: Trade[] }> {
  const clock = new VirtualClock();
  const tail = new StockTail({ clock });
  const published: Trade[] = [];
  for (let id = 1; id <= 5; id++) {
    const one = trade("A", id, recordTime(clock.now() + id));
    published.push(one);
    if (id <= 3) tail.add(one);
  }
  tail.end({ symbols: { trades: ["A"] }, completeMs: tail.heardMs, cause: CAUSE });
  await clock.advance(1_000);
  return { relay: openRelay({ clock, resume: tail, history: scriptedHistory(historyOf(published)) }), published };
}

describe("an upstream feed that resumes the tail of another one", () => {
  test("publishes what was missed and what follows, each record once and in order", async () => {
    const { relay, published } = await resumedRelay();
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.settle();
    const live = trade("A", 6, recordTime(relay.clock.now()));
    published.push(live);
    session.records(live);
    await relay.clock.advance(20_000);
    expect(client.frames.flat().flatMap(({ T, i }) => (T === "t" ? [i] : []))).toEqual([4, 5, 6]);
    expect(relay.source).toMatchObject([{ type: "connected" }, { type: "filled", symbols: ["A"], recordCount: 2 }]);
  });

  test("is current again as soon as the gaps of everything that was lost are filled", async () => {
    const { relay, published } = await resumedRelay();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.settle();
    const session = await relay.serving();
    expect(relay.feed.isCurrent).toBe(false);
    const live = trade("A", 6, recordTime(relay.clock.now()));
    published.push(live);
    session.records(live);
    await relay.clock.settle();
    expect(relay.feed.isCurrent).toBe(false);
    await relay.clock.advance(10_000);
    expect(relay.source.map(({ type }) => type)).toContain("filled");
    expect(relay.feed.isCurrent).toBe(true);
  });

  test("without a request at its first connection is current again a minute after it, and not before", async () => {
    const { relay } = await resumedRelay();
    expect(relay.feed.isCurrent).toBe(false);
    await relay.serving();
    await relay.clock.advance(UPSTREAM_LIMITS.currentAfterMs - 1_000);
    expect(relay.feed.isCurrent).toBe(false);
    await relay.clock.advance(1_000);
    expect(relay.feed.isCurrent).toBe(true);
  });

  test("rejects a tail of another asset class when it is made", () => {
    const options = { apiKey: "key", secretKey: "secret", resume: new StockTail() };
    expect(() => upstream({ ...options, feed: "crypto/us" })).toThrow(/must be a tail of the stream's asset class/);
  });
});

test("an upstream feed shows the newest certain time of its records", async () => {
  const relay = openRelay();
  expect(relay.feed.marketMs).toBeUndefined();
  const session = await relay.serving();
  expect(relay.feed.marketMs).toBeUndefined();
  relay.client().say(subscribe("A"));
  await relay.clock.settle();
  const nowMs = relay.clock.now();
  session.records(trade("A", 1, recordTime(nowMs)));
  session.records(trade("A", 2, recordTime(nowMs + 86_400_000)));
  session.records(trade("A", 3, recordTime(nowMs + 10)));
  await relay.clock.settle();
  expect(relay.feed.marketMs).toBe(nowMs + 10);
});
