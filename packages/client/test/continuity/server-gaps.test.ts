import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import type { GapEvent } from "../../src/index.ts";
import * as LIMITS from "../../src/limits.ts";
import { codecs, open } from "../support/stream.ts";
import { World } from "./support/world.ts";

const FROM = "2025-01-02T15:00:00.000Z";
const TO = "2025-01-02T15:00:07.500Z";

/** A gap as a gateway reports it. */
const gapOf = (...symbols: string[]) => ({
  T: "gap",
  channel: "trades",
  symbols,
  from: FROM,
  to: TO,
  cause: "connection_lost",
  msg: "the connection was lost",
});

/** The event of {@link gapOf}. */
const eventOf = (...symbols: string[]) => ({
  channel: "trades",
  symbols,
  from: new Date(FROM),
  to: new Date(TO),
  cause: expect.objectContaining({ name: "StreamError", code: "connection_lost", message: "the connection was lost" }),
});

/** A stream of trades, what it emits in order, and the session of its server. */
async function serving(options: Parameters<typeof open>[0], ...symbols: string[]) {
  const opened = open(options);
  const seen: unknown[] = [];
  const gaps: GapEvent[] = [];
  opened.stream.on("gap", (gap) => {
    seen.push("gap");
    gaps.push(gap);
  });
  const subscription = opened.stream.subscribeTrades(({ id }) => seen.push(id), ...symbols);
  return { ...opened, seen, gaps, subscription, session: await opened.serving() };
}

describe.each(codecs)("in %s", (codec) => {
  test("a gap that the server reports is emitted between the records before and after it", async () => {
    const { session, clock, seen, gaps } = await serving({ codec }, "AAPL", "MSFT");
    session.records(trade("AAPL", 1));
    session.send(gapOf("AAPL", "MSFT"));
    session.records(trade("AAPL", 2));
    await clock.settle();
    expect(seen).toEqual([1, "gap", 2]);
    expect(gaps).toEqual([eventOf("AAPL", "MSFT")]);
  });
});

test("a stream behind a urlOverride asks for the server's gaps, and one of Alpaca's own address does not", async () => {
  const overridden = open({ urlOverride: "ws://relay.example/v2/iex?snapshot=1" });
  const plain = open();
  await Promise.all([overridden.authenticated(), plain.authenticated()]);
  const [behind, direct] = [overridden, plain].map(({ gateway }) => gateway.sessions[0]?.socket.request);
  expect(behind?.url).toBe("ws://relay.example/v2/iex?snapshot=1");
  expect(behind?.headers).toMatchObject({ "X-Tickerplant-Gaps": "1" });
  expect(direct?.url).not.toContain("?");
  expect(Object.keys(direct?.headers ?? {})).toEqual(["Content-Type", "User-Agent"]);
});

test("a gap of the server names only symbols that the stream is still subscribed to", async () => {
  const { session, clock, gaps, subscription, stream } = await serving({}, "AAPL", "MSFT");
  stream.subscribeTrades(() => {}, "MSFT");
  void subscription.unsubscribe();
  session.send(gapOf("AAPL", "MSFT"), gapOf("AAPL"));
  await clock.settle();
  expect(gaps).toEqual([eventOf("MSFT")]);
});

test("a gap of the server for named symbols reaches a stream of all symbols", async () => {
  const { session, clock, gaps } = await serving({}, "*");
  session.send(gapOf("AAPL"), gapOf("*"));
  await clock.settle();
  expect(gaps).toEqual([eventOf("AAPL"), eventOf("*")]);
});

describe("a gap that the server repeats at subscribing", () => {
  const numbered = (id: number, ...symbols: string[]) => ({ ...gapOf(...symbols), id });
  const repeated = (id: number, ...symbols: string[]) => ({ ...numbered(id, ...symbols), repeated: true });

  /** The symbols of the server's gaps that a stream has emitted. */
  const serverGaps = (gaps: readonly GapEvent[]) =>
    gaps.filter(({ to }) => +to === Date.parse(TO)).map(({ symbols }) => symbols);

  /** Cuts the connection, and serves the next one. */
  async function reconnected({ session, clock, gateway }: Awaited<ReturnType<typeof serving>>) {
    await clock.advance(2_000);
    session.cut();
    const handshake = gateway.handshake();
    await clock.advance(2_000);
    const next = await handshake;
    next.acknowledgeAll();
    await clock.advance(100);
    return next;
  }

  test("is emitted if it was reported while the stream was disconnected", async () => {
    const world = await serving({}, "AAPL", "MSFT");
    world.session.send(numbered(7, "AAPL"));
    const next = await reconnected(world);
    next.send(repeated(7, "AAPL"), repeated(8, "AAPL", "MSFT"));
    await world.clock.settle();
    expect(serverGaps(world.gaps)).toEqual([["AAPL"], ["AAPL", "MSFT"]]);
  });

  test("is emitted of symbols whose requests are answered later, and once over further connections", async () => {
    const world = await serving({}, "*");
    const second = await reconnected(world);
    second.send(repeated(7, "AAPL"), repeated(8, "MSFT"));
    const third = await reconnected({ ...world, session: second });
    third.send(repeated(7, "AAPL"), repeated(8, "MSFT"), repeated(9, "AAPL"));
    await world.clock.settle();
    expect(serverGaps(world.gaps)).toEqual([["AAPL"], ["MSFT"], ["AAPL"]]);
  });

  test("is not emitted of symbols that were never subscribed to before", async () => {
    const world = await serving({}, "AAPL");
    await world.clock.advance(10);
    world.session.send(repeated(7, "AAPL"));
    const next = await reconnected(world);
    world.stream.subscribeTrades(() => {}, "MSFT");
    await world.clock.advance(100);
    next.send(repeated(8, "MSFT"));
    await world.clock.settle();
    expect(serverGaps(world.gaps)).toEqual([]);
  });
});

