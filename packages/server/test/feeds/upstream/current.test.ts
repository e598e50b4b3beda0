import { type HistorySource, scriptedHistory } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import type { FeedGap } from "../../../src/feeds/feed.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream/limits.ts";
import { openRelay, type Relay, subscribe } from "./support/relay.ts";

/** A history that does not answer. */
const SILENT: HistorySource = {
  feed: "iex",
  url: "memory:",
  channels: ["trades"],
  acceptsWildcard: true,
  page: (_request, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  latest: async () => [],
};

function gapsOf({ events }: Relay): FeedGap[] {
  return events.flatMap((event) => (event.type === "gap" ? [event.gap] : []));
}

test("an upstream feed is not current from the loss of its connection on, also before the next attempt", async () => {
  const relay = openRelay();
  const session = await relay.serving();
  expect(relay.feed.isCurrent).toBe(true);
  session.cut();
  await relay.clock.settle();
  expect(relay.feed.isCurrent).toBe(false);
});

test("an upstream feed is not current after an error that has ended its stream", async () => {
  const relay = openRelay();
  const session = await relay.serving();
  session.error(409);
  session.close();
  await relay.clock.settle();
  expect(relay.feed.isCurrent).toBe(false);
});

test("an upstream feed whose gap has lost its last client is current again when the symbol is unsubscribed", async () => {
  const relay = openRelay({ history: scriptedHistory(SILENT) });
  const session = await relay.serving();
  const client = relay.client();
  client.say(subscribe("A"));
  await relay.clock.settle();
  session.records(trade("A", 1, recordTime(relay.clock.now())));
  await relay.clock.advance(1_000);
  session.cut();
  await relay.serving();
  await relay.clock.advance(UPSTREAM_LIMITS.currentAfterMs + 1_000);
  expect(relay.feed.isCurrent).toBe(false);
  client.leave();
  await relay.clock.advance(UPSTREAM_LIMITS.lingerMs + 1_000);
  expect(relay.feed.isCurrent).toBe(true);
  expect(gapsOf(relay)).toMatchObject([{ channel: "trades", symbols: ["A"] }]);
});

test.each([
  ["reports its gaps", {}],
  ["fills its gaps", { history: scriptedHistory(SILENT) }],
])(
  "an upstream feed that %s reports the gap of a symbol that is unsubscribed before upstream has confirmed it again",
  async (_title, options) => {
    const relay = openRelay(options);
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.settle();
    const heardMs = relay.clock.now();
    session.records(trade("A", 1, recordTime(heardMs)));
    await relay.clock.advance(1_000);
    session.cut();
    const next = await relay.handshake();
    await next.expectSubscribe();
    await relay.clock.advance(1_000);
    client.leave();
    await relay.clock.advance(1_000);
    expect(gapsOf(relay)).toEqual([]);
    await relay.clock.advance(UPSTREAM_LIMITS.lingerMs);
    const [gap] = gapsOf(relay);
    expect(gap).toMatchObject({ channel: "trades", symbols: ["A"], from: new Date(heardMs) });
    expect(gap?.to.getTime()).toBeGreaterThan(heardMs + 2_000);
    await relay.clock.advance(UPSTREAM_LIMITS.currentAfterMs);
    expect(relay.feed.isCurrent).toBe(true);
  },
);
