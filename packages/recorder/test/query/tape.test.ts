import { CryptoTrade, Trade, TradeCancel, TradeCorrection } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import type { MarketRecord } from "@tickerplant/client/wire";
import { simulator } from "tickerplant";
import { expect, test } from "vitest";
import { temporaryFolder } from "../folders.ts";
import { recordInto, rowsOf, valuesOf } from "./support/recordings.ts";

/** 2025-11-14, 09:30 in New York. */
const SECONDS = 1_763_130_600;

function trade(id: number, nanos: number, price = 10, size = 100, exchange = "V"): Trade {
  return new Trade("A", SECONDS, nanos, id, exchange, price, size, ["@"], "C");
}

function cancel(id: number, price = 10, size = 100, exchange = "V"): TradeCancel {
  return new TradeCancel("A", SECONDS + 60, 0, id, exchange, price, size, "C", "C");
}

function correction(originalId: number, correctedId: number, from = 10, to = 11): TradeCorrection {
  return new TradeCorrection("A", SECONDS + 60, 9, "V", originalId, from, 100, ["@"], correctedId, to, 100, ["I"], "C");
}

/** Id, price, nanoseconds and the mark of a correction of each valid trade, in the order of their times. */
async function tapeOf(...records: readonly MarketRecord[]): Promise<unknown[]> {
  const dir = temporaryFolder();
  await recordInto(dir, records);
  const rows = await rowsOf(
    dir,
    "select id, price, epoch_ns(t) % 1000000000 as nanos, isCorrection from tape order by t, id",
  );
  return rows.map(({ id, price, nanos, isCorrection }) => [Number(id), price, Number(nanos), isCorrection]);
}

test("a cancelled trade is not on the tape", async () => {
  expect(await tapeOf(trade(1, 1), trade(2, 2), cancel(1))).toEqual([[2, 10, 2, false]]);
});

test("a cancel removes the trade with its values: ids repeat within a day at some exchanges", async () => {
  expect(await tapeOf(trade(1, 1, 10, 100), trade(1, 2, 10, 200), trade(1, 3, 11, 100), cancel(1))).toEqual([
    [1, 10, 2, false],
    [1, 11, 3, false],
  ]);
});

test("a cancel of a trade that was not recorded changes nothing", async () => {
  expect(await tapeOf(trade(1, 1), cancel(2), cancel(1, 10, 100, "Q"))).toEqual([[1, 10, 1, false]]);
});

test("a corrected trade is replaced by its correction at the time of the original", async () => {
  expect(await tapeOf(trade(1, 1), trade(3, 5), correction(1, 2))).toEqual([
    [2, 11, 1, true],
    [3, 10, 5, false],
  ]);
});

test("a correction may keep the id and the price of the original", async () => {
  expect(await tapeOf(trade(1, 1), correction(1, 1))).toEqual([[1, 11, 1, true]]);
  expect(await tapeOf(trade(1, 1), correction(1, 1, 10, 10))).toEqual([[1, 10, 1, true]]);
});

test("a correction of a trade that was not recorded is at its own time", async () => {
  expect(await tapeOf(correction(1, 2))).toEqual([[2, 11, 9, true]]);
});

test("a correction may be corrected, and cancelled", async () => {
  expect(await tapeOf(trade(1, 1), correction(1, 2), correction(2, 3, 11, 12))).toEqual([[3, 12, 1, true]]);
  expect(await tapeOf(trade(1, 1), correction(1, 2), cancel(2, 11))).toEqual([]);
});

test("a trade that comes after the cancel of one with the same values is on the tape", async () => {
  expect(await tapeOf(cancel(1), trade(1, 1))).toEqual([[1, 10, 1, false]]);
});

test("amendments of one feed do not touch the trades of another", async () => {
  const dir = temporaryFolder();
  await recordInto(dir, [trade(1, 1)], { feed: "iex" });
  await recordInto(dir, [trade(1, 1), cancel(1)], { feed: "sip" });
  expect(await valuesOf(dir, "select feed from tape")).toEqual(["iex"]);
});

test("trades of crypto are on the tape", async () => {
  const dir = temporaryFolder();
  const record = new CryptoTrade("BTC/USD", SECONDS, 5, 90_000, 0.5, 7, "B");
  await recordInto(dir, [record], { feed: "us", assetClass: "crypto" });
  expect(await rowsOf(dir, "select symbol, price, size, takerSide, conditions from tape")).toEqual([
    { symbol: "BTC/USD", price: 90_000, size: 0.5, takerSide: "B", conditions: null },
  ]);
});

test("the tape of a simulated market is that of a program that applies each amendment in turn", async () => {
  const records: MarketRecord[] = [];
  const clock = new VirtualClock({ startMs: SECONDS * 1000 });
  const feed = simulator({ speed: "max", start: new Date(SECONDS * 1000), clock, rate: 100, durationS: 600 });
  const running = feed.run(
    { publish: (record) => void records.push(record), room: () => undefined },
    new AbortController().signal,
  );
  await clock.advance(0);
  await running;
  const valid = new Map<string, { price: number; size: number; timestampNs: bigint }>();
  let amendments = 0;
  for (const record of records) {
    const { symbol, timestampNs } = record;
    if (record.channel === "trades") {
      const { id, exchange, price, size } = record as Trade; // the channel determines the class
      valid.set(`${symbol} ${exchange} ${id}`, { price, size, timestampNs });
    } else if (record.channel === "cancelErrors") {
      const { id, exchange } = record as TradeCancel;
      if (valid.delete(`${symbol} ${exchange} ${id}`)) amendments++;
    } else if (record.channel === "corrections") {
      const { exchange, originalId, correctedId, correctedPrice, correctedSize } = record as TradeCorrection;
      const original = valid.get(`${symbol} ${exchange} ${originalId}`);
      valid.delete(`${symbol} ${exchange} ${originalId}`);
      if (original !== undefined) amendments++;
      valid.set(`${symbol} ${exchange} ${correctedId}`, {
        price: correctedPrice,
        size: correctedSize,
        timestampNs: original?.timestampNs ?? timestampNs,
      });
    }
  }
  const dir = temporaryFolder();
  await recordInto(dir, records);
  const rows = await rowsOf(
    dir,
    "select concat_ws(' ', symbol, exchange, id) as name, price, size, epoch_ns(t) as ns from tape",
  );
  const queried = new Map(rows.map(({ name, price, size, ns }) => [name, { price, size, timestampNs: ns }]));
  expect(amendments).toBeGreaterThan(10);
  expect(rows).toHaveLength(valid.size);
  expect(queried).toEqual(valid);
});
