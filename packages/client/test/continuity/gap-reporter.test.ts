import { describe, expect, test } from "vitest";
import { bar, recordTime, SECONDS, trade } from "../../../../verify/shared/records.ts";
import type { GapEvent, StockDataStream } from "../../src/index.ts";
import type { ScriptedSession } from "../../src/testing/index.ts";
import { codecs, type Opened, open } from "../support/stream.ts";

/** The time of every record that these tests send. */
const RECORD_MS = SECONDS * 1000 + 123;

function gapsOf(stream: StockDataStream): GapEvent[] {
  const gaps: GapEvent[] = [];
  stream.on("gap", (gap) => gaps.push(gap));
  return gaps;
}

/** Loses the connection and comes back, as far as the credentials. */
async function comeBack({ clock, gateway }: Opened, session: ScriptedSession): Promise<ScriptedSession> {
  await clock.settle(); // what was sent arrives
  session.cut();
  await clock.advance(1000);
  return gateway.handshake();
}

describe.each(codecs)("in %s", (codec) => {
  test("[R22] [D5] a gap is reported for each channel when its symbols are active again", async () => {
    const opened = open({ codec });
    const { stream, clock } = opened;
    const gaps = gapsOf(stream);
    stream.subscribe({ trades: ["AAPL", "MSFT"], quotes: ["*"] }, () => {});
    let session = await opened.authenticated();
    await session.expectSubscribe();
    session.acknowledge();
    session.records(trade("AAPL"));
    session = await comeBack(opened, session);
    expect(gaps).toEqual([]);
    await clock.advance(250);
    await session.expectSubscribe();
    session.acknowledge();
    await clock.settle();
    const to = new Date(RECORD_MS + 1250); // the market was ahead of this machine's clock when the record came
    const cause = expect.objectContaining({ code: "connection_lost" });
    expect(gaps).toEqual([
      { channel: "trades", symbols: ["AAPL", "MSFT"], from: new Date(RECORD_MS), to, cause },
      { channel: "quotes", symbols: ["*"], from: new Date(RECORD_MS), to, cause },
    ]);
  });
});

test("[R22] a gap spans several lost connections, and its cause is the first", async () => {
  const opened = open();
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  stream.subscribeTrades(() => {}, "AAPL");
  let session = await opened.authenticated();
  await session.expectSubscribe();
  session.acknowledge();
  session.records(trade("AAPL"));
  await clock.settle();
  session.error(407);
  session.close(1008, "slow client");
  await clock.advance(1000);
  session = await opened.gateway.handshake();
  session.cut(); // before it could subscribe
  await clock.advance(2000);
  session = await opened.gateway.handshake();
  await session.expectSubscribe();
  session.acknowledge();
  await clock.settle();
  expect(gaps).toMatchObject([{ symbols: ["AAPL"], from: new Date(RECORD_MS), cause: { code: "slow_client" } }]);
});

test("[R22] symbols that are unsubscribed before they are active again have a gap up to then", async () => {
  const opened = open();
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  const first = stream.subscribeTrades(() => {}, "AAPL", "MSFT");
  stream.subscribeTrades(() => {}, "MSFT");
  let session = await opened.authenticated();
  await session.expectSubscribe();
  session.acknowledge();
  session.records(trade("AAPL"));
  session = await comeBack(opened, session);
  await clock.advance(250);
  void first.unsubscribe();
  const to = new Date(RECORD_MS + 1250);
  const cause = { code: "connection_lost" };
  expect(gaps).toMatchObject([{ channel: "trades", symbols: ["AAPL"], from: new Date(RECORD_MS), to, cause }]);
  await session.expectSubscribe();
  session.acknowledge({ trades: ["MSFT"] });
  await clock.settle();
  expect(gaps.slice(1)).toMatchObject([{ symbols: ["MSFT"], cause }]);
});

test("iterators that end with the run have no gap", async () => {
  const opened = open({ reconnect: false });
  const gaps = gapsOf(opened.stream);
  const iterator = opened.stream.trades("AAPL");
  const session = await opened.authenticated();
  await session.expectSubscribe();
  session.acknowledge();
  session.records(trade("AAPL"));
  session.close(1000, "the end");
  await iterator.next();
  expect((await iterator.next()).done).toBe(true);
  expect(gaps).toEqual([]);
});

