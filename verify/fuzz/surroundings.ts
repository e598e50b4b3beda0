/** The longest frame that fits. */
export const MAX_FRAME_BYTES = 16_384;
/** Bytes around it: more than any fast path reads ahead. */
const MARGIN = 512;

/** A buffer larger than a frame, as a socket reads into, full of bytes that do not belong to it. */
export class Surroundings {
  readonly #garbage: Uint8Array;
  readonly #buffer: Uint8Array;

  /** `garbage` is repeated. */
  constructor(garbage: Uint8Array) {
    this.#garbage = new Uint8Array(MAX_FRAME_BYTES + 2 * MARGIN);
    for (let at = 0; at < this.#garbage.length; at++) this.#garbage[at] = garbage[at % garbage.length] ?? 0;
    this.#buffer = Uint8Array.from(this.#garbage);
  }

  /** Calls `use` with the first `length` bytes of a frame that lies at an offset below 512 in the buffer. */
  around(frame: Uint8Array, offset: number, length: number, use: (placed: Uint8Array) => void): void {
    this.#buffer.set(frame, offset);
    use(this.#buffer.subarray(offset, offset + length));
    this.#buffer.set(this.#garbage.subarray(offset, offset + frame.length), offset);
  }
}
