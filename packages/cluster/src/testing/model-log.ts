import { ClusterError } from "../cluster-error.ts";
import type { LogMessage, LogStart, LogState, LogWriter, MessageLog } from "../log/message-log.ts";

interface StoredMessage extends LogMessage {
  readonly atMs: number;
  readonly epoch: number;
}

/** A stream of JetStream in memory, with its promises. Its failures come from a test: see {@link Link}, and below. */
export class ModelLog implements MessageLog {
  /** Bytes that there is room for: an append that needs more is rejected until old messages are removed. */
  maxBytes: number = Number.POSITIVE_INFINITY;
  readonly #now: () => number;
  #messages: StoredMessage[] = [];
  #lastSequence = 0;
  #lastAtMs = 0;
  #byteLength = 0;
  #generation = 1;
  readonly #wake = new Set<() => void>();

  /** `now` gives the time that a message arrives at. */
  constructor(now: () => number) {
    this.#now = now;
  }

  async append(bytes: Uint8Array, lastSequence: number, { epoch, epochStart }: LogWriter): Promise<void> {
    if (lastSequence !== this.#lastSequence)
      throw new ClusterError("fenced", `wrong last sequence: ${this.#lastSequence}, expected ${lastSequence}`);
    if (lastSequence + 1 !== epochStart && this.#messages.at(-1)?.epoch !== epoch)
      throw new ClusterError("fenced", `the last message is not of the epoch ${epoch}`);
    if (this.#byteLength + bytes.length > this.maxBytes)
      throw new ClusterError("no_room", `the log has ${this.maxBytes} bytes, and no room for ${bytes.length} more`);
    this.#lastAtMs = this.#now();
    this.#messages.push({ sequence: ++this.#lastSequence, bytes: bytes.slice(), atMs: this.#lastAtMs, epoch });
    this.#byteLength += bytes.length;
    for (const wake of [...this.#wake]) wake();
  }

  async state(): Promise<LogState> {
    return {
      id: String(this.#generation),
      firstSequence: this.#messages[0]?.sequence ?? this.#lastSequence + 1,
      lastSequence: this.#lastSequence,
      lastAtMs: this.#lastAtMs,
      byteLength: this.#byteLength,
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
    const generation = this.#generation;
    while (!signal.aborted) {
      if (generation !== this.#generation) throw new ClusterError("no_stream", "the stream was deleted");
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
    this.#keep(this.#messages.slice(this.#indexOf(sequence + 1)));
  }

  /** Loses the messages behind a sequence, as a loss of power does. */
  truncate(lastSequence: number): void {
    this.#keep(this.#messages.slice(0, this.#indexOf(lastSequence + 1)));
    this.#lastAtMs = this.#messages.at(-1)?.atMs ?? 0;
    this.#lastSequence = Math.min(this.#lastSequence, lastSequence);
  }

  /** Deletes the stream and makes it again. */
  recreate(): void {
    this.#keep([]);
    this.#lastSequence = 0;
    this.#lastAtMs = 0;
    this.#generation++;
    for (const wake of [...this.#wake]) wake();
  }

  #keep(messages: StoredMessage[]): void {
    this.#messages = messages;
    this.#byteLength = messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
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
