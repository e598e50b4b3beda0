import type { Clock } from "@tickerplant/client";
import { ClusterError } from "../cluster-error.ts";
import { decodeFrame, type Frame } from "../frames/frame.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { LogMessage, LogStart, MessageLog } from "../log/message-log.ts";
import { Pause } from "../pause.ts";

/** Frames that a reader could not get. Times are in milliseconds of market time. */
export interface SkippedFrames {
  /** Of earlier times than this, the reader has had everything. */
  readonly fromMs: number;
  /** Of later times than this, it will. */
  readonly toMs: number;
  readonly cause: ClusterError;
}

/** What a reader reports, in the order of the frames. */
export interface FeedReaderEvents {
  frame(frame: Frame): void;
  /** Frames are missing that the log does not keep any more. The next one follows. */
  skipped(skipped: SkippedFrames): void;
  /**
   * Frames were replaced that this reader has had, because the log has lost them: those from `number` on follow again,
   * with records that it may have had.
   */
  rewound(number: number): void;
  /** Everything was read that the log had when it was opened. Once for each opening. */
  caughtUp(): void;
  /** The log cannot be read at the moment; the reader tries again. Once for each cause. */
  lost(error: ClusterError): void;
}

/** Parts of a {@link FeedReader}. */
export interface FeedReaderParts {
  readonly log: MessageLog;
  readonly clock: Clock;
  readonly start: LogStart;
  readonly events: FeedReaderEvents;
}

/** Up to where a reader has got. */
export interface ReaderPosition {
  /** The log that the number is of. */
  readonly logId: string;
  readonly number: number;
  readonly epoch: number;
  readonly completeMs: number;
  /** When the frame was made, by the ingest's clock, and read, by this process's; in milliseconds since the Unix epoch. */
  readonly madeMs: number;
  readonly readMs: number;
}

/** The frames of a message show that the log has to be opened again, at another place. */
class Reopen extends Error {}

/**
 * Reads the frames of a feed, each once and in order, across lost connections and changes of the leader. Every frame
 * carries its number, and the first one of its epoch: that shows what a consumer of NATS has left out, what the log no
 * longer keeps, and what it has lost after it was read.
 */
export class FeedReader {
  readonly #parts: FeedReaderParts;
  /** Undefined before the first frame. */
  #position: ReaderPosition | undefined;
  #logId: string | undefined;
  #start: LogStart;
  /** Whether the frames that follow replace others that were read. */
  #isRewinding = false;
  /** Frames that are missing, until the watermark shows up to which time. */
  #missing: Omit<SkippedFrames, "toMs"> | undefined;
  #reported: string | undefined;

  constructor(parts: FeedReaderParts) {
    this.#parts = parts;
    this.#start = parts.start;
  }

  /** Up to where it has got; undefined before the first frame. */
  get position(): ReaderPosition | undefined {
    return this.#position;
  }

  /** Reads until `signal` is aborted. Rejects with what a listener throws. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = new Pause(this.#parts.clock);
    let delayMs: number = CLUSTER_LIMITS.retryInitialMs;
    while (!signal.aborted) {
      const before = this.#position?.number;
      try {
        await this.#read(signal);
      } catch (error) {
        if (!(error instanceof Reopen) && !(error instanceof ClusterError)) throw error;
        if (error instanceof ClusterError) this.#report(error);
      }
      const hasProgress = this.#position?.number !== before;
      delayMs = hasProgress ? CLUSTER_LIMITS.retryInitialMs : Math.min(2 * delayMs, CLUSTER_LIMITS.retryMaxMs);
      await pause.wait(delayMs, signal);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { log, events } = this.#parts;
    const state = await log.state();
    if (this.#logId !== undefined && this.#logId !== state.id) this.#beginNewLog();
    this.#logId = state.id;
    const { lastSequence } = state;
    // The log has lost what was read: what is written in its place has to be read.
    if (this.#position !== undefined && lastSequence < this.#position.number) this.#rewind(lastSequence + 1);
    const nextSequence = this.#nextSequence(lastSequence);
    let isCaughtUp = nextSequence !== undefined && nextSequence > lastSequence;
    if (isCaughtUp) events.caughtUp();
    let isFirst = true;
    const onMessage = (message: LogMessage): void => {
      this.#message(message, state.id, isFirst);
      isFirst = false;
      if (isCaughtUp || message.sequence < lastSequence) return;
      isCaughtUp = true;
      events.caughtUp();
    };
    try {
      await log.read(this.#start, onMessage, signal);
    } catch (error) {
      if (error instanceof Replaced) await this.#findReplaced(error.frame);
      throw error;
    }
  }

  /** The sequence of the next message, as far as that is known. */
  #nextSequence(lastSequence: number): number | undefined {
    if ("sequence" in this.#start) return this.#start.sequence;
    return lastSequence === 0 ? 1 : undefined;
  }

