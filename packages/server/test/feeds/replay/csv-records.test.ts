import {
  type AnyRecord,
  Bar,
  CHANNELS,
  Imbalance,
  Luld,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "@tickerplant/client";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvLines } from "../../../src/cli/output/csv-format.ts";
import { file, play, reportsOf } from "../support/recordings.ts";

/** Makes a file like `tickerplant stream --format csv`. */
function csvOf(records: readonly AnyRecord[], channels = CHANNELS): string {
  const format = csvLines(channels);
  return `${format.header}${format.encode(records)}`;
}

const finite = (min: number) => fc.double({ min, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0); // no -0, which has no sign in CSV
const text = fc.string({ unit: "grapheme", maxLength: 12 }).map((value) => value.replaceAll("\r", " "));
const price = finite(-1e9);
const size = finite(0);
const id = fc.oneof(fc.nat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }));
const conditions = fc.array(fc.oneof(fc.constantFrom("@", " ", "I", "", "|", "["), text), { maxLength: 4 });
const receivedNs = fc.option(fc.bigInt({ min: 0n, max: 2n ** 62n }), { nil: undefined });
const key = fc.tuple(
  fc.stringMatching(/^[A-Z]{1,5}(\.[AB])?$/),
  fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
  fc.integer({ min: 0, max: 999_999_999 }),
);
const bar = fc.tuple(
  fc.constantFrom("bars", "updatedBars", "dailyBars"),
  key,
  fc.tuple(price, price, price, price, size),
  fc.option(fc.nat(), { nil: undefined }),
  fc.option(price, { nil: undefined }),
);

const record: fc.Arbitrary<AnyRecord> = fc.oneof(
  fc
    .tuple(key, id, text, price, size, conditions, text, receivedNs)
    .map(([at, ...values]) => new Trade(...at, ...values)),
  fc
    .tuple(key, text, price, size, text, price, size, conditions, text, receivedNs)
    .map(([at, ...values]) => new Quote(...at, ...values)),
  bar.map(([channel, at, values, count, vwap]) => new Bar(channel, ...at, ...values, count, vwap)),
  fc.tuple(key, text, text, text, text, text).map(([at, ...values]) => new TradingStatus(...at, ...values)),
  fc.tuple(key, price, price, text, text).map(([at, ...values]) => new Luld(...at, ...values)),
  fc.tuple(key, price, text).map(([at, ...values]) => new Imbalance(...at, ...values)),
  fc
    .tuple(key, text, id, price, size, conditions, id, price, size, conditions, text)
    .map(([at, ...values]) => new TradeCorrection(...at, ...values)),
  fc.tuple(key, id, text, price, size, text, text).map(([at, ...values]) => new TradeCancel(...at, ...values)),
);

describe("CSV of tickerplant stream", () => {
  test("records written as CSV are read as the same records, whatever their values", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        expect(await play([file(csvOf(records))])).toEqual(records);
      }),
      { numRuns: 200 },
    );
  });

  const trade = new Trade("BRK.B", 1_763_130_600, 1, 9_007_199_254_740_993n, "N", 508.25, 7, [" "], "A", 5n);
  const status = new TradingStatus("A", 1_763_130_601, 0, "H", 'Halt, "news"\nto come', "T1", "", "C");

  test("CSV may have other columns, columns in any order, and lack optional ones", async () => {
    const content = [
      "note,timestamp,price,symbol,channel",
      "x,2025-11-14T14:30:00.000000001Z,508.25,BRK.B,trades",
    ].join("\n");
    expect(await play([file(content)])).toEqual([
      new Trade("BRK.B", 1_763_130_600, 1, 0, "", 508.25, 0, [], "", undefined),
    ]);
  });

  test("CSV may have Windows line ends, a byte order mark, blank lines, and quotes around every cell", async () => {
    const quoted = csvOf([trade], ["trades"])
      .split("\n")
      .map((row) =>
        row === ""
          ? ""
          : row
              .split(",")
              .map((cell) => `"${cell}"`)
              .join(","),
      );
    expect(await play([file(`\uFEFF${quoted.join("\r\n\r\n")}`)])).toEqual([trade]);
    expect(await play([file(Buffer.from(`\uFEFF${csvOf([trade, status])}`, "utf16le"))])).toEqual([trade, status]);
  });

  test("CSV files with different columns may be concatenated", async () => {
    const parts = [csvOf([trade], ["trades"]), csvOf([status], ["statuses"]), `\uFEFF${csvOf([trade, status])}`];
    expect(await play([file(parts.join(""))])).toEqual([trade, status, trade, status]);
  });

  test("CSV rows that are not records are skipped and reported with the reason", async () => {
    const rows = csvOf(
      Array.from({ length: 100 }, () => trade),
      ["trades"],
    );
    const bad = [
      "trades,A,2025-11-14T14:30:00Z,1,V,,100,@,C,",
      "trades,A,yesterday,1,V,1.5,100,@,C,",
      "trades,,2025-11-14T14:30:00Z,1,V,1.5,100,@,C,",
      "trades,A,2025-11-14T14:30:00Z,1.5,V,1.5,100,@,C,",
      "trades,A,2025-11-14T14:30:00Z,1,V,abc,100,@,C,",
      "trades,A,2025-11-14T14:30:00Z,1,V,1.5,-1,@,C,",
      'trades,A,2025-11-14T14:30:00Z,1,V,1.5,100,"[""",C,',
      "orders,A,2025-11-14T14:30:00Z,1,V,1.5,100,@,C,",
      'trades,"A" B,2025-11-14T14:30:00Z,1,V,1.5,100,@,C,',
    ];
    const { ids, problems } = await reportsOf([file(`${rows}${bad.join("\n")}\n${csvOf([trade], ["trades"])}`)]);
    expect(ids).toHaveLength(101);
    expect(problems.map(({ line }) => line)).toEqual(bad.map((_, index) => 102 + index));
    expect(problems.slice(0, 8).map(({ error }) => error.message)).toEqual([
      "expected a number as price, got an empty cell",
      'expected an RFC 3339 time as timestamp, got "yesterday"',
      "expected a symbol of 1 to 32 bytes, got an empty cell",
      'expected a whole number as id, got "1.5"',
      'expected a number as price, got "abc"',
      'expected 0 or more as size, got "-1"',
      'expected codes with | between, or a JSON array, as conditions, got "[\\""',
      'expected a channel, got "orders"',
    ]);
  });

  test("a stray quote in CSV loses a few lines at most, and all of them are counted", async () => {
    const rows = csvOf(
      Array.from({ length: 200 }, () => trade),
      ["trades"],
    ).split("\n");
    rows.splice(50, 0, 'trades,"A,2025-11-14T14:30:00Z,1,V,1.5,100,@,C,');
    const { ids, problems } = await reportsOf([file(rows.join("\n"))]);
    expect(ids.length + problems.length).toBe(201);
    expect(problems).toHaveLength(8);
    const { problems: atEnd } = await reportsOf([file(`${csvOf(Array.from({ length: 20 }, () => trade))}trades,"A`)]);
    expect(atEnd).toMatchObject([{ line: 22 }]);
  });
});
