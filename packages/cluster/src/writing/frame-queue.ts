/** A frame that is made, with its number in the log. */
export interface MadeFrame {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Removed frames that the array keeps before it is shortened: each shortening moves all that follow. */
const SHORTENED_BY = 256;

/** Frames that are made and not acknowledged, oldest first. Their numbers follow each other. */
export class FrameQueue {
  #frames: MadeFrame[] = [];
  /** The index of the oldest frame. */
  #first = 0;
  #byteLength = 0;

  get length(): number {
    return this.#frames.length - this.#first;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** The number of the oldest frame; undefined without any. */
  get firstNumber(): number | undefined {
    return this.at(0)?.number;
  }

  /** Returns the frame at an index: 0 is the oldest. */
  at(index: number): MadeFrame | undefined {
    return this.#frames[this.#first + index];
  }

  push(frame: MadeFrame): void {
    this.#frames.push(frame);
    this.#byteLength += frame.bytes.length;
  }

  /** Removes the frames up to a number. Returns how many there were. */
  removeUpTo(number: number): number {
    const before = this.#first;
    for (let oldest = this.at(0); oldest !== undefined && oldest.number <= number; oldest = this.at(0)) {
      this.#byteLength -= oldest.bytes.length;
      this.#first++;
    }
    const count = this.#first - before;
    if (this.#first >= SHORTENED_BY || this.#first === this.#frames.length) {
      this.#frames.splice(0, this.#first);
      this.#first = 0;
    }
    return count;
  }

  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#byteLength = 0;
  }
}
