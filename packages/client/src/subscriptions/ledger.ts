import * as LIMITS from "../limits.ts";
import { type ChannelSymbols, type ClientMessage, StreamError, WILDCARD } from "../wire/index.ts";
import { type LedgerEntry, type Loss, newEntry, symbolsByChannel, withSymbols } from "./ledger-entry.ts";
import { type PendingRequest, PendingRequests } from "./pending-requests.ts";
import { removeChunk, splitRejected } from "./request-parts.ts";

interface Waiter {
  readonly entries: readonly LedgerEntry[];
  readonly for: "active" | "gone";
  readonly resolve: () => void;
  readonly reject: (error: StreamError) => void;
}

/** What an acknowledgement came to. */
export interface Acknowledged {
  /** The answer leaves out what was asked for. */
  readonly error: StreamError | undefined;
  /** Symbols that are active again, with the loss that ended: whoever reports the gap clears it. */
  readonly restored: readonly LedgerEntry[];
  /** Symbols that were active, are held, and are no longer listed: they are asked for again. */
  readonly withdrawn: readonly LedgerEntry[];
}

/** Numbers of errors that say nothing about the symbols: the request is made again on the next occasion. */
const RETRIABLE: readonly number[] = [401, 404, 406, 407, 500];

/**
 * The ledger of what is wanted, requested, confirmed and rejected. Sans-I/O: it says what to send
 * next, and is told what the server answered.
 *
 * One request is outstanding at a time, because answers carry no id; calls made meanwhile merge into
 * the next one, and long lists go out in several. Every answer is the connection's whole
 * subscription. It confirms and never takes away a wish.
 */
export class SubscriptionLedger {
  /** The channels that a request may name. */
  readonly #channels: readonly string[];
  readonly #entries = new Map<string, Map<string, LedgerEntry>>();
  readonly #waiters = new Set<Waiter>();
  /** What the last connection had: asked for before anything else, and not together with it. */
  #toRestore = new Set<LedgerEntry>();
  /** In the order in which they are to be asked for. */
  #toSubscribe = new Set<LedgerEntry>();
  readonly #toUnsubscribe = new Set<LedgerEntry>();
  /** Parts of a rejected request, each to be asked for alone. */
  #parts: LedgerEntry[][] = [];
  /** Not answered in time: asked for again with the next change or connection, or by {@link retryUnanswered}. */
  #unanswered: LedgerEntry[] = [];
  readonly #pending = new PendingRequests();
  /** As `channel symbol`: what the server has although nobody holds it, and was told so; until either ends. */
  readonly #abandoned = new Set<string>();
  #calls = 0;
  /** Why nothing can become active any more, while the stream is on its way out. */
  #waitersError: StreamError | undefined;

  constructor(channels: readonly string[]) {
    this.#channels = channels;
  }

  /** Asks for symbols. Those already asked for are only held once more. */
  want(channel: string, symbols: Iterable<string>, call: number = this.beginCall()): LedgerEntry[] {
    this.#reviveUnanswered();
    const channelEntries = this.#channel(channel);
    const wanted: LedgerEntry[] = [];
    for (const symbol of symbols) {
      this.#abandoned.delete(`${channel} ${symbol}`);
      let entry = channelEntries.get(symbol);
      if (entry === undefined) {
        entry = newEntry(channel, symbol, call);
        channelEntries.set(symbol, entry);
      }
      entry.refCount++;
      wanted.push(entry);
      this.#toUnsubscribe.delete(entry);
      const isLeaving = this.#pending.asks("unsubscribe", entry);
      if (entry.state === "rejected" || (entry.state === "wanted" && entry.refCount === 1) || isLeaving) {
        entry.state = "wanted";
        entry.error = undefined;
        entry.call = call;
        this.#toSubscribe.add(entry);
      }
    }
    return wanted;
  }

  /** A number for the calls of {@link want} that belong together, and are rejected together. */
  beginCall(): number {
    return ++this.#calls;
  }

  /** Lets go of symbols, `refCount` times each (default once); without a holder left, the server is told. */
  release(entries: Iterable<LedgerEntry>, all = false): void {
    this.#reviveUnanswered();
    for (const entry of entries) {
      if (entry.refCount === 0) continue;
      entry.refCount = all ? 0 : entry.refCount - 1;
      if (entry.refCount > 0) continue;
      entry.error = undefined;
      entry.loss = undefined; // given up with it
      this.#toRestore.delete(entry);
      this.#toSubscribe.delete(entry);
      const isRequested = this.#pending.asks("subscribe", entry);
      const isLeaving = this.#pending.asks("unsubscribe", entry);
      if (isLeaving) continue;
      if (entry.isConfirmed || isRequested) this.#toUnsubscribe.add(entry);
      else this.#forget(entry);
    }
    this.#settleWaiters();
  }

