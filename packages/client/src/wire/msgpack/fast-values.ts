import { EMPTY_CONDITIONS_KEY, mixCondition } from "../interning.ts";
import type { Id } from "../market-record.ts";

/** Bytes after the lead byte of each unsigned integer, by that byte; -1 for lead bytes of other values. */
const INTEGER_BYTES = new Int8Array(256).fill(-1).fill(0, 0, 0x80);
INTEGER_BYTES.set([1, 2, 4, 8], 0xcc);

/** Returns how many bytes an unsigned integer has after its lead byte; -1 if it is something else. */
export function integerBytes(lead: number): number {
  return INTEGER_BYTES[lead] ?? -1;
}

/** Bits of a fetch of 32 that stand behind the integer, by its lead byte: a small integer is its own lead byte. */
const INTEGER_SHIFTS = INTEGER_BYTES.map((bytes) => 32 - 8 * Math.max(1, Math.min(bytes, 4)));

/** Returns an integer of up to 32 bits from its lead byte at `at`, with 5 bytes to fetch. */
export function shortIntegerAt(view: DataView, at: number, lead: number): number {
  return view.getUint32(at + (lead >>> 7)) >>> (INTEGER_SHIFTS[lead] ?? 0);
}

/** Returns an integer of up to 64 bits from its lead byte at `at`, with 9 bytes to fetch. */
export function integerAt(view: DataView, at: number, lead: number): Id {
  if (lead !== 0xcf) return shortIntegerAt(view, at, lead);
  const high = view.getUint32(at + 1);
  return high < 0x20_0000 ? high * 4_294_967_296 + view.getUint32(at + 5) : view.getBigUint64(at + 1);
}

/** The most conditions that are looked up by a key. */
const MAX_CONDITIONS = 4;

/** Returns the key of `count` one-letter conditions from `at` on, with 8 bytes to fetch; -1 for any others. */
export function conditionsKey(view: DataView, at: number, count: number): number {
  if (count < 0 || count > MAX_CONDITIONS) return -1;
  let key = EMPTY_CONDITIONS_KEY;
  for (let index = 0; index < count; index++) {
    const condition = view.getUint16(at + 2 * index); // the header of a string of one byte, and the byte
    if (condition >>> 8 !== 0xa1) return -1;
    key = mixCondition(key, condition & 0xff);
  }
  return key;
}
