import { StreamError } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { createGateway } from "../../src/create-gateway.ts";
import type { FeedGap } from "../../src/feeds/feed.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { MemoryPeer, type PeerOptions } from "./support/memory-peer.ts";

const GAP: FeedGap = {
  channel: "trades",
  symbols: ["A", "B"],
  from: new Date("2025-11-14T14:30:00Z"),
  to: new Date("2025-11-14T14:30:07.500Z"),
  cause: new StreamError("connection_lost", "the connection was lost"),
};

/** The message of {@link GAP} for a client with these symbols. */
const message = (...symbols: string[]) => ({
  T: "gap",
  channel: "trades",
  symbols,
  from: "2025-11-14T14:30:00.000Z",
  to: "2025-11-14T14:30:07.500Z",
  cause: "connection_lost",
  msg: "the connection was lost",
  id: expect.any(Number),
});

const ASKS: PeerOptions = { url: "/v2/iex?gaps=1" };

function setUp() {
  const feed = new ManualFeed();
  const clock = new VirtualClock();
  const gateway = createGateway({ feeds: { iex: feed }, clock });
  void gateway.start();
  return { feed, clock, gateway };
}

describe.each(Object.values(Codec))("in %s", (codec) => {
  test("a client that asked by ?gaps=1 gets a gap alone in its frame, between the records before and after it", async () => {
    const { feed, clock, gateway } = setUp();
    const peer = new MemoryPeer(gateway, { ...ASKS, codec }).subscribe({ trades: ["A"] });
    feed.publish(trade("A", 1));
    feed.gap(GAP);
    feed.publish(trade("A", 2));
    await clock.settle();
    expect(peer.frames).toMatchObject([[{ T: "t", i: 1 }], [message("A")], [{ T: "t", i: 2 }]]);
    expect(peer.frames[1]).toEqual([message("A")]);
  });

  test("a client of whole channels that asked gets a gap in order, and the others get the same frames without it", async () => {
    const { feed, clock, gateway } = setUp();
    const asked = new MemoryPeer(gateway, { ...ASKS, codec }).subscribe({ trades: ["*"] });
    const other = new MemoryPeer(gateway, { codec }).subscribe({ trades: ["*"] });
    feed.publish(trade("A", 1));
    feed.gap(GAP);
    feed.publish(trade("C", 2));
    await clock.settle();
    expect(asked.take()).toMatchObject([{ i: 1 }, message("A", "B"), { i: 2 }]);
    expect(other.take().map(({ T }) => T)).toEqual(["t", "t"]);
  });
});

test.each([
  ["nothing of the channel", { quotes: ["A"] }, GAP, undefined],
  ["other symbols", { trades: ["C"] }, GAP, undefined],
  ["one of the symbols", { trades: ["B", "C"] }, GAP, ["B"]],
  ["the wildcard", { trades: ["*"] }, GAP, ["A", "B"]],
  ["names, in a gap of all symbols", { trades: ["C", "B"] }, { ...GAP, symbols: ["*"] }, ["C", "B"]],
  ["the wildcard, in a gap of all symbols", { trades: ["*"] }, { ...GAP, symbols: ["*"] }, ["*"]],
  ["the channel that brings it", { trades: ["A"] }, { ...GAP, channel: "corrections" }, ["A"]],
] as const)("a gap names the symbols that a client is subscribed to: %s", (_what, subscription, gap, symbols) => {
  const { feed, gateway } = setUp();
  const peer = new MemoryPeer(gateway, ASKS).subscribe(subscription);
  feed.gap(gap);
  expect(peer.take().map((one) => one.symbols)).toEqual(symbols === undefined ? [] : [symbols]);
});

test("a client asks for gaps by a header, too", () => {
  const { feed, gateway } = setUp();
  const peer = new MemoryPeer(gateway, { headers: { "x-tickerplant-gaps": "1" } }).subscribe({ trades: ["A"] });
  feed.gap(GAP);
  expect(peer.take()).toEqual([message("A")]);
});

