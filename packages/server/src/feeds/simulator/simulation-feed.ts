import type { Clock } from "@tickerplant/client";
import type { Feed, FeedSink } from "../feed.ts";
import type { MarketSimulation } from "./market-simulation.ts";

/** Shortest wait between two batches. Timers are no finer than a few milliseconds, and need not be. */
const MIN_WAIT_MS = 2;

/** Most records published in one go, so that sockets get their turn while the feed catches up. */
const MAX_BATCH_RECORDS = 8192;

/** Without a clock: records between two questions to the sink whether there is room. */
const RECORDS_PER_ROOM_CHECK = 256;

/** How fast a tape is played, and how much of it. */
export interface SimulationFeedOptions {
  /** Simulated seconds a second; `"max"` for no clock at all. */
  readonly speed: number | "max";
  /** Records after which it ends; may be infinite. */
  readonly maxRecords: number;
  /** Simulated time after which it ends, in milliseconds; may be infinite. */
  readonly durationMs: number;
  /** Clock and timers. */
  readonly clock: Clock;
}

/** Makes a feed of tapes: each `run` opens one and plays it from its start. */
export function simulationFeed(openSimulation: () => MarketSimulation, options: SimulationFeedOptions): Feed {
  const { speed } = options;
  return {
    paced: speed !== "max",
    run: (sink, signal) =>
      new Promise((resolve, reject) => {
        const running = new SimulationRun(openSimulation(), sink, options);
        const stop = (): void => running.stop();
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) running.stop();
        running.play((error) => {
          signal.removeEventListener("abort", stop);
          if (error === undefined) resolve();
          else reject(error.cause);
        });
      }),
  };
}

/** One run of a tape. Driven by timers alone, so that whoever owns them owns its time. */
class SimulationRun {
  readonly #simulation: MarketSimulation;
  readonly #sink: FeedSink;
  readonly #options: SimulationFeedOptions;
  readonly #startMs: number;
  #published = 0;
  #isOver = false;
  #timer: unknown;
  #settle: (error?: { cause: unknown }) => void = () => {};

  constructor(simulation: MarketSimulation, sink: FeedSink, options: SimulationFeedOptions) {
    this.#simulation = simulation;
    this.#sink = sink;
    this.#options = options;
    this.#startMs = options.clock.monotonic();
  }

  /** Begins, and calls `settle` once, when it is over or has failed. */
  play(settle: (error?: { cause: unknown }) => void): void {
    this.#settle = settle;
    if (this.#isOver) settle();
    else this.#wait(0);
  }

  /** Ends it at once. Harmless when it is over. */
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

  /** Publishes what is due by now. A tape that fell behind catches up batch by batch; it drops nothing. */
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

  /** False when it is over. */
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
