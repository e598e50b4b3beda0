/** A record as history answers it: the keys of the wire without type and symbol, ids as strings, nine digits of the time. */
export type PastRecord = Readonly<Record<string, unknown>> & { readonly t: string };

const DAY = "2025-11-14";

/** More trades than five of the largest pages hold. */
const TRADE_COUNT = 52_000;

export const SYMBOLS = ["AAPL", "BRK.B"] as const;
/** A well-formed symbol of which there is nothing. */
export const UNKNOWN_SYMBOL = "ZVZZT";

/** The range of the records: both ends are times of records. */
export const START: string = `${DAY}T14:30:00.000000001Z`;
export const END: string = `${DAY}T15:30:00.000000000Z`;

/** The time so many nanoseconds after 14:30. */
function time(ns: number): string {
  const seconds = Math.floor(ns / 1e9);
  const clock = new Date(Date.parse(`${DAY}T14:30:00Z`) + seconds * 1000).toISOString().slice(0, 19);
  return `${clock}.${String(ns % 1e9).padStart(9, "0")}Z`;
}

function trade(number: number, ns: number): PastRecord {
  const id = 2n ** 53n + BigInt(number);
  const conditions = [["@"], ["@", "I"], [" ", "F"]][number % 3];
  return { i: `${id}`, x: "V", p: 100 + (number % 1000) / 100, s: 100 + number, c: conditions, z: "C", t: time(ns) };
}

function quote(number: number): PastRecord {
  const sides = { bx: "V", bp: 100.25, bs: 100 + number, ax: number % 2 === 0 ? " " : "Q", ap: 100.5, as: 200 };
  return { ...sides, c: ["R"], z: "C", t: time(1 + number * 1_000_000) };
}

function bar(minute: number): PastRecord {
  const prices = { o: 100 + minute, h: 110 + minute, l: 90 - minute, c: 105 + minute };
  return { ...prices, v: 1000 + minute, n: 10 + minute, vw: 101.5 + minute, t: time(minute * 60e9) };
}

/** Trades by symbol, in order. */
export const TRADES: Readonly<Record<string, readonly PastRecord[]>> = {
  AAPL: Array.from({ length: TRADE_COUNT }, (_, number) => trade(number, 1 + number * 69_000_001)),
  "BRK.B": Array.from({ length: 20 }, (_, number) => trade(number, 2 + number * 1_000_000)),
};

export const QUOTES: Readonly<Record<string, readonly PastRecord[]>> = {
  AAPL: Array.from({ length: 300 }, (_, number) => quote(number)),
  "BRK.B": Array.from({ length: 7 }, (_, number) => quote(number)),
};

export const BARS: Readonly<Record<string, readonly PastRecord[]>> = {
  AAPL: Array.from({ length: 30 }, (_, minute) => bar(minute)),
  "BRK.B": Array.from({ length: 3 }, (_, minute) => bar(minute)),
};

/** The daily bars of the first symbol, the day before and the day itself: midnight in New York. */
export const DAILY_BARS: readonly PastRecord[] = ["2025-11-13", DAY].map((date, day) => ({
  ...bar(day),
  t: `${date}T05:00:00.000000000Z`,
}));

/** Trades of this symbol are cancelled and corrected after they were sent. */
const UPDATED = "BRK.B";
const CANCELLED = 4;
const CORRECTED = 6;
const CORRECTION = { i: `${2n ** 60n}`, p: 99, s: 5, c: ["@"] };

/** The trades of the second symbol as history has them after a cancel and a correction. */
export const UPDATED_TRADES: readonly PastRecord[] = (TRADES[UPDATED] ?? []).flatMap((record, number) => {
  if (number === CANCELLED) return [{ ...record, u: "canceled" }];
  if (number === CORRECTED)
    return [
      { ...record, u: "incorrect" },
      { ...record, ...CORRECTION, u: "corrected" },
    ];
  return [record];
});

/** The file that a gateway replays, one record a line. */
export function historyLines(): string {
  const lines: { readonly t: string; readonly text: string }[] = [];
  const add = (T: string, S: string, record: PastRecord): void => {
    const text = JSON.stringify({ T, S, ...record });
    lines.push({ t: record.t, text: text.replace(/"(i|oi|ci)":"(\d+)"/g, '"$1":$2') });
  };
  for (const [T, bySymbol] of Object.entries({ t: TRADES, q: QUOTES, b: BARS }))
    for (const [symbol, records] of Object.entries(bySymbol)) for (const record of records) add(T, symbol, record);
  const original = (number: number): PastRecord => TRADES[UPDATED]?.[number] ?? { t: END };
  const { i, x, p, s, z } = original(CANCELLED);
  add("x", UPDATED, { i, x, p, s, a: "C", z, t: END });
  const { i: oi, p: op, s: os, c: oc } = original(CORRECTED);
  const corrected = { ci: CORRECTION.i, cp: CORRECTION.p, cs: CORRECTION.s, cc: CORRECTION.c };
  add("c", UPDATED, { x, oi, op, os, oc, ...corrected, z, t: END });
  lines.sort((a, b) => (a.t < b.t ? -1 : a.t > b.t ? 1 : 0));
  const daily = DAILY_BARS.map((record) => JSON.stringify({ T: "d", S: "AAPL", ...record }));
  return [...lines.map(({ text }) => text), ...daily].map((text) => `${text}\n`).join("");
}
