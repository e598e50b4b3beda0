import {
  type AnyRecord,
  CHANNELS,
  type Channel,
  STOCK_COLUMNS,
  stockRecordFromColumns,
  Trade,
  TradingStatus,
} from "@tickerplant/client";
import type { ColumnKind, ColumnReader } from "@tickerplant/client/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvLines } from "../../../src/cli/output/csv-format.ts";
import { file, play, reportsOf } from "../support/recordings.ts";

/** Makes a file like `tickerplant stream --format csv`. */
function csvOf(records: readonly AnyRecord[], channels = CHANNELS): string {
  const format = csvLines(channels, STOCK_COLUMNS);
  return `${format.header}${format.encode(records)}`;
}

const finite = (min: number) => fc.double({ min, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0); // no -0, which has no sign in CSV
const text = fc.string({ unit: "grapheme", maxLength: 12 }).map((value) => value.replaceAll("\r", " "));

/** Values of every kind of column. */
const VALUES: Readonly<Record<ColumnKind, fc.Arbitrary<unknown>>> = {
  price: finite(-1e9),
  size: finite(0),
  amount: finite(0),
  count: fc.nat(),
  id: fc.oneof(fc.nat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })),
  code: text,
  text,
  conditions: fc.array(fc.oneof(fc.constantFrom("@", " ", "I", "", "|", "["), text), { maxLength: 4 }),
  nanoseconds: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  levels: fc.array(fc.record({ price: finite(-1e9), size: finite(0) }), { maxLength: 4 }),
  flag: fc.boolean(),
};

/** Records of one channel, whatever columns it has. */
function recordOf(channel: Channel): fc.Arbitrary<AnyRecord> {
  const columns = STOCK_COLUMNS[channel].map(({ name, kind, whenMissing }) => {
    const value = VALUES[kind];
    return [name, whenMissing === "undefined" ? fc.option(value, { nil: undefined }) : value] as const;
  });
  return fc
    .tuple(
      fc.stringMatching(/^[A-Z]{1,5}(\.[AB])?$/),
      fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.record(Object.fromEntries(columns)),
    )
    .map(([symbol, seconds, nanos, values]) =>
      stockRecordFromColumns(channel, symbol, seconds, nanos, readerOf(values)),
    );
}

/** The values of a row as a reader of its columns. */
function readerOf(values: Readonly<Record<string, unknown>>): ColumnReader {
  const ofColumn = (name: string): never => values[name] as never; // of the kind that the column has
  return {
    requiredNumber: ofColumn,
    number: ofColumn,
    count: ofColumn,
    id: ofColumn,
    text: ofColumn,
    conditions: ofColumn,
    nanoseconds: ofColumn,
    levels: ofColumn,
    flag: ofColumn,
  };
}

const record = fc.oneof(...CHANNELS.map(recordOf));

describe("CSV of tickerplant stream", () => {
  test("a replay reads every column of every record as it was written to CSV", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        const channels = CHANNELS.filter((channel) => records.some((one) => one.channel === channel));
        expect(await play([file(csvOf(records))])).toEqual(records);
        expect(await play([file(csvOf(records, channels))])).toEqual(records);
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
