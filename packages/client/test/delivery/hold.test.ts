import { describe, expect, test } from "vitest";
import { quote, trade } from "../../../../verify/shared/records.ts";
import type { ConsumerOptions } from "../../src/delivery/consumer.ts";
import { Delivery } from "../../src/delivery/delivery.ts";
import { HandlerConsumer } from "../../src/delivery/handler-consumer.ts";
import { Hold } from "../../src/delivery/hold.ts";
import type { RawRecord, Trade } from "../../src/index.ts";
import * as LIMITS from "../../src/limits.ts";
import { STOCK_STREAM } from "../../src/stocks/stock-stream.ts";

/** As a schema's reader would intern them. */
const NUMBERS: Readonly<Record<string, number>> = { AAPL: 1, MSFT: 2, IBM: 3 };

const OPTIONS: ConsumerOptions = { overflow: "block", maxQueued: 10, concurrency: 1, stalledAfterMs: 10_000 };

const ignored = (): void => {};

interface Subscriber {
  readonly consumer: HandlerConsumer;
  /** What its handler was called with, as `symbol id`. */
  readonly got: string[];
}

/** A delivery without a stream around it, and what feeds it. */
class Fixture {
  readonly delivery = new Delivery(STOCK_STREAM, {
    pressureChanged: ignored,
    slow: ignored,
    recovered: ignored,
    failed: ignored,
    outlier: ignored,
  });
  readonly hold = new Hold(this.delivery.routing);

  constructor() {
    this.delivery.hold = this.hold;
  }

  subscribe(channel: string, symbols: readonly string[], act: (record: Trade) => unknown = ignored): Subscriber {
    const got: string[] = [];
    const handler = (record: Trade): unknown => {
      got.push(`${record.symbol} ${record.id ?? record.channel}`);
      return act(record);
    };
    const consumer = new HandlerConsumer(handler, OPTIONS, this.delivery.consumerEvents);
    this.delivery.routing.add(consumer, channel, symbols);
    return { consumer, got };
  }

  /** Receives trades, from the ids in the order of arrival. */
  receive(symbol: string, ...ids: readonly number[]): void {
    for (const id of ids) this.receiveRecord(trade(symbol, id), "trades", symbol);
  }

  receiveRecord(record: Parameters<Delivery["record"]>[0], channel: string, symbol: string): void {
    this.delivery.record(record, channel, symbol, NUMBERS[symbol] ?? 0, 1_735_830_000, 0);
  }

  /** Delivers a trade of the past, as a fill of a gap does. */
  deliverEarlier(symbol: string, id: number): void {
    this.delivery.routing.deliver(trade(symbol, id), "trades", symbol, NUMBERS[symbol] ?? 0);
  }
}

