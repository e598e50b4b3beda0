import { describe, expect, test } from "vitest";
import { bar, quote, trade } from "../../../../verify/shared/records.ts";
import { DataFeed, type StatusEvent, StockDataStream, type StockDataStreamOptions } from "../../src/index.ts";
import { ScriptedGateway, type ScriptedSession } from "../../src/testing/index.ts";
import { type Opened, open } from "../support/stream.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A Thursday, at ten in New York. */
const TEN_O_CLOCK = "2025-01-02T15:00:00Z";

/** A stream at a moment of the market's day, judged by the schedule of its feed. */
function openAt(time: string, options: StockDataStreamOptions = {}): Opened {
  return open(options, {}, { startMs: Date.parse(time), judgesSilence: true });
}

function stales({ statuses }: Opened): StatusEvent[] {
  return statuses.filter(({ state }) => state === "stale");
}

/** Sends something every ten seconds, pongs aside. */
async function keepSending({ clock }: Opened, forMs: number, send: () => void): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 10 * SECOND_MS) {
    send();
    await clock.advance(10 * SECOND_MS);
  }
}

describe("staleAfterMs", () => {
  test("[PU3] [PU7] a silent socket is reported, closed once, and re-established with its subscriptions", async () => {
    const opened = open({ staleAfterMs: 20 * SECOND_MS });
    opened.stream.subscribeTrades(() => {}, "AAPL");
    const session = await opened.serving();
    await opened.clock.advance(19_999);
    expect(session.closed).toBeUndefined();
    await opened.clock.advance(1);
    expect(stales(opened)).toEqual([{ state: "stale", channel: "trades", silentMs: 20_000 }]);
    expect(session.closed).toEqual({ code: 1000, reason: "stale" });
    await opened.clock.advance(SECOND_MS);
    const next = await opened.gateway.handshake();
    expect(await next.expectSubscribe()).toEqual({ trades: ["AAPL"] });
    expect(opened.gateway.network.attempts).toBe(2);
  });

  test("[PU4] a staleAfterMs far below the interval of any check is respected", async () => {
    const opened = open({ staleAfterMs: 50 });
    opened.stream.subscribeTrades(() => {}, "AAPL");
    await opened.serving();
    await opened.clock.advance(50);
    expect(stales(opened)).toHaveLength(1);
  });

  test("[PU5] [PU8] with staleAfterMs, data that a slow handler delays is data, and a pause in reading is no silence", async () => {
    const opened = open({ staleAfterMs: 20 * SECOND_MS, stalledAfterMs: false });
    opened.stream.subscribeTrades(() => new Promise(() => {}), "AAPL", { maxQueued: 3 });
    const session = await opened.serving();
    await keepSending(opened, 2 * MINUTE_MS, () => session.records(trade("AAPL")));
    expect(session.socket.isPaused).toBe(true);
    await opened.clock.advance(10 * MINUTE_MS);
    expect(stales(opened)).toEqual([]);
  });

  test.each<[string, (session: ScriptedSession) => void]>([
    ["acknowledgements", (session) => session.acknowledge({ trades: ["AAPL"] })],
    ["errors", (session) => session.error(500)],
    ["messages of unknown types", (session) => session.send({ T: "z", S: "AAPL" })],
    ["empty messages", (session) => session.send({})],
    ["trades without a symbol", (session) => session.send({ T: "t", p: 1, t: TEN_O_CLOCK })],
    ["news without symbols", (session) => session.send({ T: "n", symbols: [] })],
  ])("[PU6] with staleAfterMs, %s without end do not hide that the data has stopped", async (_, send) => {
    const opened = open({ staleAfterMs: 20 * SECOND_MS });
    opened.stream.on("error", () => {});
    opened.stream.subscribeTrades(() => {}, "AAPL");
    const session = await opened.serving();
    await keepSending(opened, 30 * SECOND_MS, () => send(session));
    expect(stales(opened)).toHaveLength(1);
  });

  test("[PU9] [PU15] [PU16] with staleAfterMs, sessions that are subscribed and mute go on escalating the back-off", async () => {
    const opened = open({ staleAfterMs: 20 * SECOND_MS });
    opened.clock.random = () => 1 - Number.EPSILON;
    opened.stream.subscribeTrades(() => {}, "AAPL");
    void opened.run();
    for (let connection = 0; connection < 5; connection++) {
      const session = await opened.gateway.handshake();
      session.acknowledgeAll();
      await opened.clock.advance(20 * SECOND_MS);
      await opened.clock.advance(SECOND_MS * 2 ** connection);
    }
    const attempts = opened.statuses.flatMap((status) => (status.state === "reconnecting" ? [status.attempt] : []));
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
  });

  test("[PU17] [PU18] staleness and lost sockets share one count, which market data resets", async () => {
    const opened = open({ staleAfterMs: 20 * SECOND_MS });
    opened.stream.subscribeTrades(() => {}, "AAPL");
    let session = await opened.serving();
    await opened.clock.advance(21 * SECOND_MS);
    session = await opened.gateway.handshake();
    session.cut();
    await opened.clock.advance(2 * SECOND_MS);
    session = await opened.gateway.handshake();
    session.acknowledgeAll();
    await opened.clock.settle();
    session.records(trade("AAPL"));
    await opened.clock.advance(20 * SECOND_MS);
    const attempts = opened.statuses.flatMap((status) => (status.state === "reconnecting" ? [status.attempt] : []));
    expect(attempts).toEqual([1, 2, 1]);
  });

  test("[PU10] a staleAfterMs of false turns the watch off", async () => {
    const opened = openAt(TEN_O_CLOCK, { staleAfterMs: false });
    opened.stream.subscribeQuotes(() => {}, "*");
    const session = await opened.serving();
    await opened.clock.advance(4 * HOUR_MS);
    expect(session.closed).toBeUndefined();
  });

  test.each([0, -1, Number.NaN])("[PU12] a staleAfterMs of %s is rejected", (staleAfterMs) => {
    const { connector } = new ScriptedGateway();
    expect(() => new StockDataStream({ apiKey: "k", secretKey: "s", connector, staleAfterMs })).toThrow(/staleAfterMs/);
  });

  test("with staleAfterMs, nothing subscribed to is never stale", async () => {
    const opened = open({ staleAfterMs: 20 * SECOND_MS });
    const session = await opened.serving();
    await opened.clock.advance(HOUR_MS);
    expect(session.closed).toBeUndefined();
  });
});

