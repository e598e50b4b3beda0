import * as LIMITS from "../limits.ts";
import type { StreamSchema } from "../wire/index.ts";
import { ByChannel } from "./by-channel.ts";
import { type Arrival, ChannelTimes, type TimeReading } from "./channel-times.ts";
import { LagWindow } from "./lag-window.ts";

/** What was received in one channel. */
interface ChannelIntake {
  received: number;
  /** The arrival of its last record: one object for each frame. */
  arrival: Arrival;
  /** The time of that record, cut to milliseconds; NaN after an unusual time. */
  seconds: number;
  nanos: number;
  /** The lag of that millisecond; NaN for none. */
  lagMs: number;
  readonly times: ChannelTimes;
  /** From a record's time to its sending, in milliseconds; NaN where the time does not determine the sending. */
  readonly sentAfterMs: number;
}

/** Counts the records that come in, and judges their times: lag, newest time of each channel, outliers. */
export class Intake {
  /** Receive time minus sending time, of every record whose time determines it and is not suspect. */
  readonly lag: LagWindow = new LagWindow();
  readonly #channels: ByChannel<ChannelIntake>;
  readonly #outlier: (channel: string, symbol: string, timeMs: number) => void;
  /** Of the frame that is being decoded. */
  #arrival: Arrival = { nowMs: 0, atMs: 0 };
  #outliers = 0;
  /** Whether suspect times wait for the next frame to confirm or refute them. */
  #hasSuspects = false;

  /** `outlier` is called with the first record whose time does not fit those around it. */
  constructor(schema: StreamSchema, outlier: (channel: string, symbol: string, timeMs: number) => void) {
    this.#outlier = outlier;
    this.#channels = new ByChannel(schema, (channel) => ({
      received: 0,
      arrival: { nowMs: 0, atMs: Number.NEGATIVE_INFINITY },
      seconds: Number.NaN,
      nanos: 0,
      lagMs: Number.NaN,
      times: new ChannelTimes((symbol, timesMs) => this.#countOutliers(channel, symbol, timesMs)),
      sentAfterMs: sentAfterMs(schema, channel),
    }));
  }

  /** A frame is about to be decoded: it came at `nowMs` since the epoch, `atMs` by the monotonic clock. */
  frame(nowMs: number, atMs: number): void {
    this.#arrival = { nowMs, atMs };
    this.lag.move(atMs);
    if (this.#hasSuspects) this.#judgeSuspects();
  }

  /** Counts one record of the frame. */
  count(channel: string, symbol: string, seconds: number, nanos: number): void {
    const intake = this.#channels.get(channel);
    intake.received++;
    // A second record of the same millisecond and frame changes nothing, and is the common case.
    const isRepeat =
      intake.arrival === this.#arrival && seconds === intake.seconds && (nanos - intake.nanos) >>> 0 < 1e6;
    if (!isRepeat) this.#countTime(intake, symbol, seconds, nanos);
    this.lag.add(intake.lagMs);
  }

  #countTime(intake: ChannelIntake, symbol: string, seconds: number, nanos: number): void {
    const { nowMs, atMs } = this.#arrival;
    const { times } = intake;
    // Whole milliseconds, as the receive time is: both cut, they are right on average.
    const wholeNanos = nanos - (nanos % 1e6);
    const timeMs = seconds * 1000 + wholeNanos / 1e6;
    const leadMs = timeMs - times.newestMs;
    intake.arrival = this.#arrival;
    intake.seconds = seconds;
    intake.nanos = wholeNanos;
    intake.lagMs = nowMs - timeMs - intake.sentAfterMs;
    // Nearly every time is a little newer than the newest, or a little older.
    if (leadMs > 0 && leadMs <= LIMITS.maxTimeLeadMs) {
      times.newestMs = timeMs;
      times.newestAtMs = atMs;
    } else if (!(leadMs <= 0 && leadMs >= -LIMITS.maxTimeLagMs)) {
      intake.seconds = Number.NaN; // each suspect time counts, also a repeated one
      if (!times.check(timeMs, symbol, intake.received, this.#arrival)) intake.lagMs = Number.NaN;
      this.#hasSuspects ||= times.hasSuspects;
    }
  }

  /** Records received in a channel since the start. */
  received(channel: string): number {
    return this.#channels.get(channel).received;
  }

  /** Records received in all channels since the start. */
  get receivedInAll(): number {
    let count = 0;
    for (const { received } of this.#channels.values()) count += received;
    return count;
  }

  /** Records whose times fit neither their neighbours nor their arrival, since the start. */
  get outliers(): number {
    this.#judgeSuspects();
    return this.#outliers;
  }

  /** When a channel's last record came, by the monotonic clock; minus infinity without one. */
  heardAtMs(channel: string): number {
    return this.#channels.get(channel).arrival.atMs;
  }

  /** The times of a channel's records. */
  times(channel: string): ChannelTimes {
    return this.#channels.get(channel).times;
  }

  /** The newest time of a channel's records that is not suspect, and when it came; minus infinity without one. */
  newest(channel: string): TimeReading {
    return this.times(channel).newest;
  }

  /** As {@link newest}, with suspect times that may be right. */
  latest(channel: string): TimeReading {
    return this.times(channel).latest(this.#arrival.nowMs);
  }

  /** Whether a time may be right for a channel; false if it is months off. */
  isPossible(channel: string, timeMs: number): boolean {
    return this.times(channel).isPossible(timeMs, this.#arrival.nowMs);
  }

  /** The connection is lost: what follows may be another time. */
  connectionLost(): void {
    this.#judgeSuspects();
    for (const { times } of this.#channels.values()) times.connectionLost(this.#arrival.nowMs);
  }

  /** Suspect times that were followed by ordinary ones are outliers. */
  #judgeSuspects(): void {
    this.#hasSuspects = false;
    for (const { times, received } of this.#channels.values()) {
      if (!times.hasSuspects) continue;
      times.judge(received);
      this.#hasSuspects ||= times.hasSuspects;
    }
  }

  #countOutliers(channel: string, symbol: string, timesMs: readonly number[]): void {
    if (this.#outliers === 0) this.#outlier(channel, symbol, timesMs[0] ?? Number.NaN);
    this.#outliers += timesMs.length;
  }
}

function sentAfterMs({ traits }: StreamSchema, channel: string): number {
  const { isPrompt, sentAfterMs } = traits[channel] ?? {};
  return isPrompt ? (sentAfterMs ?? Number.NaN) : Number.NaN;
}
