import * as LIMITS from "../limits.ts";
import { type ChannelSymbols, type ClientMessage, StreamError, WILDCARD } from "../wire/index.ts";
import { type LedgerEntry, type Loss, newEntry, symbolsByChannel, withSymbols } from "./ledger-entry.ts";
import { LedgerWaiters } from "./ledger-waiters.ts";
import { type PendingRequest, PendingRequests } from "./pending-requests.ts";
import { splitRejected } from "./request-parts.ts";
import { RequestQueue } from "./request-queue.ts";

/** What an acknowledgement came to. */
export interface Acknowledged {
  /** The answer lacks requested symbols. */
  readonly error: StreamError | undefined;
  /** Symbols that are active again, with the loss that ended; the report of the gap clears it. */
  readonly restored: readonly LedgerEntry[];
  /** Symbols that were active, are held, and are no longer listed: they are requested again. */
  readonly withdrawn: readonly LedgerEntry[];
}

/** Server codes that do not concern the symbols: the request is repeated at the next opportunity. */
const RETRIABLE: readonly number[] = [401, 404, 406, 407, 500];

/**
 * The symbols that are wanted, requested, confirmed and rejected. Sans-I/O: it returns what to send next,
 * and receives what the server answered.
 *
 * One request is outstanding at a time, because answers carry no id; calls made meanwhile merge into
 * the next one, and many symbols are split over several. Every answer is the connection's whole
 * subscription. It confirms symbols, and never removes what the user wants.
 */
