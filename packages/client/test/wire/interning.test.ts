import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Imbalance, Trade } from "../../src/stocks/records.ts";
import { Codec, WIRE_LIMITS } from "../../src/wire/index.ts";
import { internConditions, internText, NO_CONDITIONS } from "../../src/wire/interning.ts";
import { decoded, decodedRecord, frameOf, json } from "./support/decoded.ts";

function conditionsOf(codec: Codec, conditions: readonly string[]): readonly string[] {
  const record = decodedRecord(frameOf(codec, new Trade("A", 0, 0, 1, "V", 1, 1, conditions, "C")));
  if (!(record instanceof Trade)) throw new Error("expected a trade");
  return record.conditions;
}

describe("interned conditions", () => {
  test.each([[["@"]], [["@", "I"]], [["@", "F", "T", "I"]], [["@", "F", "T", "I", "7"]], [["CAP", "é"]]])(
    "the conditions %j are one frozen array in both codecs",
    (conditions) => {
      const list = conditionsOf(Codec.MSGPACK, conditions);
      expect(list).toEqual(conditions);
      expect(Object.isFrozen(list)).toBe(true);
      expect(conditionsOf(Codec.MSGPACK, conditions)).toBe(list);
      expect(conditionsOf(Codec.JSON, conditions)).toBe(list);
    },
  );

  test("[V12] conditions that are empty, null or missing are the same empty array", () => {
    for (const spelling of ['"c":[],', '"c":null,', ""]) {
      const record = decodedRecord(json(`[{"T":"t","S":"A","p":1,${spelling}"t":"2025-06-02T14:00:00Z"}]`));
      expect(record instanceof Trade && record.conditions).toBe(NO_CONDITIONS);
    }
  });

  test("arrays of conditions that look alike when joined stay distinct", () => {
    const lists = [["a", "b"], ["a\0b"], ["\0"], ["", ""], [""], ['a","b'], ["a,b"]];
    for (const list of lists) {
      expect(conditionsOf(Codec.MSGPACK, list)).toEqual(list);
      expect(conditionsOf(Codec.JSON, list)).toEqual(list);
    }
  });

  test("conditions still decode correctly after more distinct arrays than are interned", () => {
    for (let index = 0; index < WIRE_LIMITS.maxInternedConditions + 100; index++) {
      const list = [`c${index}`];
      expect(internConditions(list)).toEqual(list);
    }
    expect(conditionsOf(Codec.MSGPACK, ["X", "Y", "Z"])).toEqual(["X", "Y", "Z"]);
  });
});

describe("interned strings", () => {
  test("any UTF-8 bytes are interned as the string that they encode", () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
        const bytes = encoder.encode(text);
        expect(internText(bytes, 0, bytes.length)).toBe(text);
        expect(internText(bytes, 0, bytes.length)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("more distinct symbols than are interned decode correctly, the first and the second time", () => {
    const count = WIRE_LIMITS.maxInternedSymbols + 5000;
    const records = Array.from({ length: count }, (_, index) => new Imbalance(`S${index.toString(36)}`, 0, 0, 1, "C"));
    for (const codec of [Codec.MSGPACK, Codec.JSON]) {
      const { messages, faults } = decoded(frameOf(codec, ...records));
      expect(faults).toEqual([]);
      expect(messages.map((message) => (message instanceof Imbalance ? message.symbol : ""))).toEqual(
        records.map((record) => record.symbol),
      );
    }
  });
});
