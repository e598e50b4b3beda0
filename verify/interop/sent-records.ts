import { Random } from "../shared/random.ts";

/**
 * A record of a file that the gateway replays: the keys of the wire, ids as `bigint`, the time with nine
 * digits. These records are not made by our classes and codecs: those are what the clients check.
 */
export interface SentRecord {
  readonly T: string;
  readonly S: string;
  readonly t: string;
  readonly [key: string]: string | number | bigint | readonly string[];
}

/** Symbols that the scenarios name. */
export const NAMED_SYMBOLS = ["AAPL", "BRK.B", "ZVZZT"] as const;
/** Further symbols, which only a wildcard matches. */
const OTHER_SYMBOLS = ["MSFT", "A", "TSLA"] as const;

/** The number of random records of each type; see {@link RECORDS}. */
const PER_TYPE = 300;

/** Largest id that the official Go client can hold: a signed integer of 64 bits. */
const MAX_ID = 2n ** 63n - 1n;
/** The first id that a JavaScript number cannot hold. */
const UNSAFE_ID = 2n ** 53n + 1n;
/** Largest size that the official Go client can hold: an unsigned integer of 32 bits. */
const MAX_SIZE = 2 ** 32 - 1;

const T0 = "2025-11-14T14:30:00.000000000Z";

/** Edge values, written by hand: every width of time, integer and string of the wire. */
const EDGES: readonly SentRecord[] = [
  trade("AAPL", T0, { i: 1n, x: "V", p: 101.25, s: 100, c: ["@"], z: "C" }),
  trade("AAPL", "2025-11-14T14:30:00.000000001Z", { i: 127n, p: 0.0001, s: 0, c: [] }),
  trade("AAPL", "2025-11-14T14:30:00.999999999Z", { i: 128n, p: 0.1 + 0.2, s: 127, c: [" ", "T", "I"] }),
  trade("BRK.B", "2025-11-14T14:30:01.123456789Z", { i: 65_536n, p: 745_000, s: 255, z: "A" }),
  trade("BRK.B", "2025-11-14T14:30:01.123456Z", { i: 4_294_967_296n, p: 1e-9, s: 65_535, c: [" ", " ", " ", "W"] }),
  trade("BRK.B", "2025-11-14T14:30:01.5Z", { i: UNSAFE_ID, p: 123_456_789.123_456_7, s: 65_536 }),
  trade("ZVZZT", "2025-11-14T14:30:02Z", { i: MAX_ID, x: "D", p: 1, s: MAX_SIZE, z: "B" }),
  // 96 bits: after the year 2514, and before 1970.
  trade("ZVZZT", "2600-01-01T00:00:00.000000001Z", { i: 2n }),
  trade("ZVZZT", "1969-12-31T23:59:59.999999999Z", { i: 3n, c: Array.from({ length: 17 }, (_, n) => `c${n}`) }),
  { ...trade("AAPL", T0, { i: 4n }), r: "2025-11-14T14:30:00.000123456Z" },
  quote("AAPL", T0, { c: ["R"] }),
  quote("BRK.B", "2025-11-14T14:30:00.000000999Z", { c: ["R", "Y"], z: "A" }),
  // No active bid, no active offer.
  quote("ZVZZT", "2025-11-14T14:30:00.1Z", { bx: " ", bp: 0, bs: 0, c: [] }),
  quote("ZVZZT", "2025-11-14T14:30:00.2Z", { ax: " ", ap: 0, as: 0, bs: MAX_SIZE }),
  { ...quote("AAPL", T0, {}), r: "2025-11-14T14:30:00.000123456Z" },
  ...["b", "u", "d"].flatMap((letter) => [
    bar(letter, "AAPL", T0, { v: 0, n: 0 }),
    bar(letter, "BRK.B", "2025-11-14T05:00:00Z", { v: 2 ** 40, n: 2 ** 32, vw: 1 / 3 }),
    bar(letter, "ZVZZT", "2025-11-14T14:31:00Z", { o: 0.0001, h: 999_999.9999, v: 2 ** 53 - 1 }),
  ]),
  status("AAPL", T0, { sc: "H", sm: "Trading Halt", rc: "T12", rm: "Trading Halted; For information requested" }),
  status("BRK.B", T0, { sc: "2", sm: "Trading Halt", rc: "", rm: "", z: "A" }),
  // 32 bytes and more, 256 and more, and letters beyond ASCII.
  status("ZVZZT", T0, { sm: "x".repeat(32), rm: `“Über” – ${"y".repeat(300)} 📈` }),
  { T: "l", S: "AAPL", u: 111.5, d: 91.25, i: "B", t: "2025-11-14T14:30:00.000000002Z", z: "C" },
  { T: "l", S: "ZVZZT", u: 0, d: 0, i: "", t: T0, z: "B" },
  { T: "i", S: "AAPL", p: 101.5, t: "2025-11-14T14:30:00.000000003Z", z: "C" },
  { T: "i", S: "ZVZZT", p: 0, t: T0, z: "B" },
  correction("AAPL", T0, { oi: 1n, ci: 2n }),
  correction("ZVZZT", "2025-11-14T14:30:09.000000009Z", { oi: UNSAFE_ID, ci: MAX_ID, oc: [" ", "T"], cc: [] }),
  cancel("AAPL", T0, { i: 1n }),
  cancel("ZVZZT", "2025-11-14T14:30:09.000000009Z", { i: MAX_ID, a: "E", s: MAX_SIZE }),
];