  /** The entry of a symbol, if somebody holds it or it is on its way out. */
  find(channel: string, symbol: string): LedgerEntry | undefined {
    return this.#entries.get(channel)?.get(symbol);
  }

  /** The channels in which the server has confirmed something, and whether that is all symbols. */
  get activeChannels(): ReadonlyMap<string, { readonly hasWildcard: boolean }> {
    const active = new Map<string, { readonly hasWildcard: boolean }>();
    for (const [channel, entries] of this.#entries) {
      if (entries.get(WILDCARD)?.state === "active") active.set(channel, { hasWildcard: true });
      else
        for (const { state } of entries.values()) if (state === "active") active.set(channel, { hasWildcard: false });
    }
    return active;
  }

  /** Resolves when the server has confirmed all entries; rejects, once all are settled, if any failed. */
  whenActive(entries: readonly LedgerEntry[]): Promise<void> {
    return this.#wait(entries, "active");
  }

  /** Resolves when the server no longer sends the entries. */
  whenGone(entries: readonly LedgerEntry[]): Promise<void> {
    return this.#wait(entries, "gone");
  }

  /** Whether an answer of the server is awaited. */
  get isAwaitingAnswer(): boolean {
    return this.#pending.outstanding !== undefined;
  }

  /** Whether everything asked for is settled. */
  get isSettled(): boolean {
    return (
      this.#pending.outstanding === undefined &&
      this.#toRestore.size === 0 &&
      this.#toSubscribe.size === 0 &&
      this.#toUnsubscribe.size === 0 &&
      this.#parts.length === 0
    );
  }

  /** Whether something that was not answered waits to be asked for again. */
  get hasUnanswered(): boolean {
    return this.#unanswered.length > 0;
  }

  /** Asks again for what was not answered. */
  retryUnanswered(): void {
    this.#reviveUnanswered();
  }

  /** When the outstanding request counts as unanswered, in milliseconds of the session's clock. */
  get deadlineMs(): number | undefined {
    return this.#pending.outstanding?.deadlineMs;
  }