describe("holding one symbol", () => {
  test("while a symbol is held, its records wait until earlier ones are delivered, and other symbols and channels pass", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["AAPL", "MSFT"]);
    const quotes = fixture.subscribe("quotes", ["*"]);
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 5);
    fixture.receive("MSFT", 1);
    fixture.receiveRecord(quote("AAPL"), "quotes", "AAPL");
    fixture.receive("AAPL", 6);
    expect(got).toEqual(["MSFT 1"]);
    expect(quotes.got).toEqual(["AAPL quotes"]);
    expect(hold.held("trades", "AAPL").map(({ record }) => (record as Trade).id)).toEqual([5, 6]);
    expect(delivery.totals()).toEqual({ queued: 2, dropped: 0, conflated: 0 });
    expect(delivery.intake.receivedInAll).toBe(4);
    fixture.deliverEarlier("AAPL", 3);
    fixture.deliverEarlier("AAPL", 4);
    hold.release("trades", "AAPL");
    fixture.receive("AAPL", 7);
    expect(got).toEqual(["MSFT 1", "AAPL 3", "AAPL 4", "AAPL 5", "AAPL 6", "AAPL 7"]);
    expect(hold.size).toBe(0);
    expect(delivery.totals().queued).toBe(0);
  });

  test("a held record that was delivered from elsewhere is passed over at the release, and not counted as dropped", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["AAPL"]);
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 1, 2, 3);
    fixture.deliverEarlier("AAPL", 1);
    for (const held of hold.held("trades", "AAPL").slice(0, 1)) hold.skip("trades", held);
    expect(hold.size).toBe(2);
    hold.release("trades", "AAPL");
    expect(got).toEqual(["AAPL 1", "AAPL 2", "AAPL 3"]);
    expect(delivery.totals()).toMatchObject({ queued: 0, dropped: 0 });
  });

  test("a held record that is delivered ahead of its release is delivered once", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["AAPL"]);
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 1, 2, 3);
    for (const held of hold.held("trades", "AAPL").slice(1, 2)) hold.deliver("trades", held);
    expect(hold.size).toBe(2);
    hold.release("trades", "AAPL");
    expect(got).toEqual(["AAPL 2", "AAPL 1", "AAPL 3"]);
    expect(delivery.totals()).toMatchObject({ queued: 0, dropped: 0 });
  });

  test("a hold of all symbols that begins again holds those as well that were released meanwhile", () => {
    const fixture = new Fixture();
    const { hold } = fixture;
    const { got } = fixture.subscribe("trades", ["*"]);
    hold.begin("trades", ["*"], ignored);
    hold.release("trades", "AAPL");
    fixture.receive("AAPL", 1);
    hold.begin("trades", ["*"], ignored);
    fixture.receive("AAPL", 2);
    expect(got).toEqual(["AAPL 1"]);
    hold.release("trades", "*");
    expect(got).toEqual(["AAPL 1", "AAPL 2"]);
  });

  test("a lost connection and a second hold keep what is held", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["AAPL"]);
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 1);
    delivery.intake.connectionLost();
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 2);
    hold.release("trades", "AAPL");
    expect(got).toEqual(["AAPL 1", "AAPL 2"]);
  });

  test("while a symbol is held, raw records are held like all others", () => {
    const fixture = new Fixture();
    const got: unknown[] = [];
    fixture.subscribe("trades", ["AAPL"], (record) => got.push(record));
    fixture.hold.begin("trades", ["AAPL"], ignored);
    const raw: RawRecord = { T: "t", S: "AAPL", t: "2025-01-02T15:00:00Z", i: 1 };
    fixture.receiveRecord(raw, "trades", "AAPL");
    expect(got).toEqual([]);
    fixture.hold.release("trades", "AAPL");
    expect(got).toEqual([raw]);
  });
});

describe("holding a whole channel", () => {
  test("symbols are released one by one, the rest with the wildcard, and released ones pass", () => {
    const fixture = new Fixture();
    const { hold } = fixture;
    const { got } = fixture.subscribe("trades", ["*"]);
    hold.begin("trades", ["*"], ignored);
    fixture.receive("AAPL", 1);
    fixture.receive("MSFT", 2);
    fixture.receive("AAPL", 3);
    hold.release("trades", "AAPL");
    fixture.receive("AAPL", 4);
    fixture.receive("IBM", 5);
    fixture.receive("MSFT", 6);
    expect(got).toEqual(["AAPL 1", "AAPL 3", "AAPL 4"]);
    hold.release("trades", "*");
    fixture.receive("IBM", 7);
    expect(got.slice(3)).toEqual(["MSFT 2", "MSFT 6", "IBM 5", "IBM 7"]);
    expect(hold.size).toBe(0);
  });

  test("a symbol that was released is held again when it is named again", () => {
    const fixture = new Fixture();
    const { hold } = fixture;
    const { got } = fixture.subscribe("trades", ["*"]);
    hold.begin("trades", ["*"], ignored);
    hold.release("trades", "AAPL");
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 1);
    expect(got).toEqual([]);
  });
});

