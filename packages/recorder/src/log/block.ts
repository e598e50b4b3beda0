import { decodeEvent, type LogEntry } from "./log-event.ts";
import { decodePlace, type SourcePlace } from "./source-place.ts";

/** The first byte of an entry. A place is no {@link LogEntry}: it is of no use to those who read records. */
const ENTRY_TYPES = { frame: 1, history: 2, event: 3, place: 4 } as const;

/** The type, the receive time (64 bits), the length (32 bits). */
const ENTRY_HEADER_BYTES = 13;

/** Collects entries until a block is written. */
export class BlockBuilder {
  #bytes: Buffer = Buffer.allocUnsafe(64 * 1024);
  #end = 0;

  get byteLength(): number {
    return this.#end;
  }

  /** Adds an entry. The bytes are copied. */
  add(type: keyof typeof ENTRY_TYPES, receivedNs: bigint, bytes: Uint8Array): void {
    this.#reserve(ENTRY_HEADER_BYTES + bytes.length);
    const out = this.#bytes;
    let at = out.writeUInt8(ENTRY_TYPES[type], this.#end);
    at = out.writeBigInt64LE(receivedNs, at);
    at = out.writeUInt32LE(bytes.length, at);
    out.set(bytes, at);
    this.#end = at + bytes.length;
  }

  /** Returns the entries as bytes of their own, and starts again. */
  finish(): Buffer {
    const block = Buffer.from(this.#bytes.subarray(0, this.#end));
    this.#end = 0;
    return block;
  }

  #reserve(byteLength: number): void {
    const needed = this.#end + byteLength;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}

/** The entries of a block, whose checksum was right. Places, and types that a later version added, are skipped. */
export function entriesOf(block: Buffer): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at = 0; at < block.length; ) {
    const type = block.readUInt8(at);
    const receivedNs = block.readBigInt64LE(at + 1);
    const start = at + ENTRY_HEADER_BYTES;
    at = start + block.readUInt32LE(at + 9);
    const bytes = block.subarray(start, at);
    if (type === ENTRY_TYPES.frame) entries.push({ type: "frame", receivedNs, frame: bytes });
    else if (type === ENTRY_TYPES.history) entries.push({ type: "history", receivedNs, frame: bytes });
    else if (type === ENTRY_TYPES.event) entries.push({ type: "event", receivedNs, event: decodeEvent(bytes) });
  }
  return entries;
}

/** The place in the source that a block, whose checksum was right, has for everything up to its end; undefined without one. */
export function placeIn(block: Buffer): SourcePlace | undefined {
  let place: SourcePlace | undefined;
  for (let at = 0; at < block.length; ) {
    const start = at + ENTRY_HEADER_BYTES;
    const end = start + block.readUInt32LE(at + 9);
    if (block.readUInt8(at) === ENTRY_TYPES.place) place = decodePlace(block.subarray(start, end));
    at = end;
  }
  return place;
}