test("[R22] the gap of bars begins with the last received bar", async () => {
  const opened = open({}, {}, { startMs: (SECONDS + 60) * 1000 }); // a bar comes when its minute is over
  const gaps = gapsOf(opened.stream);
  opened.stream.subscribeBars(() => {}, "AAPL");
  let session = await opened.authenticated();
  await session.expectSubscribe();
  session.acknowledge();
  session.records(bar("AAPL"));
  session = await comeBack(opened, session);
  await session.expectSubscribe();
  session.acknowledge();
  await opened.clock.settle();
  expect(gaps).toMatchObject([{ channel: "bars", from: new Date(SECONDS * 1000) }]);
});

test("[R22] without a record the gap begins with the session", async () => {
  const opened = open();
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  stream.subscribeTrades(() => {}, "AAPL");
  let session = await opened.authenticated();
  const from = new Date(clock.now());
  await session.expectSubscribe();
  session.acknowledge();
  await clock.advance(5000);
  session = await comeBack(opened, session);
  await session.expectSubscribe();
  session.acknowledge();
  await clock.settle();
  expect(gaps).toMatchObject([{ from }]);
});

test("[R22] no gap is reported of what was not active, or ended with a stop", async () => {
  const opened = open();
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  stream.subscribeTrades(() => {}, "PENDING");
  let session = await opened.authenticated();
  await session.expectSubscribe();
  session.cut();
  await clock.settle();
  await clock.advance(1000);
  session = await opened.gateway.handshake();
  expect(await session.expectSubscribe()).toEqual({ trades: ["PENDING"] });
  session.acknowledge();
  await clock.settle();
  await stream.stop();
  void opened.run();
  session = await opened.gateway.handshake();
  await session.expectSubscribe();
  session.acknowledge();
  await clock.settle();
  expect(gaps).toEqual([]);
});

test("a loss before a stop is a gap that ends with the stop, and the next run reports none", async () => {
  const opened = open({ reconnect: { initialDelayMs: 20_000, maxDelayMs: 30_000 } });
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  stream.subscribeTrades(() => {}, "AAPL");
  const from = new Date(clock.now());
  let session = await opened.serving();
  session.cut();
  await clock.advance(2_000);
  expect(opened.statuses.at(-1)?.state).toBe("reconnecting");
  const to = new Date(clock.now());
  await stream.stop();
  await clock.settle();
  expect(gaps).toMatchObject([{ channel: "trades", symbols: ["AAPL"], from, to, cause: { code: "connection_lost" } }]);
  await clock.advance(60_000);
  session = await opened.serving();
  session.records(trade("AAPL", 2, recordTime(clock.now())));
  await clock.advance(1_000);
  expect(gaps).toHaveLength(1);
});

test("symbols that are not confirmed again when the stream is stopped have a gap that ends with the stop", async () => {
  const opened = open();
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  stream.subscribeTrades(() => {}, "AAPL");
  let session = await opened.serving();
  session.cut();
  await clock.advance(2_000);
  session = await opened.gateway.handshake();
  await session.expectSubscribe();
  const to = new Date(clock.now());
  await stream.stop();
  expect(gaps).toMatchObject([{ symbols: ["AAPL"], to }]);
});

test("[R22] a symbol that the server drops in an answer to another request is a gap once it is confirmed again", async () => {
  const opened = open();
  const { stream, clock } = opened;
  const gaps = gapsOf(stream);
  const errors: unknown[] = [];
  stream.on("error", (error) => errors.push(error));
  stream.subscribeTrades(() => {}, "AAPL");
  const session = await opened.authenticated();
  await session.expectSubscribe();
  session.records(trade("AAPL"));
  session.acknowledge();
  session.records(trade("AAPL", 2, { seconds: SECONDS + 5, nanos: 0 }));
  await clock.settle();
  session.acknowledge({ trades: [] });
  await session.expectSubscribe();
  expect(errors).toMatchObject([{ code: "not_confirmed", symbols: { trades: ["AAPL"] } }]);
  expect(gaps).toEqual([]);
  session.acknowledge();
  await clock.settle();
  const to = new Date(RECORD_MS); // the market is ahead of this machine's clock
  expect(gaps).toMatchObject([
    { channel: "trades", symbols: ["AAPL"], from: new Date(RECORD_MS), to, cause: { code: "not_confirmed" } },
  ]);
});
