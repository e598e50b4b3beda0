import { CryptoOrderBook } from "@tickerplant/client";
import { expect, test } from "vitest";
import { SECONDS } from "../../../../../verify/shared/records.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream/limits.ts";
import type { MemoryPeer } from "../../gateway/support/memory-peer.ts";
import { openRelay, type Relay } from "./support/relay.ts";

const BTC = "BTC/USD";

/** The whole book, with one bid, so many seconds after the start of the clock. */
function wholeBook(price: number, seconds = 0): CryptoOrderBook {
  return new CryptoOrderBook(BTC, SECONDS + seconds, 0, [{ price, size: 1 }], [], true);
}

async function reader(relay: Relay): Promise<MemoryPeer> {
  const peer = relay.client({ url: "/v1beta3/crypto/us" });
  peer.say({ action: "subscribe", orderbooks: [BTC] });
  await relay.clock.settle();
  return peer;
}

/** The prices of the whole books that a reader has got. */
function wholePrices(peer: MemoryPeer): unknown[] {
  return peer.take().flatMap(({ r, b }) => (r === true ? (b as { p: number }[]).map(({ p }) => p) : []));
}

test("a reader gets no book of a relay from before its symbol was unsubscribed upstream", async () => {
  const relay = openRelay({ feed: "crypto/us" });
  const session = await relay.serving();
  const first = await reader(relay);
  session.records(wholeBook(100));
  await relay.clock.settle();
  expect(wholePrices(first)).toEqual([100]);
  first.leave();
  await relay.clock.advance(UPSTREAM_LIMITS.lingerMs - 1_000);
  const second = await reader(relay);
  expect(wholePrices(second)).toEqual([100]); // upstream does not send it again
  second.leave();
  await relay.clock.advance(UPSTREAM_LIMITS.lingerMs + 1_000);
  const third = await reader(relay);
  expect(wholePrices(third)).toEqual([]);
  session.records(wholeBook(200));
  await relay.clock.settle();
  expect(wholePrices(third)).toEqual([200]);
});

test("a gap of upstream's own forgets the books from before it, and keeps those that came after", async () => {
  const relay = openRelay({ feed: "crypto/us" });
  const session = await relay.serving();
  await reader(relay);
  const gapAt = (from: number): object => ({
    T: "gap",
    channel: "orderbooks",
    symbols: [BTC],
    from: new Date((SECONDS + from) * 1000).toISOString(),
    to: new Date((SECONDS + from + 9) * 1000).toISOString(),
    cause: "connection_lost",
    msg: "the connection was lost",
  });
  session.records(wholeBook(100, 1));
  session.send(gapAt(1));
  await relay.clock.settle();
  expect(wholePrices(await reader(relay))).toEqual([]);
  session.records(wholeBook(200, 5));
  session.send(gapAt(3)); // known later than the book that ended it
  await relay.clock.settle();
  expect(wholePrices(await reader(relay))).toEqual([200]);
});

test.each([
  ["now", 0],
  ["the past", -86_400],
])(
  "a reader gets the book that came after a lost connection, and none from before, in a market of %s",
  async (_title, seconds) => {
    const relay = openRelay({ feed: "crypto/us" });
    const session = await relay.serving();
    await reader(relay);
    session.records(wholeBook(100, seconds));
    await relay.clock.advance(1_000);
    session.records(wholeBook(101, seconds + 1));
    await relay.clock.advance(1_000);
    session.cut();
    await relay.clock.settle();
    expect(wholePrices(await reader(relay))).toEqual([]);
    const next = await relay.serving();
    next.records(wholeBook(200, seconds + 5));
    await relay.clock.advance(60_000);
    expect(relay.events.filter(({ type }) => type === "gap")).toHaveLength(1);
    expect(wholePrices(await reader(relay))).toEqual([200]);
  },
);
