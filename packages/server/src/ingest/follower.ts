import type { Clock } from "@tickerplant/client";
import type { StreamTail } from "@tickerplant/client/history";
import { FrameDecoder, type FrameSink, type MarketRecord, type StreamSchema } from "@tickerplant/client/wire";
import {
  CLUSTER_LIMITS,
  ClusterError,
  decodeEvent,
  FeedReader,
  type FeedState,
  type Frame,
  FrameKind,
  type MessageLog,
  Pause,
  tailStart,
} from "@tickerplant/cluster";
import { INGEST_LIMITS } from "./limits.ts";

/** Parts of a {@link Follower}. */
export interface FollowerParts {
  readonly log: MessageLog;
  readonly schema: StreamSchema;
  readonly clock: Clock;
  /** Remembers what was published. */
  readonly tail: StreamTail;
  /** The source of the feed has ended, by the ingest that leads it. */
  readonly ended: () => void;
  /** Something failed, and the follower goes on. */
  readonly failed: (error: Error) => void;
}

/**
 * Reads what the leader of a feed publishes, so that this process can continue it at once: which records, and what the
 * leader is subscribed to. Nothing has to be read when it takes over but the last frames.
 */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #decoder: FrameDecoder;
  readonly #sink: FrameSink;
  readonly #abort = new AbortController();
  #reader: FeedReader | undefined;
  #running: Promise<void> | undefined;
  #isCaughtUp = false;
  /** Why what the leader publishes cannot be read at the moment. */
  #trouble: string | undefined;
  #waiting: { readonly number: number; readonly resolve: () => void } | undefined;
  /** The newest state that a leader has published. */
  state: FeedState | undefined;
  /** Whether any record was published. */
  hasRecords = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#decoder = new FrameDecoder(parts.schema);
    this.#sink = {
      record: (record, _channel, _symbol, symbolNumber) => {
        this.hasRecords = true;
        parts.tail.add(record as MarketRecord, symbolNumber); // not raw
      },
      control: () => {},
      fault: (error) => parts.failed(error),
    };
  }

  /** Why this process could not continue the feed at once, in one sentence; undefined if it could. */
  get problem(): string | undefined {
    return this.#trouble ?? (this.#isCaughtUp ? undefined : "the ingest still reads what was published before");
  }

  /** Follows until {@link stop}. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Resolves when everything up to a frame was read, or `signal` is aborted. */
  async reaches(number: number, signal: AbortSignal): Promise<void> {
    const isThere = (): boolean => signal.aborted || (this.#reader?.position?.number ?? 0) >= number;
    if (isThere()) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { number, resolve };
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Ends. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, clock, failed } = this.#parts;
    const { signal } = this.#abort;
    const sequence = await this.#start();
    if (sequence === undefined) return;
    this.#reader = new FeedReader({
      log,
      clock,
      start: { sequence },
      events: {
        frame: (frame) => this.#frame(frame),
        skipped: ({ cause }) => failed(cause),
        // What was replaced is remembered as published: its copies are not missing, and must not come twice.
        rewound: (number) => failed(new Error(`the stream has lost frames from ${number} on, and has others there`)),
        caughtUp: () => {
          this.#isCaughtUp = true;
          this.#trouble = undefined;
        },
        lost: (error) => {
          this.#trouble = error.message;
          failed(error);
        },
      },
    });
    await this.#reader.run(signal);
  }

  /** Where to begin; undefined if the follower is stopped before NATS answers. */
  async #start(): Promise<number | undefined> {
    const { log, clock, failed } = this.#parts;
    const { signal } = this.#abort;
    const pause = new Pause(clock);
    let reported: string | undefined;
    while (!signal.aborted) {
      try {
        return await tailStart(log, INGEST_LIMITS.lookBackMs);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        if (error.message !== reported) failed(error);
        reported = error.message;
        this.#trouble = error.message;
        await pause.wait(CLUSTER_LIMITS.retryMaxMs, signal);
      }
    }
    return undefined;
  }

  #frame({ kind, payload, isComplete, number }: Frame): void {
    const { tail, ended } = this.#parts;
    tail.isComplete = isComplete;
    if (kind === FrameKind.RECORDS || kind === FrameKind.FILLED) this.#decoder.decode(payload, this.#sink);
    else if (kind === FrameKind.EVENT) {
      const event = decodeEvent(payload);
      if (event.type === "state") this.state = event.state;
      else if (event.type === "ended" && this.#isCaughtUp) ended();
    }
    if (this.#waiting === undefined || number < this.#waiting.number) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }
}
