import type { Consumer } from "../../delivery/consumer.ts";
import type { Routing } from "../../delivery/routing.ts";
import {
  type ChannelSymbols,
  type MarketRecord,
  type RawRecord,
  type StreamSchema,
  WILDCARD,
} from "../../wire/index.ts";
import type { ChannelPosition, StreamPosition } from "../stream-position.ts";
import type { Backfill } from "./backfill.ts";
import type { CatchUp } from "./catch-up.ts";
import { channelPosition, timeOnly, type UnfinishedRecord } from "./channel-position.ts";
import { type FillRulesByChannel, pastRecord } from "./fill-rules.ts";
import { nanoseconds } from "./gap-fill.ts";
import { type ChannelProgress, earliest, type Lane, later, progressOf } from "./progress.ts";
import type { ResumePoint } from "./resume-point.ts";

type AnyRecord = MarketRecord | RawRecord;

/** What the progress needs from its stream. */
export interface ProgressStream {
  readonly schema: StreamSchema;
  readonly routing: Routing;
  readonly feed: string;
  /** The newest market time that records have shown, in milliseconds since the epoch; minus infinity before any. */
  heardMs(): number;
  /** The market's time at a time of the monotonic clock, rather too early than too late; in milliseconds. */
  timeAt(atMs: number): number;
}

/** One subscription. */
export interface Member {
  readonly consumer: Consumer;
  readonly symbols: ChannelSymbols;
  /** Whether the server has answered for all of its symbols. */
  readonly isSettled: () => boolean;
  /** Whether it goes on with one of an earlier stream: it began in that one's time. */
  readonly isContinued: boolean;
  hasBegun: boolean;
  /** When it began with the present, by the monotonic clock; undefined before, and if it is continued. */
  sinceMs: number | undefined;
  /** By channel, up to which time its catch-up has brought everything, in nanoseconds since the epoch. */
  reachedNs: ReadonlyMap<string, bigint> | undefined;
  /** Set while it comes from the past. */
  catchUp: CatchUp | undefined;
}

/** A channel of the position, but for the records that are not finished. */
type ChannelState = { readonly lanes: readonly Lane[] } | { readonly afterNs: bigint };

/** What a position is made of. */
interface Snapshot {
  readonly consumers: readonly Consumer[];
  readonly channels: ReadonlyMap<string, ChannelState>;
  /** Records that a stop has dropped. */
  readonly dropped: readonly unknown[];
}

/** Derives the position of a stream from what it has delivered, and from what its subscriptions have not finished. */
export class StreamProgress {
  readonly #stream: ProgressStream;
  readonly #gate: Backfill;
  readonly #rules: FillRulesByChannel;
  readonly #resume: ResumePoint | undefined;
  /** The state before the last stop, which ends everything but the running handler calls. */
  #atStop: Snapshot | undefined;
  /** Set during a stop: what waits for handlers. */
  #waiting: readonly unknown[] = [];

  constructor(stream: ProgressStream, gate: Backfill, rules: FillRulesByChannel, resume: ResumePoint | undefined) {
    this.#stream = stream;
    this.#gate = gate;
    this.#rules = rules;
    this.#resume = resume;
  }

