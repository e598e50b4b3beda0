import type { Clock } from "@tickerplant/client";
import { ClusterError } from "../cluster-error.ts";
import { decodeEvent } from "../frames/feed-event.ts";
import { decodeFrame, type Frame, FrameKind } from "../frames/frame.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { LogMessage, LogStart, LogState, MessageLog } from "../log/message-log.ts";
import { Pause } from "../pause.ts";

/** Frames that a reader could not get. Times are in milliseconds of market time; `fromMs` is not later than `toMs`. */
export interface SkippedFrames {
  /** Of earlier times than this, the reader has had everything. Minus infinity if it had no record. */
  readonly fromMs: number;
  /** Of later times than this, it has had everything since, and will. */
  readonly toMs: number;
  readonly cause: ClusterError;
}

/** What a reader reports, in the order of the frames. */
export interface FeedReaderEvents {
  frame(frame: Frame): void;
  /**
   * Frames are missing that the log does not keep any more. Reported before the first frame behind them that is complete:
   * one with an open gap does not say how late the records were that are missing.
   */
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
  /** Where to begin: in the log, or behind the position of an earlier reader, whose losses are reported as its own. */
  readonly start: LogStart | { readonly after: ReaderPosition };
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
  /** Frames before it are missing, and not yet reported, because no complete frame has shown up to which time. */
  readonly missing?: MissingFrames | undefined;
}

/** Frames that are missing, as far as that is known. */
export interface MissingFrames {
  /** Of earlier times than this, the reader has had everything, in milliseconds of market time. */
  readonly fromMs: number;
  /** Why, in a sentence. */
  readonly message: string;
}

/** A message shows that the log has to be opened again, perhaps at another place. */
class Reopen extends Error {}

/** The consumer goes on behind the next message. */
class LeftOut extends Reopen {
  /** Where it goes on. */
  readonly sequence: number;

  constructor(sequence: number) {
    super();
    this.sequence = sequence;
  }
}

/** Frames were replaced that were read. */
class Replaced extends Reopen {
  /** Of a frame that shows it. */
  readonly sequence: number;

  constructor(sequence: number) {
    super();
    this.sequence = sequence;
  }
}

/** Up to which frame the reader has what the log has. */
interface Held {
  readonly number: number;
  /** Of that frame, or a later one than that, if it was removed before it was compared. */
  readonly epoch: number;
  /** Whether the log keeps that frame no more, so that it cannot be compared. */
  readonly isRemoved: boolean;
}