test("clients that did not ask never get a gap, whatever else they ask for", () => {
  const { feed, gateway } = setUp();
  const headers = { "x-tickerplant-gaps": "1" };
  const others: PeerOptions[] = [
    { url: "/v2/iex" },
    { url: "/v2/iex?gaps" },
    { url: "/v2/iex?gaps=0", headers }, // the address takes precedence
    { url: "/v2/iex?slow=conflate" },
    { headers: { "x-tickerplant-gaps": "0" } },
  ];
  const peers = others.map((options) => new MemoryPeer(gateway, options).subscribe({ trades: ["*"] }));
  feed.gap(GAP);
  for (const peer of peers) expect(peer.take()).toEqual([]);
});

test("a gap whose cause is no StreamError has the cause unknown", () => {
  const { feed, gateway } = setUp();
  const peer = new MemoryPeer(gateway, ASKS).subscribe({ trades: ["A"] });
  feed.gap({ ...GAP, cause: new Error("the disk was full") });
  expect(peer.take()).toMatchObject([{ cause: "unknown", msg: "the disk was full" }]);
});

describe("at subscribing, a client that asked for gaps", () => {
  test("gets the recent gaps of the symbols that the request adds, once, behind the answer", () => {
    const { feed, gateway } = setUp();
    feed.gap(GAP);
    const peer = new MemoryPeer(gateway, ASKS).subscribe({ trades: ["A"] });
    peer.say({ action: "subscribe", trades: ["A", "B", "C"], quotes: ["A"] });
    peer.say({ action: "subscribe", trades: ["A", "B"] });
    const repeated = peer.take().filter(({ T }) => T === "gap");
    expect(repeated).toEqual([{ ...message("B"), repeated: true }]);
    const all = new MemoryPeer(gateway, ASKS).authenticate();
    all.say({ action: "subscribe", trades: ["*"] });
    expect(all.take().slice(-2)).toEqual([
      expect.objectContaining({ T: "subscription" }),
      { ...message("A", "B"), repeated: true },
    ]);
  });

  test("gets a gap with the id that it had at its report, and later gaps have greater ones", () => {
    const { feed, gateway } = setUp();
    const connected = new MemoryPeer(gateway, ASKS).subscribe({ trades: ["A"] });
    feed.gap(GAP);
    feed.gap(GAP);
    const [first, second] = connected.take().map(({ id }) => Number(id));
    expect(second).toBeGreaterThan(first as number);
    const late = new MemoryPeer(gateway, ASKS).authenticate();
    late.say({ action: "subscribe", trades: ["A"] });
    expect(late.take().flatMap(({ T, id }) => (T === "gap" ? [id] : []))).toEqual([first, second]);
  });

  test("gets none that is older than an hour, and the newest if there are too many", async () => {
    const { feed, clock, gateway } = setUp();
    const idsOf = () => {
      const peer = new MemoryPeer(gateway, ASKS).authenticate();
      peer.say({ action: "subscribe", trades: ["*"] });
      return peer.take().flatMap(({ T, symbols }) => (T === "gap" ? [(symbols as string[])[0]] : []));
    };
    const symbols = Array.from({ length: GATEWAY_LIMITS.maxRecentGapSymbols - 1 }, (_, index) => `S${index}`);
    feed.gap(GAP);
    feed.gap({ ...GAP, symbols });
    expect(idsOf()).toEqual(["S0"]);
    await clock.advance(GATEWAY_LIMITS.recentGapMs + 1);
    feed.gap(GAP);
    expect(idsOf()).toEqual(["A"]);
  });

  test("gets the newest that fit into a quarter of its buffer, and is not cut off as slow for them", async () => {
    const feed = new ManualFeed();
    const gateway = createGateway({ feeds: { iex: feed }, clock: new VirtualClock(), maxBufferedBytes: 2_000 });
    void gateway.start();
    for (let count = 0; count < 100; count++) feed.gap({ ...GAP, symbols: [`S${count}`] });
    const peer = new MemoryPeer(gateway, { ...ASKS, isStuck: true }).authenticate();
    peer.say({ action: "subscribe", trades: ["*"] });
    expect(peer.take().flatMap(({ symbols }) => symbols)).toEqual([undefined, "S97", "S98", "S99"]);
    expect(peer.closed).toBeUndefined();
  });

  test("others get none", () => {
    const { feed, gateway } = setUp();
    feed.gap(GAP);
    const peer = new MemoryPeer(gateway, { url: "/v2/iex" }).authenticate();
    peer.say({ action: "subscribe", trades: ["*"] });
    expect(peer.take().map(({ T }) => T)).not.toContain("gap");
  });
});
