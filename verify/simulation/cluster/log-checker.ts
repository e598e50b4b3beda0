import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import { FrameDecoder } from "@tickerplant/client/wire";
import { decodeEvent, type FeedEvent, type Frame, FrameKind, readEntry } from "@tickerplant/cluster";
import { decodeFrame } from "@tickerplant/cluster/testing";
import type { Invariants } from "../invariants.ts";
import { numberOf, type Published } from "../market.ts";

/** A gap that the log reports. */
export type LogGap = FeedEvent & { readonly type: "gap" };

/** A frame as the log has it. */
interface Stored {
  readonly frame: Omit<Frame, "payload">;
  readonly atMs: number;
  /** The numbers of its records. */
  readonly records: readonly number[];
  readonly gap: LogGap | undefined;
}

/** Whether a gap may have a record. */
export function isInGap(
  gap: { readonly channel: string; readonly symbols: readonly string[] },
  range: { readonly fromMs: number; readonly toMs: number },
  { channel, symbol, timeMs, publishedMs, isLate }: Published,
): boolean {
  if (gap.channel !== channel || !(gap.symbols.includes(symbol) || gap.symbols.includes("*"))) return false;
  const isIn = (ms: number): boolean => ms >= Math.floor(range.fromMs) && ms <= Math.ceil(range.toMs);
  return isIn(timeMs) || (isLate && isIn(publishedMs)); // a trade that was reported late is missing with those of then
}

/** Checks what the ingests write together: each frame as it is appended, and its records. */
export class LogChecker {
  /** Records in frames that the log had, and has lost. They are published again. */
  readonly lost: Set<number> = new Set();
  /** Gaps that it has reported. */
  readonly gaps: LogGap[] = [];
  readonly #invariants: Invariants;
  readonly #published: readonly Published[];
  readonly #isVoid: (number: number) => boolean;
  /** By sequence. */
  readonly #frames: (Stored | undefined)[] = [];
  /** The sequence of the frame that has a record, by the record's number. */
  readonly #sequences = new Map<number, number>();
  /** The writer of each epoch: its first frame. */
  readonly #writers = new Map<number, string>();
  /** The newest epoch of the lease that each ingest has held, by its id. */
  readonly #leased = new Map<string, number>();
  /** What the ingests carry, as `channel symbol`. */
  readonly #carriedKeys = new Set<string>();
  /** When the log first had a watermark, and a frame that says that a key is carried, by `channel symbol`. */
  readonly #beganMs = new Map<string, number>();
  readonly #decoder = new FrameDecoder(STOCK_SCHEMA);
  /** Every record with a smaller number that was published before the newest watermark is accounted for. */
  #settled = 0;

  constructor(invariants: Invariants, published: readonly Published[], isVoid: (number: number) => boolean) {
    this.#invariants = invariants;
    this.#published = published;
    this.#isVoid = isVoid;
  }

  /** The newest frame. */
  get newest(): Stored | undefined {
    return this.#frames.at(-1);
  }

  /** The frame of a sequence. */
  at(sequence: number): Stored | undefined {
    return this.#frames[sequence];
  }

