import type { Clock, Timer } from "@tickerplant/client";
import { Codec, FrameBuilder, FrameEncoder, type MarketRecord, type WritableSchema } from "@tickerplant/client/wire";
import { ClusterError, type ClusterErrorCode } from "../cluster-error.ts";
import { encodeEvent, type FeedEvent } from "../frames/feed-event.ts";
import { decodeFrame, encodeFrame, FrameKind } from "../frames/frame.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { MessageLog } from "../log/message-log.ts";
import { Pause } from "../pause.ts";
import { FrameQueue, type MadeFrame } from "./frame-queue.ts";

/** Up to which market time the feed is complete; see `FrameHeader`. */
export interface Watermark {
  readonly completeMs: number;
  readonly isComplete: boolean;
}

/** Parts of a {@link FeedWriter}. */
export interface FeedWriterParts {
  readonly log: MessageLog;
  readonly schema: WritableSchema;
  readonly clock: Clock;
  readonly epoch: number;
  /** The number of the epoch's first frame, which is in the log. */
  readonly epochStart: number;
  /** Read for each frame, behind its last record. */
  readonly watermark: () => Watermark;
  /** Called once when the writer can write no more: it was fenced off, the log has lost frames, or too much waits. */
  readonly failed: (error: ClusterError) => void;
  /** NATS does not accept frames at the moment, and the writer goes on trying: once for each cause. */
  readonly troubled: (error: ClusterError) => void;
}

/** What a writer has written. */
export interface WriterCounts {
  frames: number;
  records: number;
  bytes: number;
  /** How often the log's end was read again, because an acknowledgement failed. */
  resyncs: number;
}

/**
 * What a writer outlives: of every other error, each frame that follows would be rejected for the same reason. Whether
 * `fenced` is about this writer's own frames, the log's end shows.
 */
const RETRIED: ReadonlySet<ClusterErrorCode> = new Set(["unreachable", "no_jetstream", "no_room", "fenced"]);

/** What a reading of the log's end outlives. */
const OUTLIVED: ReadonlySet<ClusterErrorCode> = new Set(["unreachable", "no_jetstream"]);

/**
 * Writes the frames of one epoch. Records are collected while a frame that is not full is under way: at a low rate each
 * turn's records leave at once, at a high one frames grow. Full frames follow each other without waiting. Each message
 * names the one that it follows, of this epoch, so that the log rejects what comes twice, in another order, or from a
 * fenced writer.
 */
export class FeedWriter {
  readonly counts: WriterCounts = { frames: 0, records: 0, bytes: 0, resyncs: 0 };
  readonly #parts: FeedWriterParts;
  readonly #encoder: FrameEncoder;
  readonly #builder = new FrameBuilder(Codec.MSGPACK);
  /** What the records of the builder are. */
  #kind: typeof FrameKind.RECORDS | typeof FrameKind.FILLED = FrameKind.RECORDS;
  /** Frames that are made, oldest first: the first `#sentCount` are under way. */
  readonly #made = new FrameQueue();
  #sentCount = 0;
  #lastNumber: number;
  /** Counts the readings of the log's end: answers to what was sent before one of them no longer count. */
  #round = 0;
  #isResyncing = false;
  /** Before the next attempt to send, in milliseconds; grows until NATS accepts a frame. */
  #retryMs: number = CLUSTER_LIMITS.retryInitialMs;
  /** What was reported of NATS since it last accepted a frame. */
  #trouble: string | undefined;
  #isEnded = false;
  readonly #ended = new AbortController();
  #heartbeat: Timer;
  #roomWaiters: (() => void)[] = [];
  #drainWaiters: (() => void)[] = [];

  constructor(parts: FeedWriterParts) {
    this.#parts = parts;
    this.#lastNumber = parts.epochStart;
    this.#encoder = new FrameEncoder(Codec.MSGPACK, parts.schema);
    this.#armHeartbeat();
  }

  /** The number of the newest frame that was made. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Bytes that NATS has not acknowledged. */
  get waitingBytes(): number {
    return this.#made.byteLength + this.#builder.byteLength;
  }