export class SubscriptionLedger {
  /** The channels that a request may name. */
  readonly #channels: readonly string[];
  readonly #entries = new Map<string, Map<string, LedgerEntry>>();
  readonly #queue = new RequestQueue();
  /** Not answered in time: requested again with the next change or connection, or by {@link retryUnanswered}. */
  #unanswered: LedgerEntry[] = [];
  readonly #pending = new PendingRequests();
  /** As `channel symbol`: what the server has although it was unsubscribed as unwanted; until either changes. */
  readonly #abandoned = new Set<string>();
  #calls = 0;
  /** Called with each new entry until the server's first answer, for a stream that continues another one. */
  added: ((entry: LedgerEntry) => void) | undefined;
  /** The promises that wait for the server's answers. */
  readonly waiters: LedgerWaiters = new LedgerWaiters((entry) => !(entry.isConfirmed || this.#pending.concerns(entry)));

  constructor(channels: readonly string[]) {
    this.#channels = channels;
  }

  /** Adds symbols to be requested. Those that are there already are only held once more. */
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
        this.added?.(entry);
      }
      entry.refCount++;
      wanted.push(entry);
      this.#queue.cancelUnsubscribe(entry);
      const isLeaving = this.#pending.asks("unsubscribe", entry);
      if (entry.state === "rejected" || (entry.state === "wanted" && entry.refCount === 1) || isLeaving) {
        entry.state = "wanted";
        entry.error = undefined;
        entry.call = call;
        this.#queue.subscribe(entry);
      }
    }
    return wanted;
  }

  /** Returns a number for calls of {@link want} that belong together, and are rejected together. */
  beginCall(): number {
    return ++this.#calls;
  }

  /**
   * Releases symbols, once each or (`all`) entirely; those that no subscription holds are unsubscribed. Returns those of
   * them that were lost with a connection and are not active again; the report of the gap clears the loss.
   */
  release(entries: Iterable<LedgerEntry>, all = false): LedgerEntry[] {
    this.#reviveUnanswered();
    const lost: LedgerEntry[] = [];
    for (const entry of entries) {
      if (entry.refCount === 0) continue;
      entry.refCount = all ? 0 : entry.refCount - 1;
      if (entry.refCount > 0) continue;
      entry.error = undefined;
      if (entry.loss !== undefined) lost.push(entry);
      entry.sinceMs = undefined; // also if it is wanted again before it is unsubscribed
      this.#queue.cancelSubscribe(entry);
      const isRequested = this.#pending.asks("subscribe", entry);
      const isLeaving = this.#pending.asks("unsubscribe", entry);
      if (isLeaving) continue;
      if (entry.isConfirmed || isRequested) this.#queue.unsubscribe(entry);
      else this.#forget(entry);
    }
    this.waiters.settle();
    return lost;
  }

  /** The entry of a symbol, if a subscription holds it or it is being unsubscribed. */
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

  /** Symbols that a connection was lost with and that may become active again. */
  get lost(): readonly LedgerEntry[] {
    return this.#all.filter(({ loss, state }) => loss !== undefined && state !== "rejected");
  }

  /** Whether an answer of the server is awaited. */
  get isAwaitingAnswer(): boolean {
    return this.#pending.outstanding !== undefined;
  }

  /** Whether every request is settled. */
  get isSettled(): boolean {
    return !this.isAwaitingAnswer && this.#queue.isEmpty;
  }

  /** Whether something that was not answered waits to be requested again. */
  get hasUnanswered(): boolean {
    return this.#unanswered.length > 0;
  }

  /** Requests again what was not answered. */
  retryUnanswered(): void {
    this.#reviveUnanswered();
  }

  /** When the outstanding request counts as unanswered, in milliseconds of the session's clock. */
  get deadlineMs(): number | undefined {
    return this.#pending.outstanding?.deadlineMs;
  }

  /** The next request to send; undefined if there is none, or an answer is awaited. */
  next(deadlineMs: number): ClientMessage | undefined {
    if (this.isAwaitingAnswer) return undefined;
    const { action, entries } = this.#queue.next();
    if (entries.length === 0) return undefined;
    if (action === "subscribe") for (const entry of entries) entry.state = "requested";
    this.#pending.sent({ action, entries: new Set(entries), deadlineMs });
    return { action, symbols: symbolsByChannel(entries), unknownChannels: [] };
  }

  /**
   * The server acknowledged the connection's whole subscription, at `nowMs` of the monotonic clock. Returns an
   * error to report if the answer lacks requested symbols, and the symbols that are active again or no longer.
   */
  acknowledge(symbols: ChannelSymbols, nowMs = 0): Acknowledged {
    const restored: LedgerEntry[] = [];
    const withdrawn: LedgerEntry[] = [];
    const lists = new Map<string, Set<string>>();
    for (const [channel, list] of Object.entries(symbols)) lists.set(channel, new Set(list));
    const isListed = (entry: LedgerEntry): boolean => lists.get(entry.channel)?.has(entry.symbol) ?? false;

    this.added = undefined;
    const answered = this.#pending.finishAnswered(isListed);

    for (const entry of this.#all) {
      const wasConfirmed = entry.isConfirmed;
      entry.isConfirmed = isListed(entry);
      if (entry.isConfirmed && entry.state !== "active") {
        // A listed symbol is active, whichever request it answers, unless it is being unsubscribed.
        if (this.#pending.isLeaving(entry)) continue;
        entry.state = "active";
        entry.error = undefined;
        if (entry.loss !== undefined) restored.push(entry);
        this.#queue.cancelSubscribe(entry);
      } else if (wasConfirmed && !entry.isConfirmed && entry.state === "active") {
        entry.state = "wanted";
        if (entry.refCount > 0) {
          this.#queue.subscribe(entry);
          withdrawn.push(entry);
        }
      }
      if (entry.state === "active" && entry.refCount > 0) entry.sinceMs ??= nowMs;
      if (!entry.isConfirmed && entry.refCount === 0 && !this.#pending.concerns(entry)) this.#forget(entry);
    }
    this.#abandonUnwanted(lists);
    const error = answered?.action === "subscribe" ? this.#rejectUnlisted([...answered.entries]) : undefined;
    this.waiters.settle();
    return { error, restored, withdrawn };
  }

  /**
   * The server sent an error, for the outstanding request if there is one. Returns the error to report, with
   * the symbols it concerns; undefined while the request is repeated in parts.
   */
  reject(error: StreamError): StreamError | undefined {
    const outstanding = this.#pending.finish();
    if (outstanding === undefined) return error;
    const entries = [...outstanding.entries];
    let isSplit = false;
    if (RETRIABLE.includes(error.serverCode ?? 0)) this.#leaveUnanswered(outstanding, error);
    else if (outstanding.action === "unsubscribe") {
      for (const entry of entries) {
        if (entry.refCount > 0) continue; // wanted again meanwhile
        entry.error = error;
        this.#forget(entry);
      }
    } else {
      const parts = splitRejected(entries, error.serverCode);
      isSplit = parts.length > 1;
      if (isSplit) this.#queue.addParts(parts);
      else for (const entry of entries) this.#rejectEntry(entry, error);
    }
    this.waiters.settle();
    return isSplit ? undefined : withSymbols(error, entries);
  }

  /** The outstanding request was not answered in time. Returns the error to report. */
  timeOut(): StreamError | undefined {
    const outstanding = this.#pending.timeOut();
    if (outstanding === undefined) return undefined;
    const error = new StreamError(
      "ack_timeout",
      `the server did not answer a request to ${outstanding.action} in time; it is repeated within ${LIMITS.retryUnansweredMs / 1000} s`,
      { symbols: symbolsByChannel(outstanding.entries) },
    );
    // It may have received the request, so that a release has to unsubscribe.
    for (const entry of outstanding.entries) entry.isConfirmed = true;
    this.#leaveUnanswered(outstanding, error);
    this.waiters.settle();
    return error;
  }

  /**
   * The connection is lost: what was confirmed is requested first on the next one, then what was
   * pending. `loss` is undefined after a stop, which is no gap.
   */
  connectionLost(loss: Loss | undefined): void {
    const confirmed: LedgerEntry[] = [];
    const pending: LedgerEntry[] = [];
    for (const entry of this.#all) {
      if (entry.refCount === 0) this.#forget(entry);
      else if (entry.state === "active") confirmed.push(entry);
      else if (entry.state !== "rejected") pending.push(entry);
      entry.isConfirmed = false; // of rejected ones as well: the server may have had them all the same
      if (loss !== undefined) continue;
      entry.loss = undefined;
      entry.sinceMs = undefined;
    }
    this.#pending.clear();
    this.#abandoned.clear();
    this.#unanswered = [];
    this.#queue.reset(confirmed, pending);
    // A gap begins with the first loss since the symbol was active.
    for (const entry of confirmed) entry.loss ??= loss;
    for (const entry of [...confirmed, ...pending]) {
      entry.state = "wanted";
      entry.error = undefined;
    }
    this.waiters.settle();
  }

  get #all(): LedgerEntry[] {
    return [...this.#entries.values()].flatMap((entries) => [...entries.values()]);
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
    this.#queue.cancelSubscribe(entry);
    this.#queue.cancelUnsubscribe(entry);
    if (entry.refCount === 0 && this.find(entry.channel, entry.symbol) === entry) {
      this.#entries.get(entry.channel)?.delete(entry.symbol);
    }
  }

  #rejectUnlisted(entries: readonly LedgerEntry[]): StreamError | undefined {
    const unlisted = entries.filter((entry) => !entry.isConfirmed && entry.state === "requested");
    if (unlisted.length === 0) return undefined;
    const error = new StreamError("not_confirmed", "the server's answer does not list requested symbols", {
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
   * Unsubscribes symbols that the server has and no subscription holds: an error that answered nothing
   * made the client forget a request that the server then granted. Once, so that a server that ignores
   * it is not asked forever.
   */
  #abandonUnwanted(lists: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const key of this.#abandoned) {
      const [channel, symbol] = key.split(" ") as [string, string]; // made so below
      // It was unsubscribed: if it is listed again, another request was granted late.
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
        this.#queue.unsubscribe(entry);
      }
    }
  }

  #leaveUnanswered({ action, entries }: PendingRequest, error: StreamError): void {
    for (const entry of entries) {
      // Confirmed by another answer, or wanted again while it was to leave: nothing is open.
      if (action === "subscribe" ? entry.state === "active" : entry.refCount > 0) continue;
      entry.state = "wanted"; // after an unsubscribe too: the server may still have it
      entry.error = error;
      this.#unanswered.push(entry);
    }
  }

  #reviveUnanswered(): void {
    for (const entry of this.#unanswered.splice(0)) {
      const isForgotten = this.find(entry.channel, entry.symbol) !== entry;
      // Another answer may have confirmed or rejected it since; what was rejected is not requested again.
      if (isForgotten || entry.state === "rejected" || (entry.state === "active" && entry.refCount > 0)) continue;
      entry.error = undefined;
      if (entry.refCount > 0) this.#queue.subscribe(entry);
      else this.#queue.unsubscribe(entry);
    }
  }
}