/** All records of the record scenarios: the edge values, then random ones of every type and symbol. */
export const RECORDS: readonly SentRecord[] = [...EDGES, ...randomRecords()];

/** The symbols of {@link TICKS}, which alternate. */
export const TICKING_SYMBOLS = ["AAPL", "MSFT", "TSLA"] as const;

/** A second of trades, one each 10 ms, for the scenarios in which the gateway sends them in a loop. */
export const TICKS: readonly SentRecord[] = Array.from({ length: 99 }, (_, n) =>
  trade(TICKING_SYMBOLS[n % 3] ?? "AAPL", `2025-11-14T14:30:00.${String(n).padStart(2, "0")}0000001Z`, {
    i: BigInt(n + 1),
    p: 100 + n / 100,
  }),
);

/** Formats records for `tickerplant serve --replay`. */
export function linesOf(records: readonly SentRecord[]): string {
  return records.map((record) => `${lineOf(record)}\n`).join("");
}

function lineOf(record: SentRecord): string {
  // JSON.stringify has no bigint: ids are marked strings until it is done.
  const text = JSON.stringify(record, (_, value) => (typeof value === "bigint" ? `\u0001${value}` : value));
  return text.replace(/"\\u0001(\d+)"/g, "$1");
}

type Fields = Readonly<Record<string, string | number | bigint | readonly string[]>>;

function trade(S: string, t: string, fields: Fields): SentRecord {
  return { T: "t", S, i: 1n, x: "V", p: 101.25, s: 100, c: ["@"], z: "C", ...fields, t: withNineDigits(t) };
}

function quote(S: string, t: string, fields: Fields): SentRecord {
  const prices = { bx: "V", bp: 101.24, bs: 100, ax: "Q", ap: 101.26, as: 300 };
  return { T: "q", S, ...prices, c: ["R"], z: "C", ...fields, t: withNineDigits(t) };
}

function bar(T: string, S: string, t: string, fields: Fields): SentRecord {
  return { T, S, o: 101, h: 102.5, l: 100.25, c: 101.75, v: 1000, n: 12, vw: 101.5, ...fields, t: withNineDigits(t) };
}

function status(S: string, t: string, fields: Fields): SentRecord {
  return { T: "s", S, sc: "T", sm: "Trading Resumption", rc: "C3", rm: "", z: "C", ...fields, t: withNineDigits(t) };
}

function correction(S: string, t: string, fields: Fields): SentRecord {
  const original = { oi: 1n, op: 101.25, os: 100, oc: ["@"] };
  const corrected = { ci: 2n, cp: 101.5, cs: 90, cc: ["@", "I"] };
  return { T: "c", S, x: "V", ...original, ...corrected, z: "C", ...fields, t: withNineDigits(t) };
}

function cancel(S: string, t: string, fields: Fields): SentRecord {
  return { T: "x", S, i: 1n, x: "V", p: 101.25, s: 100, a: "C", z: "C", ...fields, t: withNineDigits(t) };
}

function withNineDigits(t: string): string {
  const [second = "", fraction = ""] = t.slice(0, -1).split(".");
  return `${second}.${fraction.padEnd(9, "0")}Z`;
}

/** Returns records of all types and symbols with values over their whole ranges; the same in every run. */
function randomRecords(): SentRecord[] {
  const random = new Random(20_251_114);
  const whole = (end: number): number => random.below(end);
  const price = (): number => Math.round(random.next() * 10 ** (2 + whole(8))) / 10_000;
  const id = (): bigint => BigInt(whole(2 ** 31)) * 2n ** BigInt(whole(32)) + BigInt(whole(1000));
  const size = (): number => whole(2 ** (1 + whole(32)));
  const letter = (): string => "ABCDHJKMNPQTUVXYZ".charAt(whole(17));
  const conditions = (): string[] => Array.from({ length: whole(4) }, () => " @FTIW4".charAt(whole(7)));
  const symbols = [...NAMED_SYMBOLS, ...OTHER_SYMBOLS];
  const records: SentRecord[] = [];
  for (let n = 0; n < PER_TYPE; n++) {
    for (const T of "tqbudslicx") {
      const S = symbols[whole(symbols.length)] ?? "AAPL";
      const second = String(whole(60)).padStart(2, "0");
      const t = `2025-11-14T14:30:${second}.${String(whole(1e9)).padStart(9, "0")}Z`;
      const z = "ABC".charAt(whole(3));
      const ohlc = { o: price(), h: price(), l: price(), c: price() };
      const sides = { bx: letter(), bp: price(), bs: size(), ax: letter(), ap: price(), as: size() };
      const amounts = { i: id(), x: letter(), p: price(), s: size() };
      if (T === "t") records.push(trade(S, t, { ...amounts, c: conditions(), z }));
      else if (T === "q") records.push(quote(S, t, { ...sides, c: conditions(), z }));
      else if ("bud".includes(T)) records.push(bar(T, S, t, { ...ohlc, v: size(), n: size(), vw: price() }));
      else if (T === "s") records.push(status(S, t, { z }));
      else if (T === "l") records.push({ T, S, u: price(), d: price(), i: letter(), t, z });
      else if (T === "i") records.push({ T, S, p: price(), t, z });
      else if (T === "c")
        records.push(correction(S, t, { oi: id(), op: price(), os: size(), ci: id(), cs: size(), z }));
      else records.push(cancel(S, t, { ...amounts, a: "CE".charAt(whole(2)), z }));
    }
  }
  return records;
}
