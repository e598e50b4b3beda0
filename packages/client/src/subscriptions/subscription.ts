/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.

import type { StreamError } from "../wire/index.ts";
import type { LedgerEntry, SymbolState } from "./ledger-entry.ts";
import { isList } from "./wanted-symbols.ts";

/** The state of one symbol of a subscription. */
export interface SymbolStatus {
  readonly channel: string;
  readonly symbol: string;
  /**
   * `wanted` by the user, `requested` from the server, confirmed and `active`, or `rejected`. Symbols of
   * implied channels (corrections, cancels) are `active` from the start.
   */
  readonly state: SymbolState;
  /** Why it was rejected, or that it was not answered; undefined otherwise. */
  readonly error: StreamError | undefined;
}

/** What a subscription needs from the stream that made it. */
export interface SubscriptionOwner {
  whenActive(entries: readonly LedgerEntry[]): Promise<void>;
  whenDecided(entries: readonly LedgerEntry[], decided: (rejection: StreamError | undefined) => void): void;
  end(subscription: Subscription): Promise<void>;
}

/**
 * What a `subscribe…` call returns: the handle of that one call. It survives reconnects and ends
 * with {@link unsubscribe}.
 */
export class Subscription {
  readonly #owner: SubscriptionOwner;
  /** The ledger's entries by `channel symbol`; undefined for implied channels. */
  readonly #symbols = new Map<string, { channel: string; symbol: string; entry: LedgerEntry | undefined }>();

  /** Made by the stream. */
  constructor(
    owner: SubscriptionOwner,
    symbols: Iterable<{ channel: string; symbol: string; entry: LedgerEntry | undefined }>,
  ) {
    this.#owner = owner;
    for (const item of symbols) this.#symbols.set(`${item.channel} ${item.symbol}`, item);
  }

  /** The symbols it still holds, each once. */
  get symbols(): readonly string[] {
    return [...new Set([...this.#symbols.values()].map(({ symbol }) => symbol))];
  }

  /** The state of each of its symbols now. */
  get states(): readonly SymbolStatus[] {
    return [...this.#symbols.values()].map(({ channel, symbol, entry }) => ({
      channel,
      symbol,
      state: entry?.state ?? "active",
      error: entry?.error,
    }));
  }

  /**
   * Resolves when the server has confirmed every symbol. Rejects with a `StreamError` that names the
   * symbols once some were rejected or not answered and the others are settled, and with the code
   * `stopped` when the stream stops first. Not awaiting it never crashes a process.
   */
  get ready(): Promise<void> {
    return this.#owner.whenActive(this.entries);
  }

  /**
   * Calls `decided` when the server has confirmed every symbol, or with the rejection when it has rejected some and
   * answered for the others. The call comes before the next record is delivered, while `ready` settles after the
   * records that came with the answer. Requests that are not answered, lost connections and ends of the run are
   * waited out: the stream requests the symbols again.
   */
  onDecided(decided: (rejection: StreamError | undefined) => void): void {
    this.#owner.whenDecided(this.entries, decided);
  }

  /**
   * Ends this subscription: its handler gets no further record, not even one that waits. Symbols that no other
   * subscription holds are unsubscribed at the server. Resolves on the server's answer, at once without a request.
   *
   * @throws TypeError when symbols are given: `stream.unsubscribeTrades` and the like remove some of them.
   */
  unsubscribe(): Promise<void>;
  unsubscribe(symbols?: unknown): Promise<void> {
    // Anything else may be an event: this method may be a listener.
    if (typeof symbols === "string" || isList(symbols))
      throw new TypeError(
        "unsubscribe takes no symbols, because it ends the whole subscription: use the unsubscribe methods of the stream",
      );
    return this.#owner.end(this);
  }

  /** The states of its symbols, as `states`. Called by `JSON.stringify`, for the logs of a `slow` event. */
  toJSON(): object {
    return { states: this.states };
  }

  /** `await using subscription = …` unsubscribes at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  /** The ledger's entries that it holds. For the stream. */
  get entries(): LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    for (const { entry } of this.#symbols.values()) if (entry !== undefined) entries.push(entry);
    return entries;
  }

  /** Removes a symbol; false if it has none such. For the stream. */
  forget(channel: string, symbol: string): boolean {
    return this.#symbols.delete(`${channel} ${symbol}`);
  }
}