describe("[R21] [PU12] the schedule of the feed", () => {
  test("a silent quotes feed at ten in the morning is stale", async () => {
    const opened = openAt(TEN_O_CLOCK, { feed: DataFeed.SIP });
    opened.stream.subscribeQuotes(() => {}, "*");
    await opened.serving();
    await opened.clock.advance(15 * SECOND_MS);
    expect(stales(opened)).toMatchObject([{ channel: "quotes", silentMs: 15_000 }]);
  });

  test("quotes of all symbols that stop are stale although trades come", async () => {
    const opened = openAt(TEN_O_CLOCK, { feed: DataFeed.SIP });
    opened.stream.subscribe({ quotes: ["*"], trades: ["*"] }, () => {});
    const session = await opened.serving();
    await keepSending(opened, 20 * SECOND_MS, () => session.records(trade("AAPL")));
    expect(stales(opened)).toMatchObject([{ channel: "quotes" }]);
  });

  test("by the schedule of the feed, quiet named symbols are not stale while others have records", async () => {
    const opened = openAt(TEN_O_CLOCK);
    opened.stream.subscribe({ quotes: ["AAPL"], trades: ["THIN"], bars: ["THIN"] }, () => {});
    const session = await opened.serving();
    await keepSending(opened, 30 * MINUTE_MS, () => session.records(quote("AAPL")));
    expect(stales(opened)).toEqual([]);
  });

  test.each([
    ["dailyBars", { dailyBars: ["*"] }],
    ["updatedBars", { updatedBars: ["*"] }],
    ["statuses", { statuses: ["*"] }],
    ["lulds", { lulds: ["*"] }],
    ["imbalances", { imbalances: ["*"] }],
  ])("by the schedule of the feed, %s may be silent all day", async (_, symbols) => {
    const opened = openAt(TEN_O_CLOCK, { feed: DataFeed.SIP });
    opened.stream.subscribe(symbols, () => {});
    const session = await opened.serving();
    await opened.clock.advance(5 * HOUR_MS);
    expect(session.closed).toBeUndefined();
  });

  test.each([
    ["before the open", "2025-01-02T13:00:00Z", 89],
    ["in the evening", "2025-01-02T21:00:00Z", 600],
    ["at the weekend", "2025-01-04T15:00:00Z", 600],
    ["on a holiday", "2025-07-04T15:00:00Z", 600],
    ["after an early close", "2025-07-03T17:00:00Z", 600],
    ["in the regular hours of a feed of the night", "2025-01-02T15:00:00Z", 300, DataFeed.OVERNIGHT],
    ["on a feed of which no schedule is known", "2025-01-02T15:00:00Z", 300, DataFeed.OTC],
  ] as [string, string, number, DataFeed?][])(
    "a closed market may be silent: %s",
    async (_, time, minutes, feed = DataFeed.SIP) => {
      const opened = openAt(time, { feed });
      opened.stream.subscribe({ quotes: ["*"], trades: ["*"], bars: ["*"] }, () => {});
      const session = await opened.serving();
      await opened.clock.advance(minutes * MINUTE_MS);
      expect(session.closed).toBeUndefined();
    },
  );

  test.each([
    ["the regular session from its open on", "2025-01-02T14:00:00Z", DataFeed.SIP, 30 * MINUTE_MS + 15 * SECOND_MS],
    [
      "a delayed feed a quarter of an hour later",
      "2025-01-02T14:30:00Z",
      DataFeed.DELAYED_SIP,
      15 * MINUTE_MS + 15 * SECOND_MS,
    ],
    ["the night from 20:00 on", "2025-01-06T00:59:00Z", DataFeed.BOATS, 3 * MINUTE_MS],
    ["the test feed on a Sunday", "2025-01-05T15:00:00Z", DataFeed.TEST, MINUTE_MS],
  ] as [string, string, DataFeed, number][])(
    "the schedule of the feed judges %s",
    async (_, time, feed, staleAfterMs) => {
      const opened = openAt(time, { feed });
      opened.stream.subscribeQuotes(() => {}, "*");
      await opened.serving();
      await opened.clock.advance(staleAfterMs - 1);
      expect(stales(opened)).toEqual([]);
      // While the market is closed it looks once a minute.
      await opened.clock.advance(MINUTE_MS);
      expect(stales(opened)).toHaveLength(1);
    },
  );

  test("symbols that stay silent after a reconnect get twice the time, until one of them has a record", async () => {
    const opened = openAt(TEN_O_CLOCK);
    opened.stream.subscribeQuotes(() => {}, "THIN");
    const silences: number[] = [];
    opened.stream.on("status", (status) => {
      if (status.state === "stale") silences.push(status.silentMs / MINUTE_MS);
    });
    void opened.run();
    for (let connection = 0; connection < 3; connection++) {
      const session = await opened.gateway.handshake();
      session.acknowledgeAll();
      await opened.clock.advance(2 ** connection * MINUTE_MS);
      await opened.clock.advance(10 * SECOND_MS);
    }
    const session = await opened.gateway.handshake();
    session.acknowledgeAll();
    await opened.clock.settle();
    session.records(quote("THIN"));
    await opened.clock.advance(8 * MINUTE_MS);
    expect(silences).toEqual([1, 2, 4, 1]);
  });

  test("by the schedule of the feed, bars of all symbols are waited for longer than a minute", async () => {
    const opened = openAt(TEN_O_CLOCK, { feed: DataFeed.SIP });
    opened.stream.subscribeBars(() => {}, "*");
    const session = await opened.serving();
    await opened.clock.advance(2 * MINUTE_MS);
    session.records(bar("AAPL"));
    await opened.clock.advance(2 * MINUTE_MS);
    expect(stales(opened)).toEqual([]);
    await opened.clock.advance(30 * SECOND_MS);
    expect(stales(opened)).toMatchObject([{ channel: "bars" }]);
  });

  test("a stream with urlOverride has no schedule", async () => {
    const opened = openAt(TEN_O_CLOCK, { urlOverride: "ws://localhost:8765/v2/sip", feed: DataFeed.SIP });
    opened.stream.subscribeQuotes(() => {}, "*");
    const session = await opened.serving();
    await opened.clock.advance(HOUR_MS);
    expect(session.closed).toBeUndefined();
  });

  test("the end of the calendar is reported once", async () => {
    const opened = openAt("2031-01-03T15:00:00Z", { feed: DataFeed.SIP });
    opened.stream.subscribeQuotes(() => {}, "*");
    const session = await opened.serving();
    session.records(quote("AAPL"));
    await opened.clock.advance(10 * SECOND_MS);
    session.cut();
    await opened.clock.advance(SECOND_MS);
    (await opened.gateway.handshake()).acknowledgeAll();
    await opened.clock.settle();
    expect(opened.errors).toMatchObject([{ code: "calendar_ended", terminal: false }]);
  });
});
