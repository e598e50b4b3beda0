import { ClusterError } from "../cluster-error.ts";
import type { LogMessage, LogStart, LogState, MessageLog } from "../log/message-log.ts";

interface StoredMessage extends LogMessage {
  readonly atMs: number;
}

/** A stream of JetStream in memory, with its promises and without its failures. */
export class ModelLog implements MessageLog {
  readonly #now: () => number;
  #messages: StoredMessage[] = [];
  #lastSequence = 0;
  #generation = 1;
  readonly #wake = new Set<() => void>();

  /** `now` gives the time that a message arrives at. */
  constructor(now: () => number) {
    this.#now = now;
  }

  async append(bytes: Uint8Array, lastSequence: number): Promise<void> {
    if (lastSequence !== this.#lastSequence)
      throw new ClusterError("fenced", `wrong last sequence: ${this.#lastSequence}, expected ${lastSequence}`);
    this.#messages.push({ sequence: ++this.#lastSequence, bytes: bytes.slice(), atMs: this.#now() });
    for (const wake of [...this.#wake]) wake();
  }

  async state(): Promise<LogState> {
    return {
      id: String(this.#generation),
      firstSequence: this.#messages[0]?.sequence ?? this.#lastSequence + 1,
      lastSequence: this.#lastSequence,
      byteLength: this.#messages.reduce((sum, { bytes }) => sum + bytes.length, 0),
    };
  }

  async get(sequence: number): Promise<LogMessage | undefined> {
    const message = this.#messages[this.#indexOf(sequence)];
    return message?.sequence === sequence ? message : undefined;
  }

  async read(start: LogStart, onMessage: (message: LogMessage) => void, signal: AbortSignal): Promise<void> {
    let next =
      "sequence" in start
        ? start.sequence
        : (this.#messages.find(({ atMs }) => atMs >= start.sinceMs)?.sequence ?? this.#lastSequence + 1);
    while (!signal.aborted) {
      for (let at = this.#indexOf(next); at < this.#messages.length && !signal.aborted; at = this.#indexOf(next)) {
        const message = this.#messages[at] as StoredMessage; // within the array
        next = message.sequence + 1;
        onMessage(message);
      }
      if (!signal.aborted) await this.#changed(signal);
    }
  }

  /** Removes the messages up to a sequence, as the limits of a stream do. */
  removeUpTo(sequence: number): void {
    this.#messages = this.#messages.slice(this.#indexOf(sequence + 1));
  }

  /** Loses the messages behind a sequence, as a loss of power does. */
  truncate(lastSequence: number): void {
    this.#messages = this.#messages.slice(0, this.#indexOf(lastSequence + 1));
    this.#lastSequence = Math.min(this.#lastSequence, lastSequence);
  }

  /** Deletes the stream and makes it again. */
  recreate(): void {
    this.#messages = [];
    this.#lastSequence = 0;
    this.#generation++;
  }

  /** The index of the first message from a sequence on. */
  #indexOf(sequence: number): number {
    const first = this.#messages[0]?.sequence ?? 0;
    return Math.min(this.#messages.length, Math.max(0, sequence - first));
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#wake.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      this.#wake.add(end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}
