import type { Random } from "../shared/random.ts";

/** The longest span that is copied from another message. */
const MAX_SPAN = 24;

/** Applies 1 to 4 small changes to a copy of a frame, mostly few; spans come from `other`. */
export function changeSlightly(frame: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(frame);
  const changes = random.between(1, random.between(1, 4));
  for (let left = changes; left > 0 && bytes.length > 0; left--) bytes = changeOnce(bytes, other, random);
  return bytes;
}

function changeOnce(bytes: Uint8Array<ArrayBuffer>, other: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length);
  const byte = bytes[at] ?? 0;
  switch (random.below(8)) {
    case 0:
      bytes[at] = random.below(256);
      return bytes;
    case 1:
      bytes[at] = byte + random.pick([-1, 1]); // beside a limit
      return bytes;
    case 2:
      bytes[at] = byte ^ (1 << random.below(8));
      return bytes;
    case 3:
      return spliced(bytes, at, 1, []);
    case 4:
      return spliced(bytes, at, 0, [byte]);
    case 5: {
      const beside = random.below(bytes.length);
      bytes[at] = bytes[beside] ?? 0;
      bytes[beside] = byte;
      return bytes;
    }
    default: {
      const from = random.below(other.length);
      const span = other.subarray(from, from + random.between(1, MAX_SPAN));
      return spliced(bytes, at, random.chance(0.7) ? span.length : 0, span);
    }
  }
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const rest = bytes.subarray(at + removed);
  const changed = new Uint8Array(at + added.length + rest.length);
  changed.set(bytes.subarray(0, at));
  changed.set(added, at);
  changed.set(rest, at + added.length);
  return changed;
}