  /** The next request to send, or undefined: nothing to ask, or an answer is awaited. */
  next(deadlineMs: number): ClientMessage | undefined {
    if (this.isAwaitingAnswer) return undefined;
    const action = this.#toUnsubscribe.size > 0 ? "unsubscribe" : "subscribe";
    const entries = action === "unsubscribe" ? removeChunk(this.#toUnsubscribe) : this.#nextToSubscribe();
    if (entries.length === 0) return undefined;
    if (action === "subscribe") for (const entry of entries) entry.state = "requested";
    this.#pending.sent({ action, entries: new Set(entries), deadlineMs });
    return { action, symbols: symbolsByChannel(entries), unknownChannels: [] };
  }

  /**
   * The server's word on the connection's whole subscription. Returns, for whoever reports it, an
   * error when the answer leaves out what was asked for, and what is active again or no longer.
   */
  acknowledge(symbols: ChannelSymbols): Acknowledged {
    const restored: LedgerEntry[] = [];
    const withdrawn: LedgerEntry[] = [];
    const lists = new Map<string, Set<string>>();
    for (const [channel, list] of Object.entries(symbols)) lists.set(channel, new Set(list));
    const isListed = (entry: LedgerEntry): boolean => lists.get(entry.channel)?.has(entry.symbol) ?? false;

    const answered = this.#pending.finishAnswered(isListed);

    for (const channelEntries of this.#entries.values()) {
      for (const entry of channelEntries.values()) {
        const wasConfirmed = entry.isConfirmed;
        entry.isConfirmed = isListed(entry);
        if (entry.isConfirmed && entry.state !== "active") {
          // A listed symbol is active whoever asked for it last, unless it is about to leave.
          if (this.#pending.isLeaving(entry)) continue;
          entry.state = "active";
          entry.error = undefined;
          if (entry.loss !== undefined) restored.push(entry);
          this.#toRestore.delete(entry);
          this.#toSubscribe.delete(entry);
        } else if (wasConfirmed && !entry.isConfirmed && entry.state === "active") {
          entry.state = "wanted";
          if (entry.refCount > 0) {
            this.#toSubscribe.add(entry);
            withdrawn.push(entry);
          }
        }
        if (!entry.isConfirmed && entry.refCount === 0 && !this.#pending.concerns(entry)) this.#forget(entry);
      }
    }
    this.#abandonUnwanted(lists);
    const error = answered?.action === "subscribe" ? this.#rejectUnlisted([...answered.entries]) : undefined;
    this.#settleWaiters();
    return { error, restored, withdrawn };
  }

  /**
   * The server's error, for the outstanding request if there is one. Returns the error for whoever
   * reports it, with the symbols it hits; undefined while the request is being taken apart.
   */
  reject(error: StreamError): StreamError | undefined {
    const outstanding = this.#pending.finish();
    if (outstanding === undefined) return error;
    const entries = [...outstanding.entries];
    let isTakenApart = false;
    if (RETRIABLE.includes(error.serverCode ?? 0)) this.#leaveUnanswered(outstanding, error);
    else if (outstanding.action === "unsubscribe") {
      for (const entry of entries) {
        if (entry.refCount > 0) continue; // wanted again meanwhile
        entry.error = error;
        this.#forget(entry);
      }
    } else {
      const parts = splitRejected(entries, error.serverCode);
      isTakenApart = parts.length > 1;
      if (isTakenApart) this.#parts.unshift(...parts);
      else for (const entry of entries) this.#rejectEntry(entry, error);
    }
    this.#settleWaiters();
    return isTakenApart ? undefined : withSymbols(error, entries);
  }

  /** The outstanding request was not answered in time. Returns the error, for whoever reports it. */
  timeOut(): StreamError | undefined {
    const outstanding = this.#pending.timeOut();
    if (outstanding === undefined) return undefined;
    const error = new StreamError(
      "ack_timeout",
      `the server did not answer a request to ${outstanding.action} in time; it is made again with the next change or connection, at the latest in ${LIMITS.retryUnansweredMs / 1000} s`,
      { symbols: symbolsByChannel(outstanding.entries) },
    );
    // It may have heard the request: whoever gives a symbol up has to tell it.
    for (const entry of outstanding.entries) entry.isConfirmed = true;
    this.#leaveUnanswered(outstanding, error);
    this.#settleWaiters();
    return error;
  }

  /**
   * The connection is gone: what was confirmed is asked for first on the next one, then what was
   * pending. `loss` is undefined after a stop, when nothing is missed that the user did not give up.
   */
  connectionLost(loss: Loss | undefined): void {
    const confirmed: LedgerEntry[] = [];
    const pending: LedgerEntry[] = [];
    for (const channelEntries of this.#entries.values()) {
      for (const entry of channelEntries.values()) {
        if (entry.refCount === 0) this.#forget(entry);
        else if (entry.state === "active") confirmed.push(entry);
        else if (entry.state !== "rejected") pending.push(entry);
        entry.isConfirmed = false; // of what was rejected as well: the server may have had it all the same
        if (loss === undefined) entry.loss = undefined;
      }
    }
    this.#pending.clear();
    this.#abandoned.clear();
    this.#parts = [];
    this.#unanswered = [];
    this.#toUnsubscribe.clear();
    this.#toRestore = new Set(confirmed);
    this.#toSubscribe = new Set(pending);
    // An earlier loss that is not mended yet began the gap.
    for (const entry of confirmed) entry.loss ??= loss;
    for (const entry of [...confirmed, ...pending]) {
      entry.state = "wanted";
      entry.error = undefined;
    }
    this.#settleWaiters();
  }

  /**
   * Rejects whoever waits for symbols to become active, now and until {@link allowWaiters}. The wishes stay.
   * Whoever waits for symbols to be gone is content when the connection is.
   */
  failWaiters(error: StreamError): void {
    this.#waitersError = error;
    for (const waiter of this.#waiters) {
      if (waiter.for === "gone") continue;
      this.#waiters.delete(waiter);
      waiter.reject(error);
    }
  }

  /** From now on symbols can become active, on this connection or the next. */
  allowWaiters(): void {
    this.#waitersError = undefined;
  }

  #channel(channel: string): Map<string, LedgerEntry> {
    let entries = this.#entries.get(channel);
    if (entries === undefined) {
      entries = new Map();
      this.#entries.set(channel, entries);
    }
    return entries;
  }

  #forget(entry: LedgerEntry): void {
    entry.isConfirmed = false;
    this.#toUnsubscribe.delete(entry);
    this.#toRestore.delete(entry);
    this.#toSubscribe.delete(entry);
    if (entry.refCount === 0 && this.find(entry.channel, entry.symbol) === entry) {
      this.#entries.get(entry.channel)?.delete(entry.symbol);
    }
  }

  #nextToSubscribe(): LedgerEntry[] {
    if (this.#toRestore.size > 0) return removeChunk(this.#toRestore);
    for (;;) {
      // Some may be confirmed by now: the answer came after all.
      const part = this.#parts.shift()?.filter(({ refCount, state }) => refCount > 0 && state !== "active");
      if (part === undefined) return removeChunk(this.#toSubscribe);
      if (part.length > 0) return part;
    }
  }

  #rejectUnlisted(entries: readonly LedgerEntry[]): StreamError | undefined {
    const unlisted = entries.filter((entry) => !entry.isConfirmed && entry.state === "requested");
    if (unlisted.length === 0) return undefined;
    const error = new StreamError("not_confirmed", "the server's answer does not list what was asked for", {
      symbols: symbolsByChannel(unlisted),
    });
    for (const entry of unlisted) this.#rejectEntry(entry, error);
    return error;
  }

  #rejectEntry(entry: LedgerEntry, error: StreamError): void {
    entry.state = "rejected";
    entry.error = error;
    if (entry.refCount === 0) this.#forget(entry);
  }

