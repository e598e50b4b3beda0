import { CLIENT, type Mutant, runMutants } from "../shared/mutants.ts";

const STOCKS_MSGPACK = `${CLIENT}/stocks/msgpack-fast-path.js`;
const CRYPTO_MSGPACK = `${CLIENT}/crypto/msgpack-fast-path.js`;

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
    name: "symbols of nine characters are those of their first eight",
    file: STOCKS_MSGPACK,
    from: "symbolBytes > 8 ||",
    to: "symbolBytes > 9 ||",
  },
  {
    name: "more messages are read than the frame's header announces",
    file: STOCKS_MSGPACK,
    from: "left > 0 && at <= last",
    to: "at <= last",
  },
];

process.exitCode = await runMutants(MUTANTS, {
  file: "fuzz/run.js",
  args: ["--target", "fast path", "--frames", "1000000", "--seed", "1"],
  argsOfOriginal: ["--target", "fast path", "--frames", "20000", "--seed", "1"],
  summaryOf: (output) => /^\d+ frames in .*$/m.exec(output)?.[0],
});