describe("at the limit of a hold", () => {
  test("the symbol with the most records is released in order and reported, and the others stay held", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["*"]);
    const full: string[] = [];
    hold.begin("trades", ["AAPL", "MSFT"], (symbol) => full.push(symbol));
    fixture.receive("MSFT", 1);
    for (let id = 1; id < LIMITS.maxHeld; id++) fixture.receive("AAPL", id);
    expect(hold.size).toBe(LIMITS.maxHeld);
    expect(full).toEqual([]);
    fixture.receive("AAPL", LIMITS.maxHeld);
    fixture.receive("MSFT", 2);
    expect(full).toEqual(["AAPL"]);
    expect(got).toHaveLength(LIMITS.maxHeld);
    expect(got[0]).toBe("AAPL 1");
    expect(got.at(-1)).toBe(`AAPL ${LIMITS.maxHeld}`);
    expect(delivery.totals()).toEqual({ queued: 2, dropped: 0, conflated: 0 });
  });

  test("a handler that stops the stream while room is made gets no further record, and all others are counted", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["*"], () => delivery.stop());
    hold.begin("trades", ["AAPL", "MSFT"], ignored);
    for (let id = 0; id < LIMITS.maxHeld; id++) fixture.receive("AAPL", id);
    fixture.receive("MSFT", 1);
    expect(got).toEqual(["AAPL 0"]);
    expect(delivery.totals()).toEqual({ queued: 0, dropped: LIMITS.maxHeld, conflated: 0 });
  });

  test("symbols without end cannot fill the memory: the whole channel is released", () => {
    const fixture = new Fixture();
    const { hold } = fixture;
    const { got } = fixture.subscribe("trades", ["*"]);
    const full: string[] = [];
    hold.begin("trades", ["*"], (symbol) => full.push(symbol));
    // Each is released at once, and remembered as released.
    for (let id = 0; id < LIMITS.maxHeld; id++) hold.release("trades", `S${id}`);
    fixture.receive("AAPL", 1);
    expect(full).toEqual(["*"]);
    expect(got).toEqual(["AAPL 1"]);
    expect(hold.size).toBe(0);
  });
});

describe("held records that cannot be delivered", () => {
  test("a held record is dropped and counted when the last subscription to its symbol ends, and a later one does not get it", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const first = fixture.subscribe("trades", ["AAPL"]);
    const second = fixture.subscribe("trades", ["AAPL", "MSFT"]);
    hold.begin("trades", ["AAPL", "MSFT"], ignored);
    fixture.receive("AAPL", 1, 2);
    fixture.receive("MSFT", 3);
    delivery.remove(first.consumer, "trades", ["AAPL"]);
    expect(delivery.totals()).toEqual({ queued: 3, dropped: 0, conflated: 0 });
    delivery.remove(second.consumer, "trades", ["AAPL"]);
    expect(delivery.totals()).toEqual({ queued: 1, dropped: 2, conflated: 0 });
    const later = fixture.subscribe("trades", ["AAPL"]);
    fixture.receive("AAPL", 4);
    hold.release("trades", "*");
    expect(first.got).toEqual([]);
    expect(second.got).toEqual(["MSFT 3"]);
    expect(later.got).toEqual(["AAPL 4"]);
  });

  test("a held record is dropped and counted at a stop, and nothing is held in the next run", () => {
    const fixture = new Fixture();
    const { delivery, hold } = fixture;
    const { got } = fixture.subscribe("trades", ["AAPL"]);
    hold.begin("trades", ["AAPL"], ignored);
    fixture.receive("AAPL", 1, 2);
    delivery.stop();
    expect(delivery.totals()).toEqual({ queued: 0, dropped: 2, conflated: 0 });
    hold.release("trades", "AAPL");
    delivery.routing.isOpen = true;
    fixture.receive("AAPL", 3);
    expect(got).toEqual(["AAPL 3"]);
  });

  test("a held record is dropped and counted when a handler stops the stream, or ends its subscription, during the release", () => {
    for (const end of ["stop", "unsubscribe"] as const) {
      const fixture = new Fixture();
      const { delivery, hold } = fixture;
      const { got, consumer } = fixture.subscribe("trades", ["AAPL"], () => {
        if (end === "stop") delivery.stop();
        else delivery.remove(consumer, "trades", ["AAPL"]);
      });
      hold.begin("trades", ["AAPL"], ignored);
      fixture.receive("AAPL", 1, 2, 3);
      hold.release("trades", "AAPL");
      expect(got, end).toEqual(["AAPL 1"]);
      expect(delivery.totals(), end).toEqual({ queued: 0, dropped: 2, conflated: 0 });
    }
  });
});
