import { describe, expect, test } from "vitest";
import { Trade } from "../../../src/stocks/records.ts";
import { STOCK_SCHEMA } from "../../../src/stocks/stock-schema.ts";
import { JsonReader } from "../../../src/wire/json/json-reader.ts";
import { json } from "../support/decoded.ts";

const TRADE_TYPE = 0x74;

/** Reads a trade as it stands in a page of history, with or without bytes behind the frame in the same buffer. */
function readTrade(text: string, behind = ""): unknown {
  const reader = new JsonReader();
  const bytes = json(text + behind);
  reader.open(bytes.subarray(0, bytes.length - json(behind).length));
  reader.enterMap();
  try {
    return STOCK_SCHEMA.read(reader, TRADE_TYPE, "AAPL");
  } catch (error) {
    return String(error);
  }
}

/** A trade as servers write it. */
const PLAIN =
  '{"i":12,"x":"V","p":189.23,"s":100,"c":["@","I"],"t":"2025-11-14T14:30:00.123456789Z","z":"C","more":[]}';
const TRADE = new Trade("AAPL", 1_763_130_600, 123_456_789, 12, "V", 189.23, 100, ["@", "I"], "C");

describe("JSON values that are fetched several bytes at a time", () => {
  test("a trade reads the same in any spelling that JSON allows", () => {
    const spellings = [
      PLAIN,
      PLAIN.replaceAll(/([:,[{])/g, "$1 \n").replaceAll("T14: \n30: \n00", "T14:30:00"),
      PLAIN.replace('"x":"V"', '"x":"\\u0056"'),
      PLAIN.replace('"p":189.23', '"p":18923e-2'),
      PLAIN.replace('"i":12', '"i":12.0'),
      PLAIN.replace('["@","I"]', '["\\u0040","I"]'),
      PLAIN.replace('"s":100,', "").replace("}", ',"s":100}'),
      PLAIN.replace("123456789Z", "123456789+00:00"),
      PLAIN.replace('"more":[]', '"\\":":"\\"","":"","\\\\":0'),
    ];
    for (const spelling of spellings) expect(readTrade(spelling), spelling).toEqual(TRADE);
  });

  test("a code that consists of an escape is not taken for its backslash", () => {
    for (const [escaped, exchange] of [
      ['\\"', '"'],
      ["\\\\", "\\"],
      ["\\n", "\n"],
    ])
      expect(readTrade(PLAIN.replace('"x":"V"', `"x":"${escaped}"`))).toMatchObject({ exchange });
  });

  test("bytes behind a frame that ends early are not read as its own", () => {
    const behind = '00,"x":"V",@","I"]56789Z","z":"C","s":1}';
    for (let length = 1; length < PLAIN.length; length++) {
      const text = PLAIN.slice(0, length);
      expect(readTrade(text, behind), text).toEqual(readTrade(text));
      expect(readTrade(text), text).toMatch(/bad_|frame|expected/);
    }
  });

  test.each(['"p":01,', '"p":1.,', '"p":1 2,', '"s":"",', '"s":-1,', '"t":"2025-11-14T14:30:00.12x456789Z",'])(
    "%s is no valid value, wherever it stands",
    (value) => {
      const name = value.slice(0, 4);
      const text = PLAIN.replace(new RegExp(`${name}("[^"]*"|[^,]*),`), value);
      expect(text).not.toBe(PLAIN);
      expect(readTrade(text)).not.toEqual(TRADE);
    },
  );
});
