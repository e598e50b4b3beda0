/**
 * The bytes that all histories of one kind of record may hold together. Each grows as it needs to while
 * there are any left; then each drops its own oldest records for new ones.
 */
export class MemoryPool {
  readonly maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether so many bytes are left. */
  hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.maxBytes;
  }

  /** Counts bytes as used, also beyond the limit. */
  use(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
