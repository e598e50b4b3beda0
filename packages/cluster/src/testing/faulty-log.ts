import type { LogMessage, LogStart, LogState, LogWriter, MessageLog } from "../log/message-log.ts";
import type { Link } from "./link.ts";

/** A log as one process reaches it, over a {@link Link}. */
export class FaultyLog implements MessageLog {
  readonly #log: MessageLog;
  readonly #link: Link;

  constructor(log: MessageLog, link: Link) {
    this.#log = log;
    this.#link = link;
  }

  append(bytes: Uint8Array, lastSequence: number, writer: LogWriter): Promise<void> {
    return this.#link.call(() => this.#log.append(bytes, lastSequence, writer));
  }

  state(): Promise<LogState> {
    return this.#link.call(() => this.#log.state());
  }

  get(sequence: number): Promise<LogMessage | undefined> {
    return this.#link.call(() => this.#log.get(sequence));
  }

  async read(start: LogStart, onMessage: (message: LogMessage) => void, signal: AbortSignal): Promise<void> {
    await this.#link.call(async () => {}); // opens a consumer
    if (signal.aborted) return;
    const inner = new AbortController();
    const stop = (): void => inner.abort();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        const receiver = this.#link.receive((error) => reject(error));
        inner.signal.addEventListener("abort", () => {
          receiver.close();
          resolve();
        });
        const deliver = (message: LogMessage): void => {
          try {
            onMessage(message);
          } catch (error) {
            reject(error);
            inner.abort();
          }
        };
        this.#log.read(start, (message) => receiver.pass(() => deliver(message)), inner.signal).catch(reject);
      });
    } finally {
      signal.removeEventListener("abort", stop);
      inner.abort();
    }
  }
}
