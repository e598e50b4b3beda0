/**
 * The keys that every message of records has, each as one integer with its first letter in the low
 * byte: readers compare integers instead of building a string per key. The keys of a record type
 * are in its schema. Imported as `Key`.
 */

/** The type of the message. */
export const T = 0x54;
/** The symbol. */
export const S = 0x53;
/** The time. */
export const t = 0x74;

/** What `WireReader.nextKey` returns after the last key of a message. */
export const NO_KEY = -1;

/** What `WireReader.nextKey` returns for a key longer than any that a record has. */
export const LONG_KEY = 0;

/** The key of `length` bytes from `start` on as an integer: up to three letters. */
export function keyOf(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0 || length > 3) return LONG_KEY;
  let key = bytes[start] ?? 0;
  if (length > 1) key |= (bytes[start + 1] ?? 0) << 8;
  if (length > 2) key |= (bytes[start + 2] ?? 0) << 16;
  return key;
}
