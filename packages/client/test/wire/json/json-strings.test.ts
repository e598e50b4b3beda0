import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyRecord } from "../../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../../src/stocks/stock-schema.ts";
import { FrameDecoder } from "../../../src/wire/index.ts";
import { decoded, decodedRaw, decodedRecord, joined, json, plain } from "../support/decoded.ts";

/** Returns a frame of one status with the given JSON as its reason. */
function statusWith(reason: string): Uint8Array {
  return json(`[{"T":"s","S":"A","rm":${reason},"t":"2025-06-02T14:00:00Z"}]`);
}

function reasonOf(frame: Uint8Array): unknown {
  return plain(decodedRecord(frame)).reasonMessage;
}

const next = `{"T":"i","S":"B","p":1,"t":"2025-06-02T14:00:00Z"}`;

describe("JSON strings", () => {
  test("any JSON string reads as JSON.parse reads it, lone surrogates too", () => {
    const anything = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(anything, (text) => {
        expect(reasonOf(statusWith(JSON.stringify(text)))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("a JSON string may escape any character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
        const escaped = units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
        expect(reasonOf(statusWith(`"${escaped}"`))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    [String.raw`"\" \\ \/ \b \f \n \r \t"`, '" \\ / \b \f \n \r \t'],
    [String.raw`"\ud83d\udcc8"`, "📈"],
    [String.raw`"\ud83d"`, "\ud83d"],
    [String.raw`"\ud83d!"`, "\ud83d!"],
    ['"\ufeffmark"', "\ufeffmark"],
    ['"発表 — é"', "発表 — é"],
    ['"]},{["', "]},{["],
    ["null", ""],
  ])("the JSON string %s reads as JSON defines it", (spelling, text) => {
    expect(reasonOf(statusWith(spelling))).toBe(text);
  });

  test("bytes of a JSON string that are not UTF-8 become the replacement character", () => {
    const frame = joined(json('[{"T":"s","S":"A","rm":"'), [0xff, 0xc3], json('","t":"2025-06-02T14:00:00Z"}]'));
    expect(reasonOf(frame)).toBe("\ufffd\ufffd");
  });

  test.each([String.raw`"\x41"`, String.raw`"\u00g0"`, String.raw`"\u12"`, '"a\\\nb"'])(
    "the invalid escape in %j loses its own message alone",
    (text) => {
      const frame = json(`[{"T":"s","S":"A","rm":${text},"t":"2025-06-02T14:00:00Z"},${next}]`);
      const { messages, faults } = decoded(frame);
      expect(messages.map((message) => (message as AnyRecord).symbol)).toEqual(["B"]); // only records were sent
      expect(faults).toEqual(["bad_message"]);
    },
  );

  test.each([
    ["", "an empty frame"],
    [" \n", "only white space"],
    ["null", "a literal"],
    ['"[]"', "a string"],
    ["\ufeff[]", "a byte order mark"],
    ["[", "an open array"],
    [`[${next}`, "an array that is not closed"],
    [`[${next},`, "an array that ends with a comma"],
    [`[${next},]`, "a comma before the end"],
    [`[,${next}]`, "a comma at the start"],
    [`[${next} ${next}]`, "a missing comma"],
    [`[${next}] ${next}`, "a message after the array"],
    [`[${next}]]`, "one bracket too many"],
    [`${next},${next}`, "two messages without an array"],
    [`[{"T":"i","S":"B","p":1 "t":"x"}]`, "a missing comma between keys"],
    [`[{"T":"i","S":"B","p":1,"t":"2025-06-02T14:00:00Z"`, "an object that is not closed"],
  ])("%j is a fault of the frame: %s", (text) => {
    expect(decoded(json(text)).faults.at(-1)).toBe("bad_frame");
  });

  test.each(["undefined", "None", "nil", "True", "nul", "nullable", "NaN1", "01", "-", "1.", ".5", "+1", "1e"])(
    "the invalid JSON word %s loses its own message alone, and nothing under a key that is not read",
    (word) => {
      const time = `"t":"2025-06-02T14:00:00Z"`;
      const read = `{"T":"i","S":"A","p":${word},${time}}`;
      const passedOver = `{"T":"i","S":"A","y":[${word},{"z":${word}}],"p":1,${time}}`;
      const lost = { messages: [{ symbol: "B" }], faults: ["bad_message"] };
      expect(decoded(json(`[${read},${next}]`))).toMatchObject(lost);
      expect(decoded(json(`[${word},${next}]`))).toMatchObject(lost);
      expect(decoded(json(`[{"T":${word},${time}},${next}]`))).toMatchObject(lost);
      expect(decodedRaw(json(`[${read},${next}]`)).records).toMatchObject([{ S: "B" }]);
      expect(decoded(json(`[${passedOver},${next}]`))).toMatchObject({
        messages: [{ symbol: "A" }, { symbol: "B" }],
        faults: [],
      });
    },
  );

  test("a JSON number too large for a double loses its own message alone, and nothing under a key that is not read", () => {
    for (const huge of ["1e999", "-1e999", "9".repeat(400)]) {
      const read = `{"T":"i","S":"A","p":${huge},"t":"2025-06-02T14:00:00Z"}`;
      const passedOver = `{"T":"i","S":"A","y":[${huge}],"p":1,"t":"2025-06-02T14:00:00Z"}`;
      expect(decoded(json(`[${read},${next}]`))).toMatchObject({
        messages: [{ symbol: "B" }],
        faults: ["bad_message"],
      });
      expect(decoded(json(`[${passedOver},${next}]`))).toMatchObject({
        messages: [{ symbol: "A" }, { symbol: "B" }],
        faults: [],
      });
    }
  });
});

describe("the key __proto__", () => {
  const fields = `"S":"A","t":"2025-06-02T14:00:00Z","p":1,"__proto__":{"polluted":true}`;

  test("the key __proto__ is dropped from raw records and changes no prototype", () => {
    const { records } = decodedRaw(json(`[{"T":"i",${fields},"y":{"__proto__":{"polluted":true}}}]`));
    expect(records).toEqual([{ T: "i", S: "A", t: "2025-06-02T14:00:00Z", p: 1, y: {} }]);
    expect(Object.getPrototypeOf(records[0])).toBe(Object.prototype);
    expect(Object.getPrototypeOf(records[0]?.y)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });

  test("the key __proto__ is skipped in records and control messages", () => {
    const { messages, faults } = decoded(json(`[{"T":"i",${fields}},{"T":"success","msg":"connected",${fields}}]`));
    expect(faults).toEqual([]);
    expect(messages).toMatchObject([{ symbol: "A" }, { type: "success", message: "connected" }]);
    for (const message of messages) expect("polluted" in message).toBe(false);
  });
});

test("a symbol has one number, escaped or not", () => {
  const numbers: number[] = [];
  const sink = {
    record: (_: unknown, _channel: unknown, _symbol: string, symbolNumber: number) => numbers.push(symbolNumber),
    control: () => {},
    fault: (error: Error) => {
      throw error;
    },
  };
  const symbols = ["SPELT", "\\u0053PELT", "\\ud800"];
  const messages = symbols.map((symbol) => `{"T":"i","S":"${symbol}","p":1,"t":"2025-06-02T14:00:00Z"}`);
  new FrameDecoder(STOCK_SCHEMA).decode(json(`[${messages.join()}]`), sink);
  expect(numbers[0]).toBeGreaterThan(0);
  expect(numbers).toEqual([numbers[0], numbers[0], 0]);
});
