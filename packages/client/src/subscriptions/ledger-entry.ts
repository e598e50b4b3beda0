import { type ChannelSymbols, StreamError } from "../wire/index.ts";

/**
 * The state of one symbol of one channel: wanted by the user, requested from the server, confirmed by it, or
 * rejected by it.
 */
export type SymbolState = "wanted" | "requested" | "active" | "rejected";

/** The newest market time that records have shown. */
export interface Heard {
  /** In milliseconds since the epoch; minus infinity before any record. */
  readonly marketMs: number;
  /** When the connection was authenticated, by the monotonic clock: nothing was missed before. */
  readonly sinceMs: number;
}

/** The end of a connection, for the symbols that were active on it. */
export interface Loss {
  /** The newest market time until then. */
  readonly heard: Heard;
  readonly cause: StreamError;
}

/** One symbol of one channel in the ledger. */
export interface LedgerEntry {
  readonly channel: string;
  readonly symbol: string;
  /** How many subscriptions hold it; at 0 it is being unsubscribed. */
  refCount: number;
  state: SymbolState;
  /** Why it was rejected or not answered, until it is requested again. */
  error: StreamError | undefined;
  /** Whether the server has it, by its last answer on this connection; or may have it, without an answer. */
  isConfirmed: boolean;
  /** When it was first confirmed, by the monotonic clock; undefined before, and after a stop or a release. */
  sinceMs: number | undefined;
  /** The connection that it was lost with, until it is active again. */
  loss: Loss | undefined;
  /** The id of the newest gap that the server has reported of it; see `GapMessage`. */
  gapId: number;
  /** The user's call that wanted it last: a call is rejected as a whole, and no other with it. */
  call: number;
}

/** An entry that no subscription holds yet. */
export function newEntry(channel: string, symbol: string, call: number): LedgerEntry {
  return {
    channel,
    symbol,
    refCount: 0,
    state: "wanted",
    error: undefined,
    isConfirmed: false,
    sinceMs: undefined,
    loss: undefined,
    gapId: 0,
    call,
  };
}

/** The symbols of entries, by channel, as requests and errors carry them. */
export function symbolsByChannel(entries: Iterable<{ channel: string; symbol: string }>): ChannelSymbols {
  const symbols: { [channel: string]: string[] } = {};
  for (const { channel, symbol } of entries) {
    const list = symbols[channel];
    if (list === undefined) symbols[channel] = [symbol];
    else list.push(symbol);
  }
  return symbols;
}

/** An error that names the entries it concerns. */
export function withSymbols(error: StreamError, entries: readonly LedgerEntry[]): StreamError {
  const { code, message, serverCode, serverMessage, terminal, cause } = error;
  const symbols = symbolsByChannel(entries);
  return new StreamError(code, message, { serverCode, serverMessage, terminal, cause, symbols });
}
