import type { Writable } from "node:stream";

/**
 * Joins what is written to each socket within one turn of the event loop into one write: the system call costs more
 * than a frame does, and a relay gets many frames with one read.
 */
export class TurnWrites {
  #held: Writable[] = [];

  /** Holds back what is written to a socket until the turn has ended. */
  hold(socket: Writable): void {
    if (socket.writableCorked > 0) return;
    socket.cork();
    if (this.#held.push(socket) === 1) queueMicrotask(() => this.#release());
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const socket of held) socket.uncork();
  }
}
