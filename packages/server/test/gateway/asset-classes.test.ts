import { VirtualClock } from "@tickerplant/client/testing";
import { Codec } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { stockEndpoints } from "../../src/create-gateway.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { GatewaySettings } from "../../src/gateway/gateway-settings.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { error, MemoryPeer } from "./support/memory-peer.ts";
import { WEATHER, Weather } from "./support/weather.ts";

const PATH = "/v1/weather/alps";
const STATION = "ZUGSPITZE";

/** A gateway with an endpoint of stocks and one of another asset class. */
function setUp(settings: GatewaySettings = {}) {
  const stocks = new ManualFeed();
  const weather = new ManualFeed();
  const clock = new VirtualClock();
  const gateway = new Gateway(
    [...stockEndpoints({ iex: stocks }), { path: PATH, name: "weather", schema: WEATHER, feed: weather }],
    ["iex", "weather"],
    { clock, ...settings },
  );
  void gateway.start();
  return { gateway, stocks, weather, clock };
}

describe.each([Codec.JSON, Codec.MSGPACK])("a second asset class beside stocks, in %s", (codec) => {
  const connect = (gateway: Gateway, url = PATH) => new MemoryPeer(gateway, { codec, url });

  test(`a client of a second asset class in ${codec} is acknowledged by its own channels, implied ones included`, () => {
    const { gateway } = setUp();
    const peer = connect(gateway).authenticate();
    peer.say({ action: "subscribe", rain: [STATION, "*"] });
    expect(peer.take()).toEqual([{ T: "subscription", rain: [STATION, "*"], alarms: [STATION, "*"] }]);
    peer.say({ action: "unsubscribe", rain: [STATION, "*"] });
    expect(peer.take()).toEqual([{ T: "subscription", ...(codec === Codec.JSON && { rain: [], alarms: [] }) }]);
  });

  test(`a client of a second asset class in ${codec} gets its records, and no record of stocks of the same symbol`, async () => {
    const { gateway, stocks, weather, clock } = setUp();
    const peers = ["*", STATION].map((symbol) => connect(gateway).subscribe({ rain: [symbol] }));
    const trader = connect(gateway, "/v2/iex").subscribe({ trades: [STATION] });
    weather.publish(
      new Weather("rain", STATION, 7),
      new Weather("alarms", STATION, 8),
      new Weather("rain", "BROCKEN", 9),
    );
    stocks.publish(trade(STATION, 1));
    await clock.settle();
    const shown = peers.map((peer) => peer.take().map(({ T, S, v }) => `${T} ${S} ${v}`));
    expect(shown).toEqual([
      ["r ZUGSPITZE 7", "a ZUGSPITZE 8", "r BROCKEN 9"],
      ["r ZUGSPITZE 7", "a ZUGSPITZE 8"],
    ]);
    expect(trader.take()).toMatchObject([{ T: "t", S: STATION, i: 1 }]);
  });

  test(`a second asset class in ${codec} rejects an implied channel with 410, and ignores the channels of stocks`, () => {
    const { gateway } = setUp();
    const peer = connect(gateway).authenticate();
    peer.say({ action: "subscribe", alarms: [STATION] });
    peer.say({ action: "subscribe", rain: ["A B"] });
    peer.say({ action: "subscribe", trades: ["AAPL"] });
    const empty = codec === Codec.JSON ? { rain: [], alarms: [] } : {};
    expect(peer.take()).toEqual([
      error(410, "invalid subscribe action for this feed"),
      error(400, "invalid syntax"),
      { T: "subscription", ...empty },
    ]);
  });
});

test("a wildcard exceeds the symbol limit on the channels that the schema limits", () => {
  const { gateway } = setUp({ maxSymbols: 2 });
  const peer = new MemoryPeer(gateway, { url: PATH }).authenticate();
  for (const rain of [["*"], ["A", "B", "C"], ["A", "B"]]) peer.say({ action: "subscribe", rain });
  expect(peer.take()).toEqual([
    error(405, "symbol limit exceeded"),
    error(405, "symbol limit exceeded"),
    { T: "subscription", rain: ["A", "B"], alarms: ["A", "B"] },
  ]);
});

test("a client that conflates loses records of the schema's channels that conflate, and no others", async () => {
  const { gateway, weather, clock } = setUp({ maxBufferedBytes: 2000 });
  const peer = new MemoryPeer(gateway, { url: `${PATH}?slow=conflate` }).subscribe({ rain: ["*"] });
  peer.isStuck = true;
  for (let value = 1; value <= 1000; value++) {
    weather.publish(new Weather("rain", STATION, value));
    if (value % 100 === 0) weather.publish(new Weather("alarms", STATION, value));
    await clock.settle();
  }
  peer.unstick();
  await clock.settle();
  const received = peer.take();
  const valuesOf = (letter: string) => received.filter(({ T }) => T === letter).map(({ v }) => v);
  expect(valuesOf("a")).toEqual(Array.from({ length: 10 }, (_, index) => (index + 1) * 100));
  expect(valuesOf("r").length).toBeLessThan(100);
  expect(valuesOf("r").at(-1)).toBe(1000);
});

test("a key is entitled to endpoints by their names, whatever their asset class", () => {
  const { gateway } = setUp({ keys: [{ key: "K", secret: "S", feeds: ["weather"] }] });
  const [weather, stocks] = [PATH, "/v2/iex"].map((url) => new MemoryPeer(gateway, { url }));
  weather?.authenticate("K", "S");
  stocks?.say({ action: "auth", key: "K", secret: "S" });
  expect(stocks?.take().at(-1)).toEqual(error(409, "insufficient subscription"));
});

test("two endpoints cannot have one path", () => {
  const [endpoint] = stockEndpoints({ iex: new ManualFeed() });
  if (endpoint === undefined) throw new Error("there is an endpoint for each feed");
  expect(() => new Gateway([endpoint, endpoint], [], {})).toThrow("two endpoints have the path /v2/iex");
});

test("one feed cannot serve endpoints of two asset classes", () => {
  const feed = new ManualFeed();
  const endpoints = [...stockEndpoints({ iex: feed }), { path: PATH, name: "weather", schema: WEATHER, feed }];
  expect(() => new Gateway(endpoints, [], {})).toThrow(
    "the feed of /v1/weather/alps serves another asset class already; each needs a feed of its own",
  );
});
