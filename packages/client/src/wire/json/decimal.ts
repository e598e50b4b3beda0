/**
 * Writes decimal numbers as bytes without a string in between, which each price, size and time of a
 * record would cost. The digits are those of `String`.
 */

const POINT = 0x2e;
const ZERO = 0x30;
/** Digits that are put with integers of 32 bits. */
const CHUNK_DIGITS = 9;
const CHUNK = 1e9;

/** Decimals that prices have at most; the SIPs carry no more. */
const PRICE_DECIMALS = 4;
const PRICE_SCALE = 10_000;
/** Below it, a price of four decimals has at most 15 digits: no two such decimals are the same double. */
const MAX_SCALED_PRICE = 1e11;

/** Writes a price of up to four decimals at `at` and returns where it ends; -1, and nothing, for any other number. */
export function putPrice(bytes: Uint8Array, at: number, price: number): number {
  if (!(price >= 0 && price < MAX_SCALED_PRICE)) return -1;
  const scaled = Math.round(price * PRICE_SCALE);
  if (scaled / PRICE_SCALE !== price) return -1;
  const whole = Math.floor(price);
  return putFraction(bytes, putWhole(bytes, at, whole), scaled - whole * PRICE_SCALE, PRICE_DECIMALS);
}

/** Writes a whole number of 0 to 2^53 at `at` and returns where it ends. */
export function putWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value >= CHUNK) {
    const low = value % CHUNK;
    return putPadded(bytes, putWhole(bytes, at, (value - low) / CHUNK), low, CHUNK_DIGITS);
  }
  let width = 1;
  for (let power = 10; power <= value; power *= 10) width++;
  return putPadded(bytes, at, value, width);
}

/** Writes a point and `value` as `width` decimals, zeros at the end cut, and returns where they end; nothing for 0. */
export function putFraction(bytes: Uint8Array, at: number, value: number, width: number): number {
  if (value === 0) return at;
  let digits = value;
  let count = width;
  while (digits % 10 === 0) {
    digits /= 10;
    count--;
  }
  bytes[at] = POINT;
  return putPadded(bytes, at + 1, digits, count);
}

/** Writes `value` with zeros in front to `width` digits, at most nine. */
function putPadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  let rest = value;
  for (let index = at + width - 1; index >= at; index--) {
    const tenth = (rest / 10) | 0;
    bytes[index] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + width;
}