  /** The position now. Walks through the records of the last seconds and those that wait. */
  position(members: readonly Member[]): StreamPosition {
    const isStopped = !this.#stream.routing.isOpen;
    const { consumers, channels, dropped } = (isStopped ? this.#atStop : undefined) ?? this.#snapshot(members);
    const unfinished = [...dropped, ...consumers.flatMap((consumer) => consumer.unfinished)] as AnyRecord[]; // consumers get no other values
    const positions: Record<string, ChannelPosition> = {};
    for (const channel of this.#stream.schema.channels) {
      const state = channels.get(channel);
      const position =
        state === undefined
          ? this.#resume?.positionOf(channel)
          : this.#positionOf(
              channel,
              state,
              unfinished.filter((record) => this.#channelOf(record) === channel),
            );
      if (position !== undefined) positions[channel] = position;
    }
    return { version: 1, feed: this.#stream.feed, channels: positions };
  }

  /** The stream is about to stop. */
  stopping(members: readonly Member[]): void {
    this.#atStop = this.#snapshot(members);
    this.#waiting = this.#atStop.consumers.flatMap(({ unfinished }) => unfinished);
  }

  /** The stream was stopped: records that waited for handlers are dropped. */
  stopped(): void {
    if (this.#atStop === undefined || this.#waiting.length === 0) return;
    const left = new Set(this.#atStop.consumers.flatMap(({ unfinished }) => unfinished));
    this.#atStop = { ...this.#atStop, dropped: this.#waiting.filter((record) => !left.has(record)) };
    this.#waiting = [];
  }

  #snapshot(members: readonly Member[]): Snapshot {
    const channels = new Map<string, ChannelState>();
    for (const channel of this.#stream.schema.channels) {
      const ofChannel = members.filter(({ symbols }) => symbols[channel] !== undefined);
      const state = ofChannel.length === 0 ? undefined : this.#stateOf(channel, ofChannel);
      if (state !== undefined) channels.set(channel, state);
    }
    return { consumers: members.map(({ consumer }) => consumer), channels, dropped: [] };
  }

  #stateOf(channel: string, members: readonly Member[]): ChannelState | undefined {
    const progress = this.#gate.progress(channel);
    if (progress === undefined) {
      const pending = members.map(({ catchUp }) => catchUp?.pendingStart(channel)?.afterNs);
      // As a gap begins: a bar of the running day has the day's first time.
      const beganMs = this.#stream.heardMs() - (this.#stream.schema.traits[channel]?.spanMs ?? 0);
      const afterNs = earliest([...pending, Number.isFinite(beganMs) ? nanoseconds(beganMs) : undefined]);
      return afterNs === undefined ? undefined : { afterNs };
    }
    const live = members.filter(({ catchUp }) => catchUp === undefined);
    const lanes = live.length === 0 ? [] : [this.#liveLane(channel, live, progress)];
    const held = this.#gate.held(channel);
    for (const member of members) {
      const { catchUp } = member;
      const names = this.#routed(channel, member);
      const ofCatchUp = catchUp?.progress(channel, names, this.#sinceNs(channel, member), held);
      if (catchUp !== undefined && ofCatchUp !== undefined)
        lanes.push({ names: new Set(names), progress: ofCatchUp, start: catchUp.startOf(channel) });
    }
    return { lanes };
  }

  /** The subscriptions that get their records from the gate. */
  #liveLane(channel: string, members: readonly Member[], progress: ChannelProgress): Lane {
    const parts = members.map((member) => ({
      names: this.#routed(channel, member),
      sinceNs: this.#sinceNs(channel, member),
    }));
    const ofAll = parts.filter(({ names }) => names.includes(WILDCARD));
    const firstNs = earliest((ofAll.length > 0 ? ofAll : parts).map(({ sinceNs }) => sinceNs));
    const symbols = new Map([...progress.symbols].map(([symbol, placeNs]) => [symbol, later(placeNs, firstNs)]));
    const afterNs = later(progress.afterNs, firstNs);
    for (const { names, sinceNs } of parts) {
      // A subscription that is newer than the others has had nothing from before it began.
      if (sinceNs === firstNs || later(progress.afterNs, sinceNs) === afterNs) continue;
      for (const symbol of names)
        if (symbol !== WILDCARD && (ofAll.length === 0 || (sinceNs ?? 0n) < (firstNs ?? 0n)))
          symbols.set(symbol, later(progressOf(progress, symbol), sinceNs));
    }
    const names = new Set(parts.flatMap((part) => part.names));
    return { names, progress: { ...progress, afterNs, symbols }, start: undefined };
  }

  /** Since when a subscription has every record, by the market's time; undefined while that is not known. */
  #sinceNs(channel: string, { sinceMs, reachedNs }: Member): bigint | undefined {
    const caughtUpNs = reachedNs?.get(channel);
    if (caughtUpNs !== undefined) return caughtUpNs;
    if (sinceMs === undefined || !Number.isFinite(this.#stream.heardMs())) return undefined;
    return nanoseconds(this.#stream.timeAt(sinceMs) - this.#lengthMs(channel));
  }

  #routed(channel: string, { consumer, symbols }: Member): readonly string[] {
    const { routing } = this.#stream;
    return (symbols[channel] ?? []).filter((symbol) => routing.isRouted(consumer, channel, symbol));
  }

  #positionOf(channel: string, state: ChannelState, unfinished: readonly AnyRecord[]): ChannelPosition | undefined {
    const times = unfinished.map((record) => this.#unfinished(channel, record));
    const rules = this.#rules[channel];
    if ("lanes" in state) return rules && channelPosition(state.lanes, times, rules);
    const oldestNs = times.map(({ seconds, nanos }) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos) - 1n);
    return timeOnly(earliest([state.afterNs, ...oldestNs]) ?? state.afterNs);
  }

  #unfinished(channel: string, record: AnyRecord): UnfinishedRecord {
    const { seconds, nanos } = pastRecord(record);
    const { symbol, S } = record as { symbol?: string; S?: string }; // a record or a raw one
    return { symbol: symbol ?? S ?? "", seconds, nanos, identity: this.#rules[channel]?.identity(record) ?? 0 };
  }

  #channelOf(record: AnyRecord): string {
    if (!("T" in record)) return (record as MarketRecord).channel;
    return this.#stream.schema.channelByType[(record as RawRecord).T.charCodeAt(0)] ?? "";
  }

  #lengthMs(channel: string): number {
    return this.#stream.schema.traits[channel]?.lengthMs ?? 0;
  }
}
