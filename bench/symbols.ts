/** Number of symbols: about as many as are listed in the US. */
const COUNT = 8_000;
/** Has no factor in common with `COUNT`, so that its multiples reach every symbol before any repeats. */
const STRIDE = 7_919;
const LETTERS = 26;

/** The symbols of the benchmarks, the busiest first: `AAAA`, `BAAA` and so on. */
export const SYMBOLS: readonly string[] = Array.from({ length: COUNT }, (_, rank) =>
  [0, 1, 2, 3].map((place) => String.fromCharCode(65 + (Math.floor(rank / LETTERS ** place) % LETTERS))).join(""),
);

/** Returns `count` symbols for a client, busy and quiet ones; different ones for each client until all are used. */
export function symbolsOf(client: number, count = 30): readonly string[] {
  return Array.from({ length: count }, (_, index) => SYMBOLS[((client * count + index + 1) * STRIDE) % COUNT] ?? "");
}

/** Ten thousand symbols: more than are listed in the US. */
export const SYMBOLS_10K: readonly string[] = Array.from({ length: 10_000 }, (_, index) => `S${index}`);