  /** Frames that NATS has not acknowledged. */
  get waitingFrames(): number {
    return this.#made.length;
  }

  /**
   * Adds a record. `bytes` are its msgpack, if they are known: they keep keys that this version does not know. They are
   * copied.
   */
  add(record: MarketRecord, bytes: Uint8Array | undefined, isFromHistory: boolean): void {
    if (this.#isEnded) return;
    const kind = isFromHistory ? FrameKind.FILLED : FrameKind.RECORDS;
    if (kind !== this.#kind) {
      this.#closeFrame();
      this.#kind = kind;
    }
    this.#builder.add(bytes ?? this.#encoder.record(record));
    if (this.#builder.byteLength >= CLUSTER_LIMITS.maxFrameBytes) {
      this.#closeFrame();
      this.#send();
    }
  }

  /** Everything of this turn was added. */
  flush(): void {
    if (this.#isEnded || this.#builder.count === 0 || this.#made.length > 0) return; // the acknowledgement calls again
    this.#closeFrame();
    this.#send();
  }

  /** Writes an event, behind the records that were added before. */
  event(event: FeedEvent): void {
    if (this.#isEnded) return;
    this.#closeFrame();
    this.#make(FrameKind.EVENT, encodeEvent(event), 0);
    this.#send();
  }

  /** Undefined while there is room; otherwise a promise that resolves when there is again, or the writer has ended. */
  room(): Promise<void> | undefined {
    if (this.#isEnded || this.waitingBytes < CLUSTER_LIMITS.maxWaitingBytes / 4) return undefined;
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Resolves when NATS has acknowledged everything, or the writer has ended. */
  drained(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    this.#closeFrame();
    this.#send();
    if (this.#isEnded || this.#made.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Ends the writer: what waits is dropped. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#ended.abort();
    this.#parts.clock.clearTimer(this.#heartbeat);
    this.#made.clear();
    if (this.#builder.count > 0) this.#builder.take();
    this.#wake();
  }

  #closeFrame(): void {
    const { count } = this.#builder;
    if (count > 0) this.#make(this.#kind, this.#builder.take(), count);
  }

  #make(kind: FrameKind, payload: Uint8Array, recordCount: number): void {
    if (this.#isEnded) return; // by the frame before this one, which the buffer had no room for
    const { epoch, epochStart, clock, watermark } = this.#parts;
    const number = ++this.#lastNumber;
    const header = { kind, epoch, epochStart, number, recordCount, madeMs: clock.now(), ...watermark() };
    const bytes = encodeFrame(header, payload);
    this.#made.push({ number, bytes });
    this.counts.frames++;
    this.counts.records += recordCount;
    this.counts.bytes += bytes.length;
    if (this.#made.byteLength <= CLUSTER_LIMITS.maxWaitingBytes) return;
    this.#fail(new ClusterError("buffer_full", `more than ${CLUSTER_LIMITS.maxWaitingBytes} bytes wait for NATS`));
  }

  #send(): void {
    // While NATS accepts nothing, one frame shows as well as many that it does again.
    const maxInFlight = this.#trouble === undefined ? CLUSTER_LIMITS.maxInFlight : 1;
    while (!this.#isEnded && !this.#isResyncing && this.#sentCount < maxInFlight) {
      const frame = this.#made.at(this.#sentCount);
      if (frame === undefined) return;
      this.#sentCount++;
      this.#append(frame, this.#round);
    }
  }

  #append({ number, bytes }: MadeFrame, round: number): void {
    this.#parts.log.append(bytes, number - 1, this.#parts).then(
      () => this.#acknowledged(number),
      (error: unknown) => {
        if (!this.#isEnded && round === this.#round) void this.#resync(error);
      },
    );
  }

  /** A frame is in the log, and so is every one before it. */
  #acknowledged(number: number): void {
    if (this.#isEnded) return;
    this.#accepted();
    this.#forget(number);
    if (this.#made.length === 0) this.flush();
    this.#send();
    this.#wake();
  }

  /** NATS accepts frames. */
  #accepted(): void {
    this.#trouble = undefined;
    this.#retryMs = CLUSTER_LIMITS.retryInitialMs;
  }

  /** Forgets the frames up to a number, which are in the log. */
  #forget(number: number): void {
    this.#sentCount = Math.max(0, this.#sentCount - this.#made.removeUpTo(number));
  }

  #wake(): void {
    if (this.#isEnded || this.waitingBytes < CLUSTER_LIMITS.maxWaitingBytes / 4)
      for (const resolve of this.#roomWaiters.splice(0)) resolve();
    if (this.#isEnded || (this.#made.length === 0 && this.#builder.count === 0))
      for (const resolve of this.#drainWaiters.splice(0)) resolve();
  }

  /** What became of the frames under way is not known: reads the log's end, and sends again what is not there. */
  async #resync(cause: unknown): Promise<void> {
    this.#round++;
    this.#isResyncing = true;
    this.counts.resyncs++;
    let reason = cause;
    let isEndKnown = false;
    const before = this.#made.firstNumber;
    while (!isEndKnown && !this.#isEnded) {
      if (!(reason instanceof ClusterError)) throw reason;
      if (!RETRIED.has(reason.code)) return this.#fail(reason);
      try {
        this.#forget(await this.#ownEnd());
        if (this.#made.firstNumber !== before) this.#accepted();
        else await this.#backOff(reason);
        isEndKnown = true;
      } catch (error) {
        // Everything but silence says that the log is not this writer's, or cannot be.
        if (error instanceof ClusterError && !OUTLIVED.has(error.code)) return this.#fail(error);
        reason = error;
        if (error instanceof ClusterError) await this.#backOff(error);
      }
    }
    this.#isResyncing = false;
    this.#sentCount = 0;
    this.#send();
    if (this.#made.length === 0) this.flush();
    this.#wake();
  }

  async #backOff(reason: ClusterError): Promise<void> {
    if (this.#isEnded) return;
    // Frames behind one that was lost are rejected as well: that is no news of NATS, unless it goes on.
    if (reason.code !== "fenced" || this.#retryMs > CLUSTER_LIMITS.retryInitialMs) this.#report(reason);
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(2 * delayMs, CLUSTER_LIMITS.retryMaxMs);
    await new Pause(this.#parts.clock).wait(delayMs, this.#ended.signal);
  }

  #report(error: ClusterError): void {
    if (error.message === this.#trouble) return;
    this.#trouble = error.message;
    this.#parts.troubled(error);
  }

  /**
   * Returns the number of the newest frame in the log, which is this writer's.
   *
   * @throws ClusterError `fenced` if it is another's, `log_truncated` if frames are missing that were acknowledged.
   */
  async #ownEnd(): Promise<number> {
    const { log, epoch } = this.#parts;
    // Before the request: an acknowledgement may be faster than its answer.
    const acknowledged = (this.#made.firstNumber ?? this.#lastNumber + 1) - 1;
    const { lastSequence } = await log.state();
    if (lastSequence < acknowledged)
      throw new ClusterError(
        "log_truncated",
        `the stream has lost the frames ${lastSequence + 1} to ${acknowledged}, which NATS had acknowledged`,
      );
    const last = await log.get(lastSequence);
    if (last === undefined)
      throw new ClusterError("log_truncated", "the stream keeps its last frame no more, which shows whose it is");
    const owner = decodeFrame(last.bytes);
    if (owner.epoch !== epoch)
      throw new ClusterError(
        "fenced",
        `another ingest leads the feed: its epoch is ${owner.epoch}, this one's ${epoch}`,
      );
    return lastSequence;
  }

  #fail(error: ClusterError): void {
    if (this.#isEnded) return;
    this.end();
    this.#parts.failed(error);
  }

  /** A feed without records still shows that its ingest lives. */
  #armHeartbeat(): void {
    const before = this.#lastNumber;
    this.#heartbeat = this.#parts.clock.setTimer(() => {
      if (this.#lastNumber === before && this.#made.length === 0 && this.#builder.count === 0) {
        this.#make(FrameKind.HEARTBEAT, new Uint8Array(), 0);
        this.#send();
      }
      if (!this.#isEnded) this.#armHeartbeat();
    }, CLUSTER_LIMITS.heartbeatMs);
  }
}
