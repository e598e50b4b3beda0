import type { GapOpenEvent } from "../continuity/backfill/gap-outcome.ts";
import type { GapEvent } from "../continuity/open-gap.ts";
import * as LIMITS from "../limits.ts";
import { type LedgerEntry, symbolsByChannel } from "../subscriptions/ledger-entry.ts";
import type { SymbolSpelling } from "../subscriptions/spelling-watch.ts";
import { StreamError } from "../wire/index.ts";
import type { WarningEvent } from "./events.ts";
import { listed } from "./stall-errors.ts";

/** The error of everything that waited for a stream when it was stopped. */
export function stopped(): StreamError {
  return new StreamError("stopped", "the stream was stopped");
}

/** A connection whose data has stopped. */
export function stale(channel: string, silentMs: number): StreamError {
  return new StreamError("stale", `no ${channel} for ${Math.round(silentMs / 1000)} s while the market is open`);
}

/** The calendar of the schedule does not cover today. */
export function calendarEnded(): StreamError {
  return new StreamError(
    "calendar_ended",
    "the calendar of trading days ends before today, and holidays count as trading days: update the package",
  );
}

/** The server confirmed symbols, and no longer lists them. */
export function noLongerConfirmed(entries: readonly LedgerEntry[]): StreamError {
  const text = "the server no longer lists symbols that it had confirmed";
  return new StreamError("not_confirmed", text, { symbols: symbolsByChannel(entries) });
}

/** All attempts to reconnect failed. */
export function reconnectLimit(failures: number, cause: StreamError): StreamError {
  const text = `gave up after ${failures} failures in a row, the last: ${cause.message}`;
  return new StreamError("reconnect_limit", text, { cause, terminal: true });
}

/** The platform threw instead of opening a socket. */
export function cannotConnect(cause: unknown): StreamError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new StreamError("connection_lost", `could not open a WebSocket: ${text}; check websocketParams`, {
    cause,
    terminal: true,
  });
}

/** The first record whose time fits neither the records around it nor its arrival. */
export function timeOutlier(channel: string, symbol: string, timeMs: number): StreamError {
  const time = Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : String(timeMs);
  const text = `a record of ${channel} ${symbol} has the time ${time}, far from those around it and from its arrival; gaps and lag do not use it. Others are counted in metrics.outliers.`;
  return new StreamError("time_outlier", text, { symbols: { [channel]: [symbol] } });
}

/** Symbols that the server confirmed, that are spelt unusually and stay silent. */
export function suspectSymbols({ likely, advice }: SymbolSpelling, entries: readonly LedgerEntry[]): WarningEvent {
  const symbols = [...new Set(entries.map(({ symbol }) => symbol))];
  const shown = listed(symbols.map((symbol) => `"${symbol}"`));
  const [first = ""] = symbols;
  const guess = likely(first);
  const hint = guess === first || guess === "" ? "" : `: did you mean "${guess}"?`;
  return {
    code: "suspect_symbol",
    message: `no records came of ${shown}, which the server confirmed ${LIMITS.silentSymbolMs / 1000} s ago. ${advice}${hint}`,
    symbols: symbolsByChannel(entries),
  };
}

/** Something is awaited of a stream that was not started. */
export function notStarted(): WarningEvent {
  const text = `"ready" or an iterator has been awaited for ${LIMITS.notStartedMs / 1000} s, and the stream was not started: call connect() before, or run() beside it`;
  return { code: "not_started", message: text, symbols: {} };
}

/** A gap, or one that could not be filled, as the console shows it. */
export function describeGap({ channel, symbols, from, to, cause: { code, message } }: GapEvent | GapOpenEvent): string {
  const range = `${from.toISOString()} to ${to.toISOString()}`;
  return `${channel} of ${listed(symbols)} may be missing from ${range} [${code}]: ${message}`;
}

/** A lost connection as the console shows it. */
export function describeLoss(delayMs: number, { code, message }: StreamError): string {
  return `connection lost, next attempt in ${Math.round(delayMs)} ms [${code}]: ${message}`;
}
