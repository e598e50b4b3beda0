/** How many symbols a market has: about those listed in the US. */
const COUNT = 8_000;
/** Shares no factor with `COUNT`: its multiples meet every symbol before any comes twice. */
const STRIDE = 7_919;
const LETTERS = 26;

/** The symbols of the benches, the busiest first: `AAAA`, `BAAA` and so on. */
export const SYMBOLS: readonly string[] = Array.from({ length: COUNT }, (_, rank) =>
  [0, 1, 2, 3].map((place) => String.fromCharCode(65 + (Math.floor(rank / LETTERS ** place) % LETTERS))).join(""),
);

/** The symbols of a client that reads `count`: busy and quiet ones, others for each client as long as there are any. */
export function symbolsOf(client: number, count = 30): readonly string[] {
  return Array.from({ length: count }, (_, index) => SYMBOLS[((client * count + index + 1) * STRIDE) % COUNT] ?? "");
}

/** Ten thousand symbols: more than are listed. */
export const SYMBOLS_10K: readonly string[] = Array.from({ length: 10_000 }, (_, index) => `S${index}`);
