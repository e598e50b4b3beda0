import { describe, expect, test } from "vitest";
import { CRYPTO, json } from "../wire/support/decoded.ts";
import { independentlyEncoded, wireTime } from "../wire/support/independent-msgpack.ts";

const T = "2024-03-12T10:37:00Z";
const bar = { S: "A/B", o: 1, h: 2, l: 0.5, c: 1.5, v: 10, t: T, n: 3, vw: 1.25 };

/** Every type of crypto record with every field, and its required keys besides the type. */
const RECORDS: readonly (readonly [fields: Readonly<Record<string, unknown>>, required: readonly string[]])[] = [
  [{ T: "t", S: "A/B", p: 1.5, s: 0.5, t: T, i: 7, tks: "B" }, ["S", "t", "p"]],
  [{ T: "q", S: "A/B", bp: 1, bs: 0.5, ap: 2, as: 0.25, t: T }, ["S", "t"]],
  [{ T: "b", ...bar }, ["S", "t", "o", "h", "l", "c"]],
  [{ T: "u", ...bar }, ["S", "t", "o", "h", "l", "c"]],
  [{ T: "d", ...bar }, ["S", "t", "o", "h", "l", "c"]],
  [{ T: "o", S: "A/B", t: T, b: [{ p: 1, s: 2 }], a: [{ p: 2, s: 1 }], r: true }, ["S", "t"]],
];

function encodedInJson(fields: object): Uint8Array {
  return json(`[${JSON.stringify(fields)}]`);
}

function encodedInMsgpack(fields: object): Uint8Array {
  const withTime = Object.entries(fields).map(([key, value]) => [
    key,
    value === T ? wireTime(1_710_239_820, 0) : value,
  ]);
  return independentlyEncoded([Object.fromEntries(withTime)]);
}

describe.each([
  ["json", encodedInJson],
  ["msgpack", encodedInMsgpack],
])("crypto records in %s", (codec, encoded) => {
  const cases = RECORDS.flatMap(([fields, required]) =>
    Object.keys(fields)
      .filter((key) => key !== "T")
      .map((key) => [fields.T, key, required.includes(key) ? "rejected" : "tolerated", fields] as const),
  );

  test.each(cases)(
    `a crypto record %s in ${codec} without %s is %s, and null is the same as a missing key`,
    (_type, key, outcome, fields) => {
      const { [key]: _value, ...others } = fields;
      const without = CRYPTO.decoded(encoded(others));
      expect(without.faults).toEqual(outcome === "rejected" ? ["bad_message"] : []);
      expect(without.messages).toHaveLength(outcome === "rejected" ? 0 : 1);
      expect(CRYPTO.decoded(encoded({ ...fields, [key]: null }))).toEqual(without);
    },
  );
});