  #message({ sequence, bytes }: LogMessage, logId: string, isFirst: boolean): void {
    const { events, clock } = this.#parts;
    const next = "sequence" in this.#start ? this.#start.sequence : sequence;
    if (sequence < next) return; // the consumer was made again, and repeats itself
    if (sequence > next && !isFirst) throw new Reopen(); // perhaps the consumer has left something out
    const frame = decodeFrame(bytes);
    if (frame.number !== sequence)
      throw new ClusterError("not_a_frame", `message ${sequence} of the stream has the frame ${frame.number}`);
    const position = this.#position;
    if (position !== undefined && !this.#isRewinding) {
      if (frame.epoch > position.epoch && frame.epochStart <= position.number) throw new Replaced(frame);
      if (sequence > next) this.#miss(position, removed(sequence - next));
    }
    this.#isRewinding = false;
    this.#reported = undefined;
    const { number, epoch, completeMs, madeMs } = frame;
    this.#position = { logId, number, epoch, completeMs, madeMs, readMs: clock.now() };
    this.#start = { sequence: sequence + 1 };
    if (this.#missing !== undefined && Number.isFinite(completeMs)) {
      events.skipped({ ...this.#missing, toMs: completeMs });
      this.#missing = undefined;
    }
    events.frame(frame);
  }

  #miss({ completeMs }: ReaderPosition, cause: ClusterError): void {
    this.#missing ??= { fromMs: completeMs, cause };
  }

  /** Frames that were read were replaced: goes back to the first of them, across the epochs that have replaced others. */
  async #findReplaced(replacing: Frame): Promise<void> {
    const { log } = this.#parts;
    const position = this.#position;
    let frame: Frame | undefined = replacing;
    let number = replacing.number;
    while (
      frame !== undefined &&
      position !== undefined &&
      frame.epoch > position.epoch &&
      frame.epochStart <= position.number
    ) {
      number = frame.epochStart;
      const before = await log.get(number - 1);
      frame = before && decodeFrame(before.bytes);
    }
    this.#rewind(number);
  }

  #rewind(number: number): void {
    this.#isRewinding = true;
    this.#start = { sequence: number };
    this.#parts.events.rewound(number);
  }

  /** The log was deleted and made again: everything in it is new. */
  #beginNewLog(): void {
    this.#start = { sequence: 1 };
    this.#isRewinding = false;
    if (this.#position !== undefined)
      this.#miss(this.#position, new ClusterError("log_truncated", "the stream was deleted and made again"));
    this.#position = undefined;
  }

  #report(error: ClusterError): void {
    if (error.message === this.#reported) return;
    this.#reported = error.message;
    this.#parts.events.lost(error);
  }
}

/** A frame shows that others were replaced that were read. */
class Replaced extends Reopen {
  readonly frame: Frame;

  constructor(frame: Frame) {
    super();
    // The bytes of the message are not good for longer.
    this.frame = { ...frame, payload: new Uint8Array() };
  }
}

function removed(count: number): ClusterError {
  const message = `${count} frames are not in the stream any more: it keeps too little for a reader that was away so long`;
  return new ClusterError("log_truncated", message);
}