test("a cause that a later version of the gateway knows arrives as it is", async () => {
  const { session, clock, gaps } = await serving({}, "AAPL");
  session.send({ ...gapOf("AAPL"), cause: "solar_flare", msg: "the sun" });
  await clock.settle();
  expect(gaps).toMatchObject([{ cause: { code: "solar_flare", message: "the sun" } }]);
});

test("[R26] the cause of a server's gap does not repeat the stream's secret", async () => {
  const { session, clock, gaps } = await serving({}, "AAPL");
  session.send({ ...gapOf("AAPL"), msg: "test-secret was rejected" });
  await clock.settle();
  expect(gaps.map(({ cause }) => cause.message)).toEqual([expect.not.stringContaining("test-secret")]);
});

test.each([
  ["no symbols", { symbols: undefined }],
  ["a string as its symbols", { symbols: "AAPL" }],
  ["no end", { to: undefined }],
  ["a time that cannot be read", { from: "yesterday" }],
  ["a number as a time", { from: 1_735_830_000_000 }],
  ["an end before its start", { from: TO, to: FROM }],
])("a gap with %s is an unreadable message, and the records beside it arrive", async (_what, wrong) => {
  const { session, clock, seen, errors } = await serving({}, "AAPL");
  session.send({ ...gapOf("AAPL"), ...wrong });
  session.records(trade("AAPL", 1));
  await clock.settle();
  expect(seen).toEqual([1]);
  expect(errors).toMatchObject([{ code: "bad_message" }]);
});

test("a gap of a channel that the client does not know is skipped", async () => {
  const { session, clock, seen, errors } = await serving({}, "AAPL");
  session.send({ ...gapOf("AAPL"), channel: "news" });
  await clock.settle();
  expect(seen).toEqual([]);
  expect(errors).toEqual([]);
});

const isoNow = (world: World): string => new Date(world.opened.clock.now()).toISOString();

describe("with a history", () => {
  /** A stream of trades of AAPL that has had one. */
  async function started(...options: ConstructorParameters<typeof World>): Promise<World> {
    const world = new World(...options);
    world.opened.stream.subscribeTrades((record) => world.got.push(record), "AAPL");
    await world.start();
    await world.advance(1_000);
    world.trade("AAPL");
    await world.advance(100);
    return world;
  }

  /** The server loses the trades of a second, and reports that. */
  async function loseSecond(world: World): Promise<void> {
    const from = isoNow(world);
    await world.advance(500);
    world.tradeBefore("AAPL", 0);
    world.tradeBefore("AAPL", 0);
    await world.advance(500);
    world.session?.send({ ...gapOf("AAPL"), from, to: isoNow(world) });
    await world.opened.clock.settle();
  }

  test("a gap of the server is filled in order, before the live records that follow it", async () => {
    const world = await started();
    await loseSecond(world);
    world.trade("AAPL");
    await world.advance(100);
    expect(world.ids("AAPL")).toEqual([1]); // the live one is held
    await world.advance(10_000);
    expect(world.ids("AAPL")).toEqual([1, 2, 3, 4]);
    expect(world.gaps).toBe(1);
    expect(world.filled).toMatchObject([{ channel: "trades", symbols: ["AAPL"], recordCount: 2 }]);
    expect(world.open).toEqual([]);
  });

  test("the position does not pass a gap of the server that is being filled", async () => {
    const world = await started();
    const before = world.opened.stream.position;
    await loseSecond(world);
    world.trade("AAPL");
    await world.advance(100);
    const during = world.opened.stream.position;
    await world.advance(60_000);
    expect(during).toEqual(before);
    expect(world.opened.stream.position).not.toEqual(before);
  });

  test("a gap of the server in a channel that is not filled stays open at once", async () => {
    const world = new World();
    world.opened.stream.subscribeQuotes((record) => world.got.push(record), "AAPL");
    await world.start();
    world.session?.send({ ...gapOf("AAPL"), channel: "quotes" });
    await world.opened.clock.settle();
    expect(world.gaps).toBe(1);
    expect(world.open).toMatchObject([{ channel: "quotes", symbols: ["AAPL"], cause: { code: "not_filled" } }]);
  });

  test("a gap of the server that history lacks stays open before the live records that follow it", async () => {
    const world = await started({ before: () => Promise.reject(new TypeError("no history today")) });
    const seen: unknown[] = [];
    world.opened.stream.on("gapOpen", () => seen.push(...world.ids("AAPL"), "open"));
    world.opened.stream.on("error", () => {}); // fill_failed
    await loseSecond(world);
    world.trade("AAPL");
    await world.advance(60_000);
    expect(seen).toEqual([1, "open"]);
    expect(world.ids("AAPL")).toEqual([1, 4]);
  });

  test("a server that reports gaps without end does not fill the memory", async () => {
    const world = await started({ before: () => new Promise(() => {}) });
    const now = isoNow(world);
    const count = LIMITS.maxWaitingFills + 10;
    for (let index = 0; index < count; index++) world.session?.send({ ...gapOf("AAPL"), from: now, to: now });
    await world.opened.clock.settle();
    expect(world.gaps).toBe(count);
    expect(world.open).toHaveLength(10);
    expect(world.open[0]).toMatchObject({ symbols: ["AAPL"], cause: { code: "too_large" } });
  });
});
