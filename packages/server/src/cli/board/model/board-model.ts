import type { ChannelSymbols, StatusEvent, StreamMetrics } from "@tickerplant/client";
import type { LiveStream } from "../../output/live-stream.ts";
import { RateMeter } from "../../output/rate-meter.ts";
import { MAX_DETAILED_SYMBOLS, MAX_SYMBOLS } from "../limits.ts";
import { type BoardRecord, BoardSymbol } from "./board-symbol.ts";
import { foreign } from "./foreign.ts";
import { GapList } from "./gap-list.ts";
import { HealthHistory } from "./health-history.ts";

/** What the records of a feed are. Undefined if that is not known. */
export type Source = "live" | "simulated" | "replay" | undefined;

/** The connection, as the board reports it. */
export interface Connection {
  readonly isConnected: boolean;
  /** Since when, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Why it was lost, safe to print. */
  readonly cause: string | undefined;
  /** When it is tried again, in milliseconds since the epoch; undefined while an attempt runs. */
  readonly nextAttemptAtMs: number | undefined;
  /** The last cause of a reconnect. */
  readonly lastCause: string | undefined;
}

/** The model of the board: symbols, connection, gaps and health, from the records and events of a stream. */
export class BoardModel {
  readonly gaps: GapList = new GapList();
  readonly health: HealthHistory = new HealthHistory();
  readonly startedAtMs: number = Date.now();
  source: Source;
  readonly #stream: LiveStream;
  readonly #rate = new RateMeter();
  readonly #symbols = new Map<string, BoardSymbol>();
  #connection: Connection = {
    isConnected: false,
    sinceMs: this.startedAtMs,
    cause: undefined,
    nextAttemptAtMs: undefined,
    lastCause: undefined,
  };
  #sampledAtMs = Number.NEGATIVE_INFINITY;
  /** The figures of the newest sample; those of the stream cost too much for every frame. */
  metrics: StreamMetrics;
  recordsPerSecond = 0;

  constructor(stream: LiveStream, source: Source) {
    this.source = source;
    this.#stream = stream;
    this.metrics = stream.metrics;
    stream.on("status", (event) => {
      this.#connection = connectionAfter(event, this.#connection, Date.now());
    });
    stream.on("gap", (gap) => this.gaps.add(gap));
    stream.on("gapFilled", (gap) => this.gaps.fill(gap));
    stream.on("gapOpen", (gap) => this.gaps.keepOpen(gap));
    stream.on("error", ({ symbols, message }) => this.#reject(symbols, foreign(message)));
  }

  /** The symbols, in order of their first record. */
  get symbols(): ReadonlyMap<string, BoardSymbol> {
    return this.#symbols;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Accepts a record. */
  push(record: BoardRecord): void {
    (this.#symbols.get(record.symbol) ?? this.#add(record.symbol))?.push(record);
  }

  /** Takes the figures that change once a second, if a second has passed on the monotonic clock. Returns whether it has. */
  tick(atMs: number): boolean {
    if (atMs - this.#sampledAtMs < SAMPLE_MS) return false;
    this.#sampledAtMs = Math.max(this.#sampledAtMs + SAMPLE_MS, atMs - SAMPLE_MS);
    this.metrics = this.#stream.metrics;
    this.recordsPerSecond = this.#rate.perSecond(this.metrics.recordCount);
    this.health.sample(this.metrics);
    for (const symbol of this.#symbols.values()) symbol.checkSilence(atMs, this.#connection.isConnected);
    return true;
  }

  #add(name: string): BoardSymbol | undefined {
    if (this.#symbols.size >= MAX_SYMBOLS) return undefined;
    const symbol = new BoardSymbol(name);
    if (this.#symbols.size < MAX_DETAILED_SYMBOLS) symbol.keepDetail();
    this.#symbols.set(name, symbol);
    return symbol;
  }

  #reject(symbols: ChannelSymbols | undefined, message: string): void {
    for (const name of new Set(Object.values(symbols ?? {}).flat())) {
      if (name === undefined || name === "*") continue;
      const symbol = this.#symbols.get(name) ?? this.#add(name);
      if (symbol !== undefined && symbol.recordCount === 0) symbol.rejection = message;
    }
  }
}

/** The time between two samples. */
const SAMPLE_MS = 1_000;

function connectionAfter(event: StatusEvent, before: Connection, nowMs: number): Connection {
  const sinceMs = before.isConnected ? nowMs : before.sinceMs;
  switch (event.state) {
    case "authenticated":
      return { ...before, isConnected: true, sinceMs: nowMs, cause: undefined, nextAttemptAtMs: undefined };
    case "reconnecting": {
      const cause = foreign(event.cause.message);
      return { isConnected: false, sinceMs, cause, nextAttemptAtMs: nowMs + event.delayMs, lastCause: cause };
    }
    case "connecting":
      return { ...before, isConnected: false, sinceMs, nextAttemptAtMs: undefined };
    case "closed": {
      const cause = event.reason === undefined ? "the stream has ended" : foreign(event.reason.message);
      return { ...before, isConnected: false, sinceMs, cause, nextAttemptAtMs: undefined };
    }
    case "open":
    case "stale":
      return before; // the next event shows what follows
  }
}
