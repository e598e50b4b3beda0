import type { Clock } from "@tickerplant/client";
import {
  ClusterError,
  type Entry,
  type EntryStore,
  type FeedPorts,
  type LogMessage,
  type LogStart,
  type LogState,
  type LogWriter,
  type MessageLog,
} from "@tickerplant/cluster";
import { FaultyEntries, FaultyLog, type Link, ModelEntries, ModelLog } from "@tickerplant/cluster/testing";

/** What a process does with what it has read. */
export interface ProcessEnd {
  /** Aborted when the process is killed: NATS forgets its consumers. */
  readonly signal: AbortSignal;
  /** A message was read, and accepted. */
  readonly read?: (sequence: number) => void;
}

/** What the checks learn of NATS. */
export interface NatsEvents {
  /** The lease has another value. */
  leased(value: string): void;
  appended(sequence: number, bytes: Uint8Array): void;
  /** The messages behind a sequence are lost. */
  truncated(lastSequence: number): void;
}

/** The NATS of one world: one log, and two buckets. */
export class SimulatedNats {
  readonly #log: ModelLog;
  readonly #leases = new ModelEntries();
  readonly #readers = new ModelEntries();
  readonly #events: NatsEvents;
  #isDown = false;
  #first = 1;
  #last = 0;

  constructor(clock: Clock, events: NatsEvents) {
    this.#log = new ModelLog(() => clock.now());
    this.#events = events;
  }

  /** The sequence of the newest message. */
  get lastSequence(): number {
    return this.#last;
  }

  /** The sequence of the oldest message that is kept. */
  get firstSequence(): number {
    return this.#first;
  }

  /** Stops: every request fails until {@link start}. The processes lose their connections by themselves. */
  stop(): void {
    this.#isDown = true;
  }

  start(): void {
    this.#isDown = false;
  }

  /** Loses the newest messages, which it had acknowledged. */
  loseNewest(count: number): void {
    const lastSequence = Math.max(this.#first, this.#last - count);
    this.#log.truncate(lastSequence);
    this.#last = lastSequence;
    this.#events.truncated(lastSequence);
  }

  /** Removes the messages up to a sequence. */
  removeUpTo(sequence: number): void {
    this.#log.removeUpTo(sequence);
    this.#first = Math.max(this.#first, sequence + 1);
  }

  /** What one process reaches over its link. */
  ports(link: Link, end: ProcessEnd): FeedPorts {
    const log = new FaultyLog(this.#served(end.signal), link);
    return {
      log: end.read === undefined ? log : watched(log, end.read),
      leases: new FaultyEntries(this.#leased(this.#servedEntries(this.#leases)), link),
      readers: new FaultyEntries(this.#servedEntries(this.#readers), link),
    };
  }

  #check(): void {
    if (this.#isDown) throw new ClusterError("unreachable", "NATS is down");
  }

  #served(killed: AbortSignal): MessageLog {
    return {
      append: async (bytes: Uint8Array, lastSequence: number, writer: LogWriter): Promise<void> => {
        this.#check();
        await this.#log.append(bytes, lastSequence, writer);
        this.#last = lastSequence + 1;
        this.#events.appended(this.#last, bytes);
      },
      state: async (): Promise<LogState> => {
        this.#check();
        return this.#log.state();
      },
      get: async (sequence: number): Promise<LogMessage | undefined> => {
        this.#check();
        return this.#log.get(sequence);
      },
      read: (start, onMessage, signal) => this.#read(start, onMessage, signal, killed),
    };
  }

  async #read(
    start: LogStart,
    onMessage: (message: LogMessage) => void,
    signal: AbortSignal,
    killed: AbortSignal,
  ): Promise<void> {
    this.#check();
    const reading = new AbortController();
    const stop = (): void => reading.abort();
    for (const each of [signal, killed]) {
      if (each.aborted) stop();
      each.addEventListener("abort", stop, { once: true });
    }
    try {
      await this.#log.read(start, onMessage, reading.signal);
    } finally {
      for (const each of [signal, killed]) each.removeEventListener("abort", stop);
    }
  }

  #leased(entries: EntryStore): EntryStore {
    const told = async (value: string, written: Promise<number | undefined>): Promise<number | undefined> => {
      const revision = await written;
      if (revision !== undefined) this.#events.leased(value);
      return revision;
    };
    return {
      ...entries,
      create: (key, value) => told(value, entries.create(key, value)),
      update: (key, value, revision) => told(value, entries.update(key, value, revision)),
    };
  }

  #servedEntries(entries: EntryStore): EntryStore {
    const served = <T>(request: () => Promise<T>): Promise<T> => {
      if (this.#isDown) return Promise.reject(new ClusterError("unreachable", "NATS is down"));
      return request();
    };
    return {
      get: (key): Promise<Entry | undefined> => served(() => entries.get(key)),
      create: (key, value): Promise<number | undefined> => served(() => entries.create(key, value)),
      update: (key, value, revision): Promise<number | undefined> => served(() => entries.update(key, value, revision)),
      put: (key, value): Promise<void> => served(() => entries.put(key, value)),
      remove: (key): Promise<void> => served(() => entries.remove(key)),
      list: (): Promise<readonly Entry[]> => served(() => entries.list()),
    };
  }
}

function watched(log: MessageLog, read: (sequence: number) => void): MessageLog {
  return {
    append: (bytes, lastSequence, writer) => log.append(bytes, lastSequence, writer),
    state: () => log.state(),
    get: (sequence) => log.get(sequence),
    read: (start, onMessage, signal) => {
      const pass = (message: LogMessage): void => {
        onMessage(message);
        read(message.sequence);
      };
      return log.read(start, pass, signal);
    },
  };
}