  /** Whether it has to reach the readers. */
  isOwed({ keys, occurredMs, number }: Published): boolean {
    if (this.#isVoid(number)) return false;
    return keys.some((key) => occurredMs > (this.#beganMs.get(key) ?? Number.POSITIVE_INFINITY));
  }

  /** When the log first had a watermark, in virtual time; infinite before. */
  get beganMs(): number {
    return Math.min(...this.#beganMs.values());
  }

  has(number: number): boolean {
    return this.#sequences.has(number);
  }

  /** The lease has another value. */
  leased(value: string): void {
    const { ingest, epoch } = readEntry(value);
    this.#leased.set(ingest.id, epoch);
  }

  /** Checks a frame that was just appended. */
  appended(sequence: number, bytes: Uint8Array): void {
    const { payload, ...frame } = decodeFrame(bytes);
    const before = this.#frames[sequence - 1]?.frame;
    this.#invariants.assert(frame.number === sequence, () => `frame ${frame.number} is the message ${sequence}`);
    const isFirst = frame.epochStart === sequence;
    this.#invariants.assert(
      before === undefined || (isFirst ? frame.epoch > before.epoch : frame.epoch === before.epoch),
      () => `frame ${sequence} of the epoch ${frame.epoch} is behind one of the epoch ${before?.epoch}`,
    );
    this.#invariants.assert(
      before === undefined || frame.completeMs >= before.completeMs,
      () => `the watermark goes back at frame ${sequence}: ${before?.completeMs} to ${frame.completeMs}`,
    );
    const event = frame.kind === FrameKind.EVENT ? decodeEvent(payload) : undefined;
    if (isFirst) this.#epochBegins(frame, event);
    const gap = event?.type === "gap" ? event : undefined;
    if (gap !== undefined) this.#gap(gap);
    if (event?.type === "state") this.#carried(event.state.carried);
    const hasRecords = frame.kind === FrameKind.RECORDS || frame.kind === FrameKind.FILLED;
    const records = hasRecords ? this.#records(payload, sequence) : [];
    if (Number.isFinite(frame.completeMs)) this.#begin();
    this.#frames[sequence] = { frame, atMs: this.#invariants.nowMs, records, gap };
    this.#checkWatermark(frame);
  }

  /** The frames behind a sequence are lost. */
  truncated(lastSequence: number): void {
    for (const stored of this.#frames.splice(lastSequence + 1))
      for (const number of stored?.records ?? []) {
        this.lost.add(number);
        this.#sequences.delete(number);
      }
    this.#settled = 0;
    if (Number.isFinite(this.newest?.frame.completeMs)) return;
    this.#beganMs.clear(); // nothing is settled any more
  }

  /** The sequence up to which frames are so old that no ingest needs them: from there on it has `lookBackMs`. */
  oldUntil(first: number, lookBackMs: number): number {
    const completeMs = this.newest?.frame.completeMs ?? Number.NEGATIVE_INFINITY;
    let kept = first;
    for (let sequence = first; Number.isFinite(completeMs) && sequence <= this.#frames.length; sequence++) {
      const reachedMs = this.#frames[sequence]?.frame.completeMs ?? Number.POSITIVE_INFINITY;
      if (reachedMs > completeMs - lookBackMs) break;
      if (reachedMs > (this.#frames[kept]?.frame.completeMs ?? Number.NEGATIVE_INFINITY)) kept = sequence;
    }
    return kept - 1;
  }

  /** Fails for a record that the log should have by now. */
  checkComplete(): void {
    for (const record of this.#published)
      if (this.isOwed(record))
        this.#invariants.assert(
          this.has(record.number) || this.isReported(record),
          () => `the log lacks the record ${described(record)}`,
        );
  }

  /** Whether the log reports that a record may be missing. */
  isReported(record: Published): boolean {
    return this.gaps.some((gap) => isInGap(gap, gap, record));
  }

  #epochBegins({ epoch, completeMs, number }: Stored["frame"], event: FeedEvent | undefined): void {
    this.#invariants.assert(event?.type === "epoch", () => `the epoch ${epoch} begins with ${event?.type}`);
    const id = event?.type === "epoch" ? event.ingest.id : "";
    const name = event?.type === "epoch" ? event.ingest.name : "";
    const watermark = Number.isFinite(completeMs) ? new Date(completeMs).toISOString() : "nothing";
    this.#invariants.note(`${name} begins the epoch ${epoch} with frame ${number}, behind ${watermark}`);
    const leased = this.#leased.get(id) ?? 0;
    this.#invariants.assert(epoch <= leased, () => `${name} begins the epoch ${epoch}, and its lease is of ${leased}`);
    const other = this.#writers.get(epoch);
    this.#invariants.assert(other === undefined || other === id, () => `two ingests have led the epoch ${epoch}`);
    this.#writers.set(epoch, id);
  }

  #gap(gap: LogGap): void {
    const { channel, symbols, fromMs, toMs, cause } = gap;
    this.#invariants.note(
      `the log has a gap: ${channel} ${symbols.join()} ${new Date(fromMs).toISOString()} ${new Date(toMs).toISOString()} ${cause}`,
    );
    // The history is complete, but its pages may be small.
    this.#invariants.assert(cause === "too_large", () => `the log has a gap because of ${cause}: ${gap.message}`);
    this.gaps.push(gap);
  }

  #carried(carried: Readonly<Partial<Record<string, readonly string[]>>>): void {
    for (const [channel, symbols = []] of Object.entries(carried))
      for (const symbol of symbols) this.#carriedKeys.add(`${channel} ${symbol}`);
  }

  /** There is a watermark: what is carried from now on has to reach the readers. */
  #begin(): void {
    if (this.#beganMs.size === this.#carriedKeys.size) return;
    for (const key of this.#carriedKeys) if (!this.#beganMs.has(key)) this.#beganMs.set(key, this.#invariants.nowMs);
  }

  #records(payload: Uint8Array, sequence: number): number[] {
    const numbers: number[] = [];
    this.#decoder.decode(payload, {
      record: (record) => {
        const { number } = numberOf(record as AnyRecord); // not raw
        numbers.push(number);
        const other = this.#sequences.get(number);
        const published = this.#published[number] as Published; // numbers are of published records
        this.#invariants.assert(
          other === undefined,
          () => `frame ${sequence} has the record ${described(published)}, which frame ${other} has`,
        );
        this.#sequences.set(number, sequence);
      },
      control: () => this.#invariants.assert(false, () => `frame ${sequence} has a control message`),
      fault: (error) => this.#invariants.assert(false, () => `frame ${sequence} cannot be read: ${error.message}`),
    });
    return numbers;
  }

  /** No watermark is beyond a record that is neither in the log nor reported as missing. */
  #checkWatermark({ completeMs, number, isComplete }: Stored["frame"]): void {
    for (; this.#settled < this.#published.length; this.#settled++) {
      const record = this.#published[this.#settled] as Published; // an index below the length
      if (record.publishedMs >= completeMs) return;
      const isSettled = !this.isOwed(record) || this.has(record.number) || this.isReported(record);
      this.#invariants.assert(
        isSettled,
        () =>
          `the watermark of frame ${number} (${isComplete ? "" : "in"}complete) is ${completeMs - record.publishedMs} ms beyond the record ${described(record)}, which the log lacks`,
      );
    }
  }
}

/** A record, for messages. */
export function described({ number, channel, symbol, atMs, timeMs }: Published): string {
  return `${number} (${channel} ${symbol} of ${new Date(timeMs).toISOString()}, published at ${atMs} ms)`;
}