/** Of a frame before which nothing is known: no epoch is later, so that none replaces it. */
const ANY_EPOCH = Number.POSITIVE_INFINITY;
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
  /** Less than `#position` after a rewind; undefined before the first frame of a start at a time. */
  #held: Held | undefined;
  /** Frames that are missing, until a complete watermark shows up to which time. */
  #missing: MissingFrames | undefined;
  #reported: string | undefined;

  constructor(parts: FeedReaderParts) {
    this.#parts = parts;
    const { start } = parts;
    if ("after" in start) {
      const { logId, number, epoch, missing } = start.after;
      this.#position = start.after;
      this.#logId = logId;
      this.#held = { number, epoch, isRemoved: false };
      this.#missing = missing;
      this.#start = { sequence: number + 1 };
      return;
    }
    this.#start = start;
    if ("sequence" in start) this.#held = { number: start.sequence - 1, epoch: ANY_EPOCH, isRemoved: false };
  }

  /** Up to where it has got, or the earlier reader; undefined before the first frame. */
  get position(): ReaderPosition | undefined {
    return this.#position;
  }

  /** Reads until `signal` is aborted. Rejects with what a listener throws. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = new Pause(this.#parts.clock);
    let delayMs: number = CLUSTER_LIMITS.retryInitialMs;
    while (!signal.aborted) {
      const before = this.#start;
      try {
        await this.#read(signal);
      } catch (error) {
        if (!(error instanceof Reopen) && !(error instanceof ClusterError)) throw error;
        if (error instanceof ClusterError) this.#report(error);
      }
      const hasProgress = this.#start !== before;
      delayMs = hasProgress ? CLUSTER_LIMITS.retryInitialMs : Math.min(2 * delayMs, CLUSTER_LIMITS.retryMaxMs);
      await pause.wait(delayMs, signal);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { log, events } = this.#parts;
    const state = await log.state();
    if (this.#logId !== undefined && this.#logId !== state.id) this.#beginNewLog();
    this.#logId = state.id;
    const { firstSequence, lastSequence } = state;
    if (this.#held !== undefined && lastSequence < this.#held.number) await this.#findReplaced(lastSequence);
    const next = this.#nextSequence(state);
    if (next !== undefined && !("sequence" in this.#start)) this.#start = { sequence: next };
    const isRemoved = "sequence" in this.#start && this.#start.sequence < firstSequence;
    let isCaughtUp = next !== undefined && next > lastSequence;
    if (isCaughtUp) events.caughtUp();
    let isFirst = true;
    const onMessage = (message: LogMessage): void => {
      this.#message(message, state.id, isFirst && isRemoved);
      isFirst = false;
      if (isCaughtUp || message.sequence < lastSequence) return;
      isCaughtUp = true;
      events.caughtUp();
    };
    try {
      await this.#readWatched(onMessage, signal);
    } catch (error) {
      if (error instanceof LeftOut) await this.#findKept(error.sequence);
      if (error instanceof Replaced) await this.#findReplaced(error.sequence);
      throw error;
    }
  }

  /** The sequence of the next message, as far as that is known. */
  #nextSequence({ firstSequence, lastSequence, lastAtMs }: LogState): number | undefined {
    if ("sequence" in this.#start) return Math.max(this.#start.sequence, firstSequence);
    return firstSequence > lastSequence || lastAtMs < this.#start.sinceMs ? lastSequence + 1 : undefined;
  }

  async #readWatched(onMessage: (message: LogMessage) => void, signal: AbortSignal): Promise<void> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    void this.#watch(attempt);
    try {
      await this.#parts.log.read(this.#start, onMessage, attempt.signal);
    } finally {
      signal.removeEventListener("abort", abort);
      attempt.abort();
    }
  }

  /** Ends an attempt that gets nothing although the log has more, or less: its consumer waits for what was lost. */
  async #watch(attempt: AbortController): Promise<void> {
    const { log, clock } = this.#parts;
    const pause = new Pause(clock);
    const { signal } = attempt;
    while (!signal.aborted) {
      const start = this.#start;
      await pause.wait(CLUSTER_LIMITS.silentMs, signal);
      if (signal.aborted || this.#start !== start) continue;
      const state = await log.state().catch(() => undefined); // the next look has it, or the attempt ends
      if (state === undefined || this.#start !== start) continue;
      if (state.id !== this.#logId || this.#nextSequence(state) !== state.lastSequence + 1) attempt.abort();
    }
  }

  #message({ sequence, bytes }: LogMessage, logId: string, isRemoved: boolean): void {
    const { events, clock } = this.#parts;
    const next = "sequence" in this.#start ? this.#start.sequence : sequence;
    if (sequence < next) return; // the consumer was made again, and repeats itself
    if (sequence > next && !isRemoved) throw new LeftOut(sequence);
    const frame = decodeFrame(bytes);
    if (frame.number !== sequence)
      throw new ClusterError("not_a_frame", `message ${sequence} of the stream has the frame ${frame.number}`);
    this.#checkReplaced(frame);
    if (sequence > next) this.#miss(removed(sequence - next));
    this.#reported = undefined;
    const skipped = this.#takeSkipped(frame);
    const { number, epoch, completeMs, madeMs } = frame;
    const missing = this.#missing;
    this.#position = { logId, number, epoch, completeMs, madeMs, readMs: clock.now(), ...(missing && { missing }) };
    this.#held = { number, epoch, isRemoved: false };
    this.#start = { sequence: sequence + 1 };
    if (skipped !== undefined) events.skipped(skipped);
    events.frame(frame);
  }

  /** @throws Replaced if the frame is behind others than those that were read. */
  #checkReplaced(frame: Frame): void {
    const held = this.#held;
    if (held === undefined) return;
    if (isReplacing(frame, held)) throw new Replaced(frame.number);
    const { number, epochStart, kind, payload } = frame;
    if (number !== epochStart || number !== held.number + 1 || kind !== FrameKind.EVENT) return;
    const event = decodeEvent(payload);
    if (event.type !== "epoch" || event.previousEpoch === undefined || event.previousEpoch <= held.epoch) return;
    if (!held.isRemoved) throw new Replaced(number - 1);
    this.#miss("frames were lost, and those in their place are not in the stream any more");
  }

  /** Frames behind the last one are missing; before the first one, nothing was promised. */
  #miss(message: string): void {
    if (this.#position !== undefined) this.#missing ??= { fromMs: this.#position.completeMs, message };
  }

  /** Returns what is missing before a frame that shows up to which time. */
  #takeSkipped({ completeMs, isComplete }: Frame): SkippedFrames | undefined {
    if (this.#missing === undefined || !isComplete || !Number.isFinite(completeMs)) return undefined;
    const { fromMs, message } = this.#missing;
    this.#missing = undefined;
    return { fromMs, toMs: Math.max(fromMs, completeMs), cause: new ClusterError("log_truncated", message) };
  }

  /** The consumer has left messages out: those that the log keeps are read again, the others are missing. */
  async #findKept(sequence: number): Promise<void> {
    const { log } = this.#parts;
    if (!("sequence" in this.#start)) return;
    const next = this.#start.sequence;
    const { firstSequence, lastSequence } = await log.state();
    if (lastSequence < sequence) return; // the log has lost it in the meantime
    let kept = Math.max(next, Math.min(firstSequence, sequence));
    while (kept < sequence && (await log.get(kept)) === undefined) kept++;
    if (kept === next) return;
    this.#miss(removed(kept - next));
    this.#start = { sequence: kept };
  }

  /**
   * The log has lost frames that were read, as its last one shows, or a later one than was read: goes back to the first
   * that takes the place of one of them, across the epochs that have replaced others.
   */
  async #findReplaced(sequence: number): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    let number = sequence + 1;
    let frame = await this.#frameAt(sequence);
    if (frame === undefined) this.#held = { ...held, isRemoved: true };
    while (frame !== undefined && isReplacing(frame, held)) {
      number = frame.epochStart;
      frame = await this.#frameAt(number - 1);
    }
    if (number > held.number) return; // what showed it was removed or replaced in the meantime
    this.#start = { sequence: number };
    this.#held = { number: number - 1, epoch: frame?.epoch ?? held.epoch, isRemoved: frame === undefined };
    this.#parts.events.rewound(number);
  }

  /** Returns a frame; undefined if it was removed. */
  async #frameAt(sequence: number): Promise<Frame | undefined> {
    const { log } = this.#parts;
    const message = await log.get(sequence);
    if (message !== undefined) return decodeFrame(message.bytes);
    const { lastSequence } = await log.state();
    if (sequence > lastSequence) throw new Reopen(); // lost in the meantime
    return undefined;
  }

  /** The log was deleted and made again: everything in it is new. */
  #beginNewLog(): void {
    this.#miss("the stream was deleted and made again");
    this.#start = { sequence: 1 };
    this.#held = undefined;
    this.#position = undefined;
  }

  #report(error: ClusterError): void {
    if (error.message === this.#reported) return;
    this.#reported = error.message;
    this.#parts.events.lost(error);
  }
}

/** Whether a frame is of an epoch that began before a frame that was read of an earlier one. */
function isReplacing({ epoch, epochStart }: Frame, held: Held): boolean {
  return epoch > held.epoch && epochStart <= held.number;
}

function removed(count: number): string {
  return `${count} frames are not in the stream any more: it keeps too little for a reader that was away so long`;
}
