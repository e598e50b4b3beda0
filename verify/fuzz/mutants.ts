import { CLIENT, type Mutant, runMutants } from "../shared/mutants.ts";

const STOCKS_MSGPACK = `${CLIENT}/stocks/msgpack-fast-path.js`;
const STOCKS_JSON = `${CLIENT}/stocks/json-fast-path.js`;
const CRYPTO_MSGPACK = `${CLIENT}/crypto/msgpack-fast-path.js`;
const JSON_VALUES = `${CLIENT}/wire/json/fast-values.js`;

const MUTANTS: readonly Mutant[] = [
  {
    name: "a message of msgpack is read beyond the end of its frame",
    file: STOCKS_MSGPACK,
    from: "next > end)",
    to: "next > view.byteLength)",
  },
  {
    name: "a second of msgpack has one nanosecond too many",
    file: STOCKS_MSGPACK,
    from: "nanos > 999_999_999",
    to: "nanos > 1_000_000_000",
  },
  {
    name: "the high bits of a time of msgpack are ignored",
    file: CRYPTO_MSGPACK,
    from: "(timeHigh & 3) !== 0 ||",
    to: "",
  },
  {
    name: "half a character of UTF-8 is a code",
    file: CRYPTO_MSGPACK,
    from: "takerSide > 0x7f ||",
    to: "",
  },
  {
    name: "a price may be infinite",
    file: STOCKS_MSGPACK,
    from: "price - price !== 0 ||",
    to: "",
  },
  {
    name: "a size of crypto may be negative",
    file: CRYPTO_MSGPACK,
    from: "size < 0 ||",
    to: "",
  },
  {
    name: "an id just beyond 2^53 is rounded",
    file: `${CLIENT}/wire/msgpack/fast-values.js`,
    from: "high < 0x20_0000",
    to: "high <= 0x20_0000",
  },
  {
    name: "conditions are those of any array with the same place in the table",
    file: `${CLIENT}/wire/interning.js`,
    from: "return recentKeys[recent] === key ? recentLists[recent] : undefined;",
    to: "return recentLists[recent];",
  },
  {
    name: "more messages of msgpack are read than the frame's header announces",
    file: STOCKS_MSGPACK,
    from: "count < max && at <= last",
    to: "at <= last",
  },
  {
    name: "raw records share an array of conditions",
    file: STOCKS_MSGPACK,
    from: "raw ? ownConditions(keyOfConditions) : knownConditions(keyOfConditions)",
    to: "knownConditions(keyOfConditions)",
  },
  {
    name: "a message of JSON is read beyond the end of its frame",
    file: STOCKS_JSON,
    from: "next > end)",
    to: "next > view.byteLength)",
  },
  {
    name: "a comma and another message may follow a lone object of JSON",
    file: `${CLIENT}/wire/json/json-reader.js`,
    from: "const max = this.#isList ? MANY : 1;",
    to: "const max = MANY;",
  },
  {
    name: "an id of JSON may start with 0",
    file: JSON_VALUES,
    from: "digits > 1 && view.getUint8(start) !== ZERO",
    to: "digits > 1",
  },
  {
    name: "a price of JSON may end with its point",
    file: STOCKS_JSON,
    from: "priceEnd - pricePoint === 1 ||",
    to: "",
  },
  {
    name: "a price of JSON may start with its point",
    file: STOCKS_JSON,
    from: "pricePoint === at + 13 ||",
    to: "",
  },
  {
    name: "a size of JSON may start with 0 before other digits",
    file: STOCKS_JSON,
    from: "(view.getUint16(at + 5) ^ 0x3030) < 10 ||",
    to: "",
  },
  {
    name: "a symbol with a zero behind it is the symbol without it",
    file: `${CLIENT}/wire/interning.js`,
    from: " && slots[at + 2] === length",
    to: "",
  },
  {
    name: "a backslash of JSON is a code",
    file: JSON_VALUES,
    from: "byte === QUOTE || byte === BACKSLASH",
    to: "byte === QUOTE",
  },
  {
    name: "a time of JSON whose last second digit alone has changed is the last one",
    file: JSON_VALUES,
    from: "view.getFloat64(at + 8) === last.getFloat64(8) &&\n        view.getInt32(at + 15) === last.getInt32(15)",
    to: "view.getFloat64(at + 8) === last.getFloat64(8)",
  },
  {
    name: "the time of a raw record of JSON loses a digit of its fraction",
    file: JSON_VALUES,
    from: "Math.max(bytes - 1, SECOND_BYTES)",
    to: "Math.max(bytes - 2, SECOND_BYTES)",
  },
  {
    name: "a character beside the digits is one of nanoseconds",
    file: JSON_VALUES,
    from: "view.getUint8(end) ^ ZERO; // 10 or more for anything else\n            if (digit > 9)",
    to: "view.getUint8(end) ^ ZERO;\n            if (digit > 10)",
  },
  {
    name: "a time of a raw record is completed by the bytes of the one before",
    file: JSON_VALUES,
    from: "end === text.length && end < written",
    to: "end === text.length",
  },
];

process.exitCode = await runMutants(MUTANTS, {
  file: "fuzz/run.js",
  args: ["--target", "fast path", "--frames", "1000000", "--seed", "1"],
  argsOfOriginal: ["--target", "fast path", "--frames", "20000", "--seed", "1"],
  summaryOf: (output) => /^\d+ frames in .*$/m.exec(output)?.[0],
});
