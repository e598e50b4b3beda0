import { type PresentStream, StreamPast } from "../../../src/continuity/backfill/stream-past.ts";
import { markFromHistory } from "../../../src/continuity/from-history.ts";
import type {
  HistoryGroup,
  HistoryLatestRequest,
  HistoryPage,
  HistoryPageRequest,
  HistorySource,
} from "../../../src/continuity/history-source.ts";
import { type Clock, Codec, type RawRecord, StreamError, type Trade } from "../../../src/index.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { FrameEncoder, type MarketRecord, WILDCARD } from "../../../src/wire/index.ts";
import { symbolNumberOf } from "../../../src/wire/interning.ts";
import { type MarketKind, STOCKS } from "./market-kind.ts";

/** A record of the past and when it was published, by the monotonic clock. */
interface Published {
  readonly record: MarketRecord;
  readonly atMs: number;
}

/** How a history differs from one that has everything at once. */
export interface PastOptions {
  /** Its asset class, stocks by default. */
  readonly kind?: MarketKind;
  readonly channels?: readonly string[];
  /** How long after its publication a record is in history. */
  readonly lagMs?: number;
  readonly pageSize?: number;
  readonly hasWildcard?: boolean;
  /** When history begins, as it reports in its answers, in milliseconds since the epoch. */
  readonly completeFromMs?: number;
  /** Records that history never shows. */
  readonly loses?: (record: MarketRecord) => boolean;
  /** What history reports of a record that was changed later. */
  readonly change?: (record: Trade) => string;
  /** Whether its records are as the wire has them. */
  readonly isRaw?: boolean;
  /** Called before each answer with the newest records. */
  readonly beforeLatest?: () => Promise<void> | void;
  /** Called before each page: may throw what the source throws, or return a promise to wait for. */
  readonly before?: (request: HistoryPageRequest, count: number) => Promise<void> | void;
}

/** A history in memory, which a stream fills its gaps from. */
export class Past implements HistorySource {
  readonly kind: MarketKind;
  readonly url = "memory:";
  readonly channels: readonly string[];
  readonly requests: HistoryPageRequest[] = [];
  readonly latestRequests: (readonly string[])[] = [];
  readonly isRaw: boolean;
  #clock: Clock = systemClock;
  readonly #options: PastOptions;
  readonly #published: Published[] = [];
  readonly #encoder: FrameEncoder;

  constructor(options: PastOptions = {}) {
    this.#options = options;
    this.kind = options.kind ?? STOCKS;
    this.isRaw = options.isRaw ?? false;
    this.#encoder = new FrameEncoder(Codec.JSON, this.kind.schema);
    this.channels = options.channels ?? ["trades", "quotes", "bars", "updatedBars", "dailyBars"];
  }

  get feed(): string {
    return this.kind.feed;
  }

  get acceptsWildcard(): boolean {
    return this.#options.hasWildcard ?? true;
  }

  /** For the option `history` of a stream. */
  attach(stream: PresentStream): StreamPast {
    this.#clock = stream.settings.clock;
    return new StreamPast(stream, this, this.kind.rules);
  }

  timeNs(_name: string, time: Date | string | bigint): bigint {
    return typeof time === "bigint" ? time : BigInt(new Date(time).getTime()) * 1_000_000n;
  }

  publish(record: MarketRecord): void {
    this.#published.push({ record, atMs: this.#clock.monotonic() });
  }

  async latest({ channel, symbols }: HistoryLatestRequest, signal: AbortSignal): Promise<readonly HistoryGroup[]> {
    this.latestRequests.push(symbols);
    await this.#options.beforeLatest?.();
    const request = { channel, symbols, fromNs: 0n, toNs: 2n ** 62n, token: undefined, raw: false };
    const { groups } = await this.page(request, signal);
    this.requests.pop();
    return groups.map((group) => ({ ...group, records: group.records.slice(-1) }));
  }

  async page(request: HistoryPageRequest, signal: AbortSignal): Promise<HistoryPage> {
    this.requests.push(request);
    await this.#options.before?.(request, this.requests.length);
    signal.throwIfAborted();
    const { lagMs = 0, pageSize = 10_000, loses = () => false } = this.#options;
    const isAll = request.symbols.includes(WILDCARD);
    if (isAll && !this.acceptsWildcard)
      throw new StreamError("invalid_symbol", "*", { symbols: { [request.channel]: ["*"] } });
    const shown = this.#published
      .filter(({ record, atMs }) => {
        const isIn = record.timestampNs >= request.fromNs && record.timestampNs <= request.toNs;
        const isAsked = record.channel === request.channel && (isAll || request.symbols.includes(record.symbol));
        return isIn && isAsked && atMs + lagMs <= this.#clock.monotonic() && !loses(record);
      })
      .map(({ record }) => record)
      .sort(byKey);
    const start = Number(request.token ?? 0);
    const records = shown.slice(start, start + pageSize);
    const groups: { symbol: string; symbolNumber: number; records: MarketRecord[] }[] = [];
    for (const record of records) {
      if (groups.at(-1)?.symbol !== record.symbol)
        groups.push({ symbol: record.symbol, symbolNumber: symbolNumberOf(record.symbol), records: [] });
      const copy = this.isRaw
        ? this.#rawOf(record)
        : Object.assign(Object.create(Object.getPrototypeOf(record)), record);
      markFromHistory(copy, this.#options.change?.(record as Trade) ?? "");
      groups.at(-1)?.records.push(copy);
    }
    const { completeFromMs } = this.#options;
    return {
      groups,
      nextToken: start + pageSize < shown.length ? String(start + pageSize) : undefined,
      completeFromNs: completeFromMs === undefined ? undefined : BigInt(completeFromMs) * 1_000_000n,
    };
  }
  #rawOf(record: MarketRecord): RawRecord {
    return JSON.parse(new TextDecoder().decode(this.#encoder.record(record)));
  }
}

function byKey(a: MarketRecord, b: MarketRecord): number {
  if (a.symbol !== b.symbol) return a.symbol < b.symbol ? -1 : 1;
  if (a.timestampNs !== b.timestampNs) return a.timestampNs < b.timestampNs ? -1 : 1;
  return Number((a as Trade).id ?? 0) - Number((b as Trade).id ?? 0);
}
