import { expect, test } from "vitest";
import { checkAssetClass } from "../../schema/generator/check.ts";
import { type AssetClass, type Field, type RecordType, TIME } from "../../schema/schema.ts";
import { stocks } from "../../schema/stocks.ts";

const field = (name: string, key: string, more: Partial<Field> = {}): Field => ({
  name,
  key,
  kind: "price",
  doc: "",
  ...more,
});

/** Stocks, with the fields of imbalances replaced. */
function withFields(...fields: RecordType["fields"]): AssetClass {
  const records = stocks.records.map((record) => (record.name === "Imbalance" ? { ...record, fields } : record));
  return { ...stocks, records };
}

const MANY = Array.from({ length: 13 }, (_, index) => field(`price${index}`, String.fromCharCode(97 + index)));

test.each<[mistake: string, assetClass: AssetClass, message: string]>([
  ["a key twice", withFields(field("a1", "p"), field("a2", "p"), TIME), 'the keys of Imbalance have "p" twice'],
  ["the symbol's key", withFields(field("side", "S"), TIME), 'the keys of Imbalance have "S" twice'],
  ["a name twice", withFields(field("a", "p"), field("a", "q"), TIME), 'the names in Imbalance have "a" twice'],
  ["a property of every record", withFields(field("nanos", "n"), TIME), 'have "nanos" twice'],
  ["no time", withFields(field("price", "p")), "Imbalance needs its time exactly once"],
  ["two times", withFields(TIME, TIME), "Imbalance needs its time exactly once"],
  [
    "a key of four letters",
    withFields(field("side", "side"), TIME),
    'expected a key of one to three letters, got "side"',
  ],
  ["an empty key", withFields(field("side", ""), TIME), 'expected a key of one to three letters, got ""'],
  ["more keys than a short map has", withFields(...MANY, TIME), "Imbalance has 16 keys, expected at most 15"],
  [
    "a default that the kind does not have",
    withFields(field("id", "i", { kind: "id", whenMissing: "rejected" }), TIME),
    "id: a missing value of kind id must be default",
  ],
  [
    "a price that may precede the time",
    withFields(TIME, field("price", "p", { mayPrecedeTime: true })),
    "only a code that follows the time may precede it",
  ],
  ["a channel without a record", { ...stocks, records: stocks.records.slice(1) }, "the channel trades has no record"],
  ["an unknown hot channel", { ...stocks, hot: ["quotes", "news"] }, "there is no channel news"],
  ["a record twice", { ...stocks, records: [...stocks.records, ...stocks.records.slice(0, 1)] }, 'have "t" twice'],
])("a description with %s is rejected", (_, assetClass, message) => {
  expect(() => checkAssetClass(assetClass)).toThrow(message);
});

test("the description of stocks has no mistake", () => {
  expect(() => checkAssetClass(stocks)).not.toThrow();
});
