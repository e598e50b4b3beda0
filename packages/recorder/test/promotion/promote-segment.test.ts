import { Trade, TradeCorrection } from "@tickerplant/client";
import fc from "fast-check";
import { expect, it } from "vitest";
import * as LIMITS from "../../src/limits.ts";
import { query, temporaryFolder } from "../folders.ts";
import { promoted } from "../segments.ts";

const BEGIN = "2025-11-14T14:30:00Z";
const BEGIN_SECONDS = Date.parse(BEGIN) / 1000;

/** Strings around the twelve bytes that DuckDB keeps in a vector, ASCII and not. */
const TEXTS = ["", "A", "é", "twelve bytes", "thirteen byte", "sechs Umlaute: äöü", "é".repeat(7), "x".repeat(300)];

it("writes every value as it was received, in any number of rows", async () => {
  const text = fc.constantFrom(...TEXTS);
  const record = fc.record({
    nanos: fc.nat(999_999_999),
    id: fc.oneof(fc.nat(), fc.bigInt(2n ** 53n, 2n ** 64n - 1n), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1)),
    exchange: text,
    price: fc.double({ noNaN: true, noDefaultInfinity: true }),
    conditions: fc.array(text, { maxLength: 4 }),
    receivedNs: fc.option(fc.bigInt(-(2n ** 62n), 2n ** 62n), { nil: undefined }),
  });
  const [sample = []] = fc.sample(fc.array(record, { minLength: 700, maxLength: 700, size: "max" }), {
    numRuns: 1,
    seed: 7,
  });
  for (const rowCount of [1, LIMITS.chunkRows - 1, LIMITS.chunkRows, LIMITS.chunkRows + 1, 3 * LIMITS.chunkRows + 5]) {
    const rows = Array.from({ length: rowCount }, (_, index) => sample[(index * 7) % sample.length] ?? sample[0]);
    const dir = temporaryFolder();
    const records = rows.map(
      (row) =>
        row &&
        new Trade(
          "AAPL",
          BEGIN_SECONDS,
          row.nanos,
          row.id,
          row.exchange,
          row.price,
          1,
          row.conditions,
          "C",
          row.receivedNs,
        ),
    );
    await promoted(
      dir,
      BEGIN,
      records.filter((one) => one !== undefined),
    );
    const written = await query(
      dir,
      `select id, exchange, price, conditions, epoch_ns(t)::varchar as t, epoch_ns("receivedNs")::varchar as received
        from FILES(trades) order by sequence`,
    );
    expect(written).toEqual(
      rows.map((row) => ({
        id: String(row?.id),
        exchange: row?.exchange,
        price: row?.price,
        conditions: row?.conditions,
        t: String(BigInt(BEGIN_SECONDS) * 1_000_000_000n + BigInt(row?.nanos ?? 0)),
        received: row?.receivedNs === undefined ? null : String(row.receivedNs),
      })),
    );
  }
}, 60_000);

it("writes two arrays of conditions a row, and long ones", async () => {
  const dir = temporaryFolder();
  const many = Array.from({ length: 5000 }, (_, index) => `condition ${index}`);
  const correction = new TradeCorrection("AAPL", BEGIN_SECONDS, 0, "V", 1, 10, 5, many, 2, 11, 5, ["@"], "C");
  await promoted(dir, BEGIN, [correction, correction]);
  const rows = await query(dir, `select "originalConditions" as a, "correctedConditions" as b from FILES(corrections)`);
  expect(rows).toEqual([
    { a: many, b: ["@"] },
    { a: many, b: ["@"] },
  ]);
});

it("numbers records and gaps in the order of their arrival, each once", async () => {
  const dir = temporaryFolder();
  const trade = new Trade("AAPL", BEGIN_SECONDS, 0, 1, "V", 1, 1, ["@"], "C");
  const kinds = ["gap", "gap_filled", "reconnecting", "stale", "gap_open"] as const;
  await promoted(dir, BEGIN, [trade, ...kinds.map((kind) => ({ kind })), trade]);
  expect(await query(dir, "select kind, sequence from FILES(gaps) order by sequence")).toEqual(
    kinds.map((kind, index) => ({ kind, sequence: String(index + 1) })),
  );
  expect(await query(dir, "select sequence from FILES(trades) order by sequence")).toEqual([
    { sequence: "0" },
    { sequence: "6" },
  ]);
});
