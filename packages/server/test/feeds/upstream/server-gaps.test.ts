import { type GapEvent, StockDataStream, StreamError } from "@tickerplant/client";
import { type HistorySource, historyGroup, historyRecord, scriptedHistory } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { quote, recordTime, trade } from "../../../../../verify/shared/records.ts";
import { upstream } from "../../../src/feeds/upstream/upstream.ts";
import { openServer } from "../../gateway/support/server.ts";
import { openRelay, type Relay, subscribe } from "./support/relay.ts";

/** A client that asks for gaps. */
const ASKS = { url: "/v2/iex?gaps=1" };

/** What an upstream gateway reports as missing of `A`, around the relay's present. */
function gapMessage({ clock }: Relay): object {
  const from = new Date(clock.now() - 1_000).toISOString();
  const to = new Date(clock.now()).toISOString();
  return { T: "gap", channel: "trades", symbols: ["A"], from, to, cause: "stale", msg: "no trades for 30 s" };
}

/** A history of trades of `A`; without any, its requests fail. */
function pastOf(records: () => readonly ReturnType<typeof trade>[]): HistorySource {
  return {
    feed: "iex",
    url: "memory:",
    channels: ["trades", "quotes"],
    acceptsWildcard: true,
    page: async ({ fromNs, toNs }) => {
      const group = historyGroup("A");
      const within = records().filter(({ timestampNs }) => timestampNs >= fromNs && timestampNs <= toNs);
      group.records.push(...within.map((record) => historyRecord(record)));
      return { groups: [group], nextToken: undefined };
    },
    latest: async () => [],
  };
}

test("a relay asks its upstream gateway for gaps, and Alpaca's own servers for nothing", async () => {
  const behind = openRelay({ urlOverride: "ws://gateway.example/v2/iex" });
  const direct = openRelay();
  await Promise.all([behind.serving(), direct.serving()]);
  const [toGateway, toAlpaca] = [behind, direct].map(({ upstream: server }) => server.sessions[0]?.socket.request);
  expect(toGateway?.headers).toMatchObject({ "X-Tickerplant-Gaps": "1" });
  expect(Object.keys(toAlpaca?.headers ?? {})).toEqual(["Content-Type", "User-Agent"]);
});

test("a gap of a relay's upstream goes to clients that asked, in order, and to the gateway's events", async () => {
  const relay = openRelay();
  const session = await relay.serving();
  const asked = relay.client(ASKS);
  const other = relay.client();
  for (const client of [asked, other]) client.say(subscribe("A"));
  await relay.clock.settle();
  const message = gapMessage(relay);
  session.records(trade("A", 1));
  session.send(message);
  session.records(trade("A", 2));
  await relay.clock.advance(100);
  expect(asked.take()).toMatchObject([{ T: "subscription" }, { i: 1 }, message, { i: 2 }]);
  expect(other.take().map(({ T }) => T)).toEqual(["subscription", "t", "t"]);
  expect(relay.events.filter(({ type }) => type === "gap")).toMatchObject([
    { feeds: ["iex"], gap: { channel: "trades", symbols: ["A"], cause: { code: "stale" } } },
  ]);
});

test("a gap of a relay's upstream that the relay's history fills reaches no client", async () => {
  const market: ReturnType<typeof trade>[] = [];
  const relay = openRelay({ history: scriptedHistory(pastOf(() => market)) });
  const session = await relay.serving();
  const client = relay.client(ASKS);
  client.say(subscribe("A"));
  await relay.clock.advance(1_000);
  const sold = (id: number, ageMs: number): ReturnType<typeof trade> => {
    const record = trade("A", id, recordTime(relay.clock.now() - ageMs));
    market.push(record);
    return record;
  };
  session.records(sold(1, 0));
  await relay.clock.advance(2_000);
  sold(2, 500); // lost by the upstream gateway
  session.send(gapMessage(relay));
  await relay.clock.advance(10);
  session.records(sold(3, 0));
  await relay.clock.advance(60_000);
  expect(client.take().map(({ T, i }) => i ?? T)).toEqual(["subscription", 1, 2, 3]);
  expect(relay.events.filter(({ type }) => type === "gap")).toEqual([]);
});

test("a gap that the relay does not fill has the cause of the loss, and names no option of a program", async () => {
  const relay = openRelay({ history: scriptedHistory(pastOf(() => [])) });
  const session = await relay.serving();
  const client = relay.client(ASKS);
  client.say({ action: "subscribe", quotes: ["A"] });
  await relay.clock.settle();
  session.records(quote("A", 1, recordTime(relay.clock.now())));
  await relay.clock.advance(1_000);
  session.cut();
  await relay.serving();
  await relay.clock.advance(60_000);
  const gaps = client.take().filter(({ T }) => T === "gap");
  expect(gaps).toMatchObject([{ channel: "quotes", symbols: ["A"], cause: "connection_lost" }]);
  expect(JSON.stringify(relay.events)).not.toContain("option");
});

test("a client of the package behind two relays emits the gap of the first one's upstream", async () => {
  await using origin = await openServer();
  const keys = { apiKey: "k", secretKey: "s" };
  await using first = await openServer({ feeds: { iex: upstream({ ...keys, urlOverride: origin.url }) } });
  await using second = await openServer({ feeds: { iex: upstream({ ...keys, urlOverride: first.url }) } });
  await using stream = new StockDataStream({ ...keys, urlOverride: second.url });
  const gaps: GapEvent[] = [];
  const seen: unknown[] = [];
  stream.on("gap", (gap) => {
    gaps.push(gap);
    seen.push("gap");
  });
  const arrived = new Promise<void>((resolve) => {
    stream.subscribeTrades(({ id }) => {
      seen.push(id);
      if (id === 2) resolve();
    }, "A");
  });
  await stream.connect();
  const gap = { channel: "trades", symbols: ["A"], from: new Date(1_000), to: new Date(2_000) };
  origin.feed.publish(trade("A", 1));
  origin.feed.gap({ ...gap, cause: new StreamError("ping_timeout", "the connection is dead") });
  origin.feed.publish(trade("A", 2));
  await arrived;
  expect(seen).toEqual([1, "gap", 2]);
  expect(gaps).toEqual([
    { ...gap, cause: expect.objectContaining({ code: "ping_timeout", message: "the connection is dead" }) },
  ]);
});
