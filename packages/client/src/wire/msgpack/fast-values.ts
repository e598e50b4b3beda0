import { EMPTY_CONDITIONS_KEY, mixCondition } from "../interning.ts";
import type { Id } from "../market-record.ts";

/** Bytes after the lead byte of an unsigned integer of up to 32 bits; -1 for any other lead byte. */
export function countBytes(lead: number): number {
  if (lead < 0x80) return 0;
  const width = lead - 0xcc;
  return width >= 0 && width <= 2 ? 1 << width : -1;
}

/** The integer of {@link countBytes}; `at` is behind its lead byte, with 4 bytes to fetch. */
export function countAt(view: DataView, at: number, lead: number, bytes: number): number {
  return bytes === 0 ? lead : view.getUint32(at) >>> (32 - 8 * bytes);
}

/** As {@link countBytes}, of up to 64 bits. */
export function wholeBytes(lead: number): number {
  return lead === 0xcf ? 8 : countBytes(lead);
}

/** The integer of {@link wholeBytes}; `at` is behind its lead byte, with 8 bytes to fetch. */
export function wholeAt(view: DataView, at: number, lead: number, bytes: number): Id {
  if (bytes !== 8) return countAt(view, at, lead, bytes);
  const high = view.getUint32(at);
  return high < 0x20_0000 ? high * 4_294_967_296 + view.getUint32(at + 4) : view.getBigUint64(at);
}

/** Most conditions whose list is found by a key. */
export const MAX_FAST_CONDITIONS = 4;

/** The key of `count` one-letter conditions from `at` on, with 8 bytes to fetch; -1 for any others. */
export function conditionsKey(view: DataView, at: number, count: number): number {
  if (count < 0 || count > MAX_FAST_CONDITIONS) return -1;
  let key = EMPTY_CONDITIONS_KEY;
  for (let index = 0; index < count; index++) {
    const condition = view.getUint16(at + 2 * index); // the header of a string of one byte, and the byte
    if (condition >>> 8 !== 0xa1) return -1;
    key = mixCondition(key, condition & 0xff);
  }
  return key;
}
