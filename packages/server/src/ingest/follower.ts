import type { Clock } from "@tickerplant/client";
import type { StreamTail } from "@tickerplant/client/history";
import { FrameDecoder, type FrameSink, type MarketRecord, type StreamSchema } from "@tickerplant/client/wire";
import {
  CLUSTER_LIMITS,
  ClusterError,
  decodeEvent,
  type Epoch,
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
  /** The log has lost frames that were read: what is remembered of them was not published. The follower is of no use. */
  readonly rewound: (error: Error) => void;
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
  #waiting: { readonly epoch: Epoch; readonly resolve: () => void } | undefined;
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

  /**
   * Resolves when everything before an epoch was read, or `signal` is aborted. The number of its first frame alone does
   * not show that: the log may have lost a frame of that number, which was read.
   */
  async reaches(epoch: Epoch, signal: AbortSignal): Promise<void> {
    const { position } = this.#reader ?? {};
    if (signal.aborted || (position !== undefined && position.epoch >= epoch.epoch)) return;
    await new Promise<void>((resolve) => {
      this.#waiting = { epoch, resolve };
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (position !== undefined) this.#checkWaiting(position);
      void this.#watchBegin(epoch, signal);
    });
  }

  /** The log may lose the first frame of the epoch before it is read: nothing would come any more. */
  async #watchBegin({ epochStart }: Epoch, signal: AbortSignal): Promise<void> {
    const { log, clock, rewound } = this.#parts;
    const pause = new Pause(clock);
    const over = AbortSignal.any([signal, this.#abort.signal]);
    while (this.#waiting !== undefined && !over.aborted) {
      await pause.wait(CLUSTER_LIMITS.silentMs, over);
      const state = await log.state().catch(() => undefined); // the next look has it
      if (state === undefined || this.#waiting === undefined || over.aborted) continue;
      if (state.lastSequence < epochStart) rewound(framesLost(state.lastSequence + 1));
    }
  }

  /** Ends. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, clock, failed, rewound } = this.#parts;
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
        rewound: (number) => rewound(framesLost(number)),
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

  #frame(frame: Frame): void {
    const { kind, payload, isComplete } = frame;
    const { tail, ended } = this.#parts;
    tail.isComplete = isComplete;
    if (kind === FrameKind.RECORDS || kind === FrameKind.FILLED) this.#decoder.decode(payload, this.#sink);
    else if (kind === FrameKind.EVENT) {
      const event = decodeEvent(payload);
      if (event.type === "state") this.state = event.state;
      else if (event.type === "ended" && this.#isCaughtUp) ended();
    }
    this.#checkWaiting(frame);
  }

  /** A frame was read. One of an earlier epoch, behind the begin of the awaited one, was lost before that began. */
  #checkWaiting({ epoch, number }: Pick<Frame, "epoch" | "number">): void {
    if (this.#waiting === undefined) return;
    const { epoch: awaited, resolve } = this.#waiting;
    if (epoch < awaited.epoch && number < awaited.epochStart) return;
    this.#waiting = undefined;
    if (epoch < awaited.epoch) this.#parts.rewound(framesLost(awaited.epochStart));
    resolve();
  }
}

function framesLost(number: number): Error {
  return new Error(`the stream has lost frames from ${number} on, and has others there`);
}
