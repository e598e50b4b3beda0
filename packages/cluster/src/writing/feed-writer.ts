import type { Clock, Timer } from "@tickerplant/client";
import { Codec, FrameBuilder, FrameEncoder, type MarketRecord, type WritableSchema } from "@tickerplant/client/wire";
import { ClusterError, hasCode } from "../cluster-error.ts";
import { encodeEvent, type FeedEvent } from "../frames/feed-event.ts";
import { decodeFrame, encodeFrame, FrameKind } from "../frames/frame.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import type { MessageLog } from "../log/message-log.ts";
import { Pause } from "../pause.ts";

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

/** A frame that is made, with its number, until NATS has acknowledged it. */
interface Made {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes the frames of one epoch. Records are collected while a frame that is not full is under way: at a low rate each
 * turn's records leave at once, at a high one frames grow. Full frames follow each other without waiting. Each message
 * names the one that it follows, so that the log rejects what comes twice, in another order, or from a fenced writer.
 */
export class FeedWriter {
  readonly counts: WriterCounts = { frames: 0, records: 0, bytes: 0, resyncs: 0 };
  readonly #parts: FeedWriterParts;
  readonly #encoder: FrameEncoder;
  readonly #builder = new FrameBuilder(Codec.MSGPACK);
  /** What the records of the builder are. */
  #kind: typeof FrameKind.RECORDS | typeof FrameKind.FILLED = FrameKind.RECORDS;
  /** Frames that are made, oldest first: the first `#sentCount` are under way. */
  #made: Made[] = [];
  #sentCount = 0;
  #waitingBytes = 0;
  #lastNumber: number;
  /** Counts the readings of the log's end: answers to what was sent before one of them no longer count. */
  #round = 0;
  #isResyncing = false;
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
    return this.#waitingBytes + this.#builder.byteLength;
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
    if (this.#builder.count === 0 || this.#made.length > 0) return; // the acknowledgement calls again
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
    this.#made = [];
    this.#wake();
  }

  #closeFrame(): void {
    const { count } = this.#builder;
    if (count > 0) this.#make(this.#kind, this.#builder.take(), count);
  }

  #make(kind: FrameKind, payload: Uint8Array, recordCount: number): void {
    const { epoch, epochStart, clock, watermark, failed } = this.#parts;
    const number = ++this.#lastNumber;
    const header = { kind, epoch, epochStart, number, recordCount, madeMs: clock.now(), ...watermark() };
    const bytes = encodeFrame(header, payload);
    this.#made.push({ number, bytes });
    this.#waitingBytes += bytes.length;
    this.counts.frames++;
    this.counts.records += recordCount;
    this.counts.bytes += bytes.length;
    if (this.#waitingBytes <= CLUSTER_LIMITS.maxWaitingBytes) return;
    this.end();
    failed(new ClusterError("buffer_full", `more than ${CLUSTER_LIMITS.maxWaitingBytes} bytes wait for NATS`));
  }

  #send(): void {
    while (
      !this.#isEnded &&
      !this.#isResyncing &&
      this.#sentCount < Math.min(this.#made.length, CLUSTER_LIMITS.maxInFlight)
    ) {
      const frame = this.#made[this.#sentCount++];
      if (frame !== undefined) this.#append(frame, this.#round);
    }
  }

  #append({ number, bytes }: Made, round: number): void {
    this.#parts.log.append(bytes, number - 1).then(
      () => this.#acknowledged(number),
      (error: unknown) => {
        if (!this.#isEnded && round === this.#round) void this.#resync(error);
      },
    );
  }

  /** A frame is in the log, and so is every one before it. */
  #acknowledged(number: number): void {
    if (this.#isEnded) return;
    this.#trouble = undefined;
    this.#forget(number);
    if (this.#made.length === 0) this.flush();
    this.#send();
    this.#wake();
  }

  /** Forgets the frames up to a number, which are in the log. */
  #forget(number: number): void {
    while (this.#made[0] !== undefined && this.#made[0].number <= number) {
      this.#waitingBytes -= this.#made[0].bytes.length;
      this.#made.shift();
      if (this.#sentCount > 0) this.#sentCount--;
    }
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
    const pause = new Pause(this.#parts.clock);
    let delayMs: number = CLUSTER_LIMITS.retryInitialMs;
    let reason = cause;
    while (!this.#isEnded) {
      try {
        const lastNumber = await this.#ownEnd();
        if (this.#isEnded) return;
        this.#forget(lastNumber);
        if (!hasCode(reason, "no_room")) break;
        this.#report(reason);
        await pause.wait(delayMs, this.#ended.signal);
        break;
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        if (error.code !== "unreachable") return this.#fail(error);
        reason = error;
        this.#report(error);
      }
      await pause.wait(delayMs, this.#ended.signal);
      delayMs = Math.min(2 * delayMs, CLUSTER_LIMITS.retryMaxMs);
    }
    this.#isResyncing = false;
    this.#sentCount = 0;
    this.#send();
    if (this.#made.length === 0) this.flush();
    this.#wake();
  }

  #report(error: ClusterError): void {
    if (error.message === this.#trouble) return;
    this.#trouble = error.message;
    this.#parts.troubled(error);
  }

  /**
   * Returns the number of the newest frame in the log.
   *
   * @throws ClusterError `fenced` if it is another writer's, `log_truncated` if frames are missing that were acknowledged.
   */
  async #ownEnd(): Promise<number> {
    const { log, epoch, epochStart } = this.#parts;
    const { lastSequence } = await log.state();
    const acknowledged = (this.#made[0]?.number ?? this.#lastNumber + 1) - 1;
    if (lastSequence < acknowledged)
      throw new ClusterError(
        "log_truncated",
        `the stream has lost the frames ${lastSequence + 1} to ${acknowledged}, which NATS had acknowledged`,
      );
    const last = await log.get(lastSequence);
    // The end may have been removed by its age in a quiet feed; with its number it can only be ours.
    const owner = last === undefined ? undefined : decodeFrame(last.bytes);
    if (owner !== undefined && owner.epoch !== epoch)
      throw new ClusterError(
        "fenced",
        `another ingest leads the feed: its epoch is ${owner.epoch}, this one's ${epoch}`,
      );
    if (lastSequence > this.#lastNumber || lastSequence < epochStart)
      throw new ClusterError("fenced", "another process has written to the stream");
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
