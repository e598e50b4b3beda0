import { CryptoOrderBook, CryptoQuote, type PriceLevel } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec } from "@tickerplant/client/wire";
import { expect, test } from "vitest";
import { createGateway } from "../../src/create-gateway.ts";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { error, MemoryPeer, type WireMessage } from "./support/memory-peer.ts";

const SECONDS = 1_735_830_000;

const level = (price: number, size: number): PriceLevel => ({ price, size });

function book(symbol: string, bids: PriceLevel[], asks: PriceLevel[], isSnapshot = false): CryptoOrderBook {
  return new CryptoOrderBook(symbol, SECONDS, 5, bids, asks, isSnapshot);
}

function serving(): { gateway: Gateway; feed: ManualFeed; clock: VirtualClock; peer(codec?: Codec): MemoryPeer } {
  const feed = new ManualFeed();
  const clock = new VirtualClock();
  const gateway = createGateway({ feeds: { "crypto/us": feed, iex: new ManualFeed() }, clock });
  void gateway.start();
  const peer = (codec: Codec = Codec.JSON): MemoryPeer => new MemoryPeer(gateway, { url: "/v1beta3/crypto/us", codec });
  return { gateway, feed, clock, peer };
}

/** Subscribes, and returns what is sent from the answer on. */
async function answersTo(peer: MemoryPeer, clock: VirtualClock, symbols: object): Promise<WireMessage[]> {
  peer.authenticate().say({ action: "subscribe", ...symbols });
  await clock.settle();
  return peer.take();
}

test("crypto has an endpoint at Alpaca's path, with its own channels in answers", async () => {
  const { gateway, clock, peer } = serving();
  expect(gateway.paths).toEqual(["/v2/iex", "/v1beta3/crypto/us"]);
  expect(gateway.endpoints.map(({ feed }) => feed)).toEqual(["iex", "crypto/us"]);
  expect(await answersTo(peer(), clock, { bars: ["BTC/USD"], statuses: ["BTC/USD"] })).toEqual([
    {
      T: "subscription",
      trades: [],
      quotes: [],
      orderbooks: [],
      bars: ["BTC/USD"],
      updatedBars: [],
      dailyBars: [],
    },
  ]);
});

test.each([Codec.JSON, Codec.MSGPACK])(
  "a late client gets the whole order book first, then its changes, in %s",
  async (codec) => {
    const { feed, clock, peer } = serving();
    feed.publish(book("BTC/USD", [level(99, 1), level(98, 2)], [level(101, 3)], true));
    feed.publish(book("ETH/USD", [level(9, 1)], [], true));
    feed.publish(book("BTC/USD", [level(99, 0)], [level(102, 4)]));
    const late = peer(codec);
    const [answer, snapshot, ...rest] = await answersTo(late, clock, { orderbooks: ["BTC/USD", "NEW/USD"] });
    expect(answer).toMatchObject({ T: "subscription", orderbooks: ["BTC/USD", "NEW/USD"] });
    expect(snapshot).toMatchObject({
      T: "o",
      S: "BTC/USD",
      b: [{ p: 98, s: 2 }],
      a: [
        { p: 101, s: 3 },
        { p: 102, s: 4 },
      ],
      r: true,
    });
    expect(rest).toEqual([]);
    feed.publish(book("BTC/USD", [level(97, 1)], []));
    await clock.settle();
    expect(late.take()).toMatchObject([{ T: "o", S: "BTC/USD", b: [{ p: 97, s: 1 }], a: [] }]);
  },
);

test("a client of all order books gets every one, and no client gets another's snapshot", async () => {
  const { feed, clock, peer } = serving();
  feed.publish(book("BTC/USD", [level(99, 1)], [], true), book("ETH/USD", [level(9, 1)], [], true));
  const early = peer();
  await answersTo(early, clock, { orderbooks: ["*"], quotes: ["*"] });
  const late = peer();
  const messages = await answersTo(late, clock, { orderbooks: ["*"] });
  expect(messages.slice(1).map(({ S, r }) => [S, r])).toEqual([
    ["BTC/USD", true],
    ["ETH/USD", true],
  ]);
  expect(early.take()).toEqual([]);
});

test("a client that subscribes to no order books gets no snapshot", async () => {
  const { feed, clock, peer } = serving();
  feed.publish(book("BTC/USD", [level(99, 1)], [], true));
  const quotes = peer();
  expect(await answersTo(quotes, clock, { quotes: ["BTC/USD"] })).toHaveLength(1);
  feed.publish(new CryptoQuote("BTC/USD", SECONDS, 0, 99, 1.5, 101, 2.5));
  await clock.settle();
  expect(quotes.take()).toEqual([
    { T: "q", S: "BTC/USD", bp: 99, bs: 1.5, ap: 101, as: 2.5, t: "2025-01-02T15:00:00Z" },
  ]);
});

test("after a gap of the feed an order book is not sent until the feed has sent a whole one", async () => {
  const { feed, clock, peer } = serving();
  feed.publish(book("BTC/USD", [level(99, 1)], [], true), book("ETH/USD", [level(9, 1)], [], true));
  const times = { from: new Date(SECONDS * 1000), to: new Date(SECONDS * 1000 + 1), cause: new Error("lost") };
  feed.gap({ channel: "orderbooks", symbols: ["BTC/USD"], ...times });
  feed.publish(book("BTC/USD", [level(98, 1)], []));
  const first = await answersTo(peer(), clock, { orderbooks: ["*"] });
  expect(first.slice(1).map(({ S }) => S)).toEqual(["ETH/USD"]);
  feed.publish(book("BTC/USD", [level(97, 1)], [], true));
  const second = await answersTo(peer(), clock, { orderbooks: ["BTC/USD"] });
  expect(second[1]).toMatchObject({ S: "BTC/USD", b: [{ p: 97, s: 1 }], r: true });
});

test("a symbol limit counts pairs, and rejects all order books", async () => {
  const gateway = createGateway({ feeds: { "crypto/us": new ManualFeed() }, maxSymbols: 1 });
  const peer = new MemoryPeer(gateway, { url: "/v1beta3/crypto/us", codec: Codec.JSON }).authenticate();
  peer.say({ action: "subscribe", orderbooks: ["*"] });
  peer.say({ action: "subscribe", trades: ["BTC/USD", "ETH/USD"] });
  expect(peer.take()).toEqual([error(405, "symbol limit exceeded"), error(405, "symbol limit exceeded")]);
});

test("one feed cannot serve stocks and crypto", () => {
  const feed = new ManualFeed();
  expect(() => createGateway({ feeds: { iex: feed, "crypto/us": feed } })).toThrow(
    "the feed of /v1beta3/crypto/us serves another asset class already",
  );
});

test("a key may be entitled to crypto alone", () => {
  const keys = [{ key: "K", secret: "S", feeds: ["crypto/us"] }];
  const gateway = createGateway({ feeds: { iex: new ManualFeed(), "crypto/us": new ManualFeed() }, keys });
  const crypto = new MemoryPeer(gateway, { url: "/v1beta3/crypto/us", codec: Codec.JSON });
  crypto.authenticate("K", "S");
  const stocks = new MemoryPeer(gateway, { codec: Codec.JSON });
  stocks.say({ action: "auth", key: "K", secret: "S" });
  expect(stocks.take().at(-1)).toMatchObject({ T: "error", code: 409 });
});