  /**
   * The server has what nobody holds: an error that answered nothing made us forget a request that
   * it then granted. Told once, so that a server that will not listen is not asked for ever.
   */
  #abandonUnwanted(lists: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const key of this.#abandoned) {
      const [channel, symbol] = key.split(" ") as [string, string]; // made so below
      // It listened: should it have the symbol again, a request of ours came late.
      if (!lists.get(channel)?.has(symbol)) this.#abandoned.delete(key);
    }
    for (const channel of this.#channels) {
      for (const symbol of lists.get(channel) ?? []) {
        const key = `${channel} ${symbol}`;
        if (this.find(channel, symbol) !== undefined || this.#abandoned.has(key)) continue;
        this.#abandoned.add(key);
        const entry = newEntry(channel, symbol, 0);
        entry.state = "active";
        entry.isConfirmed = true;
        this.#channel(channel).set(symbol, entry);
        this.#toUnsubscribe.add(entry);
      }
    }
  }

  #leaveUnanswered({ action, entries }: PendingRequest, error: StreamError): void {
    for (const entry of entries) {
      // Confirmed by another answer, or wanted again while it was to leave: nothing is open.
      if (action === "subscribe" ? entry.state === "active" : entry.refCount > 0) continue;
      entry.state = "wanted"; // after an unsubscribe too: nobody knows whether the server still has it
      entry.error = error;
      this.#unanswered.push(entry);
    }
  }

  #reviveUnanswered(): void {
    for (const entry of this.#unanswered.splice(0)) {
      const isForgotten = this.find(entry.channel, entry.symbol) !== entry;
      // Meanwhile another answer may have confirmed or rejected it; what was rejected is not asked for again.
      if (isForgotten || entry.state === "rejected" || (entry.state === "active" && entry.refCount > 0)) continue;
      entry.error = undefined;
      if (entry.refCount > 0) this.#toSubscribe.add(entry);
      else this.#toUnsubscribe.add(entry);
    }
  }

  #wait(entries: readonly LedgerEntry[], goal: "active" | "gone"): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { entries, for: goal, resolve, reject };
      if (this.#settle(waiter)) return;
      if (goal === "active" && this.#waitersError !== undefined) reject(this.#waitersError);
      else this.#waiters.add(waiter);
    });
    // Whoever does not await an outcome has not asked to crash for it.
    promise.catch(() => {});
    return promise;
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) if (this.#settle(waiter)) this.#waiters.delete(waiter);
  }

  #settle({ entries, for: goal, resolve, reject }: Waiter): boolean {
    if (!entries.every(goal === "active" ? isActiveOrFailed : this.#isGoneOrFailed)) return false;
    const failed = entries.filter(({ error, refCount }) => error !== undefined && refCount > 0 === (goal === "active"));
    const first = failed[0]?.error;
    if (first === undefined) resolve();
    else reject(withSymbols(first, failed));
    return true;
  }

  readonly #isGoneOrFailed = (entry: LedgerEntry): boolean =>
    entry.error !== undefined || entry.refCount > 0 || !(entry.isConfirmed || this.#pending.concerns(entry));
}

function isActiveOrFailed(entry: LedgerEntry): boolean {
  // Without a holder nobody wants it any more: what was waited for cannot come.
  return entry.state === "active" || entry.error !== undefined || entry.refCount === 0;
}
