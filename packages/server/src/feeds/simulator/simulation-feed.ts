import type { Clock, MarketRecord } from "@tickerplant/client";
import { type Feed, type FeedSink, FeedSource } from "../feed.ts";

/** Shortest wait between two batches: timers are not more precise than a few milliseconds. */
const MIN_WAIT_MS = 2;

/** Most records published in one turn of the event loop, so that sockets can send while the feed catches up. */
const MAX_BATCH_RECORDS = 8192;

/** Without a clock: records between two checks whether the sink has room. */
const RECORDS_PER_ROOM_CHECK = 256;

/** An endless sequence of records, each due at a time that never goes back. */
export interface Simulation {
  /**
   * When the record that `next` returns is due, in milliseconds of simulated time since the start; negative in the past
   * that it starts with.
   */
  readonly elapsedMs: number;
  next(): MarketRecord;
}

/** Speed and length of a simulation. */
export interface SimulationFeedOptions {
  /** Simulated seconds per second; `"max"` runs without a clock. */
  readonly speed: number | "max";
  /** Number of records after which the feed ends; may be infinity. */
  readonly maxRecords: number;
  /** Simulated time after which the feed ends, in milliseconds; may be infinity. */
  readonly durationMs: number;
  /** Clock and timers. */
  readonly clock: Clock;
  /** What makes the same records again, such as `seed 1, speed 1`. */
  readonly detail: string;
}

/** Makes a feed of which each `run` publishes the records of a new simulation. */
export function simulationFeed(openSimulation: () => Simulation, options: SimulationFeedOptions): Feed {
  const { speed } = options;
  return {
    source: FeedSource.SIMULATED,
    sourceDetail: options.detail,
    paced: speed !== "max",
    run: (sink, signal) =>
      new Promise((resolve, reject) => {
        const running = new SimulationRun(openSimulation(), sink, options);
        const stop = (): void => running.stop();
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) running.stop();
        running.start((error) => {
          signal.removeEventListener("abort", stop);
          if (error === undefined) resolve();
          else reject(error.cause);
        });
      }),
  };
}

/** One run of a simulation, driven by the timers of its clock alone, so that tests can use virtual time. */
class SimulationRun {
  readonly #simulation: Simulation;
  readonly #sink: FeedSink;
  readonly #options: SimulationFeedOptions;
  readonly #startMs: number;
  #published = 0;
  #isOver = false;
  #timer: unknown;
  #settle: (error?: { cause: unknown }) => void = () => {};

  constructor(simulation: Simulation, sink: FeedSink, options: SimulationFeedOptions) {
    this.#simulation = simulation;
    this.#sink = sink;
    this.#options = options;
    this.#startMs = options.clock.monotonic();
  }

  /** Starts, and calls `settle` once, at the end or after a failure. */
  start(settle: (error?: { cause: unknown }) => void): void {
    this.#settle = settle;
    if (this.#isOver) {
      settle();
      return;
    }
    try {
      this.#publishPast();
      this.#wait(0);
    } catch (cause) {
      this.#end({ cause });
    }
  }

  /** Ends the run at once; does nothing after its end. */
  stop(): void {
    this.#end();
  }

  #end(error?: { cause: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.clock.clearTimer(this.#timer);
    this.#settle(error);
  }

  #wait(delayMs: number): void {
    if (this.#isOver) return;
    this.#timer = this.#options.clock.setTimer(() => {
      try {
        if (this.#options.speed === "max") this.#publishWhileThereIsRoom();
        else this.#publishDue(this.#options.speed);
      } catch (cause) {
        this.#end({ cause });
      }
    }, delayMs);
  }

  /**
   * Publishes the past in one turn, when the feed is not served to any client yet: history has it, and clients get
   * only later records.
   */
  #publishPast(): void {
    while (!this.#isOver && this.#simulation.elapsedMs < 0) this.#sink.publish(this.#simulation.next());
  }

  /** Publishes the records that are due. A run that fell behind catches up batch by batch and drops nothing. */
  #publishDue(speed: number): void {
    const nowMs = (this.#options.clock.monotonic() - this.#startMs) * speed;
    for (let left = MAX_BATCH_RECORDS; left > 0; left--) {
      const waitMs = (this.#simulation.elapsedMs - nowMs) / speed;
      if (waitMs > 0) {
        this.#endIfDone();
        this.#wait(Math.max(MIN_WAIT_MS, waitMs));
        return;
      }
      if (!this.#publishNext()) return;
    }
    this.#wait(0);
  }

  #publishWhileThereIsRoom(): void {
    for (let left = MAX_BATCH_RECORDS; left > 0; left--) {
      if (left % RECORDS_PER_ROOM_CHECK === 0) {
        const room = this.#sink.room();
        if (room !== undefined) {
          room.then(
            () => this.#wait(0),
            (cause) => this.#end({ cause }),
          );
          return;
        }
      }
      if (!this.#publishNext()) return;
    }
    this.#wait(0);
  }

  /** Publishes one record; returns false when the run is over. */
  #publishNext(): boolean {
    this.#endIfDone();
    if (this.#isOver) return false;
    this.#published++;
    this.#sink.publish(this.#simulation.next());
    return !this.#isOver;
  }

  #endIfDone(): void {
    const { maxRecords, durationMs } = this.#options;
    if (this.#published >= maxRecords || this.#simulation.elapsedMs > durationMs) this.#end();
  }
}
