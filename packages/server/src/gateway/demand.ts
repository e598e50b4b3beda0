import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { DemandChange, DemandRequest, Rejection } from "../feeds/feed.ts";

/** Called with the feed's answer to a request: undefined when it confirmed. */
export type Answered = (rejection: Rejection | undefined) => void;

/** A symbol of a channel that clients demand, or that the feed carries. */
interface Entry<Client> {
  readonly channel: string;
  readonly symbol: string;
  /** The clients that are subscribed, or wait for the feed's answer. */
  readonly clients: Set<Client>;
  /** Whether the feed has confirmed it, and it was not released since. */
  isCarried: boolean;
}

/** A request that the feed has not answered. */
interface Pending<Client> {
  readonly request: DemandRequest;
  /** The entries that the client did not have before the request. */
  readonly added: readonly Entry<Client>[];
}

/**
 * The symbols that the clients of a feed demand, counted by client. Once per turn, the feed gets requests for
 * those that it does not carry, and the symbols that it need not carry any more.
 *
 * Requests are independent of each other: one that waits for a symbol does not spare another client's
 * request for it, because the feed may reject the first for another of its symbols.
 */
export class Demand<Client> {
  /** By channel, then by symbol. */
  readonly #channels = new Map<string, Map<string, Entry<Client>>>();
  /** A client waits for one request at a time. */
  readonly #pending = new Map<Client, Pending<Client>>();
  /** Entries that have lost their last client since the last change. */
  readonly #idle = new Set<Entry<Client>>();
  /** Requests that the feed was not sent yet. */
  #requests: DemandRequest[] = [];
  readonly #send: (change: DemandChange) => void;
  readonly #carried: (symbols: ChannelSymbols) => void;
  #state: "waiting" | "open" | "closed" = "waiting";
  #isFlushDue = false;

  /** `send` hands a change to the feed; `carried` is called with symbols that it has begun to carry. */
  constructor(send: (change: DemandChange) => void, carried: (symbols: ChannelSymbols) => void) {
    this.#send = send;
    this.#carried = carried;
  }

  /** Whether a client waits for the feed's answer. */
  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether nothing is demanded or carried. */
  get isEmpty(): boolean {
    return this.#pending.size === 0 && [...this.#channels.values()].every(({ size }) => size === 0);
  }

  /** The feed runs: it is sent what has gathered, and every change from now on. */
  open(): void {
    this.#state = "open";
    this.#schedule();
  }

  /** The feed has ended, and answers nothing more: what waits for it counts as confirmed, as with a feed that is not asked. */
  close(): void {
    this.#state = "closed";
    const pending = [...this.#pending.values()];
    this.#requests = [];
    for (const { request } of pending) request.confirm();
    this.#channels.clear();
    this.#idle.clear();
  }

  /** Requests the symbols that the feed does not carry; `answered` is called at once if it carries all. */
  request(client: Client, symbols: ChannelSymbols, answered: Answered): void {
    if (this.#state === "closed") return answered(undefined);
    const missing: Entry<Client>[] = [];
    const added: Entry<Client>[] = [];
    for (const entry of this.#entriesOf(symbols)) {
      if (!entry.isCarried) missing.push(entry);
      if (!entry.clients.has(client)) added.push(entry);
      entry.clients.add(client);
    }
    if (missing.length === 0) return answered(undefined);
    const request = this.#requestFor(client, missing, added, answered);
    this.#pending.set(client, { request, added });
    this.#requests.push(request);
    this.#schedule();
  }

  /** A client has unsubscribed from symbols. Ignores those that it does not have. */
  release(client: Client, symbols: ChannelSymbols): void {
    for (const [channel, list = []] of Object.entries(symbols)) {
      for (const symbol of list) {
        const entry = this.#channels.get(channel)?.get(symbol);
        if (entry !== undefined) this.#drop(client, entry);
      }
    }
  }

  /** A client that was subscribed to symbols has left; it may wait for an answer. */
  leave(client: Client, symbols: ChannelSymbols): void {
    const pending = this.#pending.get(client);
    if (pending !== undefined) {
      this.#pending.delete(client);
      this.#requests = this.#requests.filter((request) => request !== pending.request); // the feed may have it already
      for (const entry of pending.added) this.#drop(client, entry);
    }
    this.release(client, symbols);
  }

  /** The feed no longer carries symbols that it had confirmed. Returns the clients that demand one of them. */
  withdraw(symbols: ChannelSymbols): ReadonlySet<Client> {
    const clients = new Set<Client>();
    for (const [channel, list = []] of Object.entries(symbols)) {
      for (const symbol of list) {
        const entry = this.#channels.get(channel)?.get(symbol);
        if (entry === undefined) continue;
        entry.isCarried = false;
        for (const client of entry.clients) clients.add(client);
      }
    }
    return clients;
  }

  #requestFor(
    client: Client,
    missing: readonly Entry<Client>[],
    added: readonly Entry<Client>[],
    answered: Answered,
  ): DemandRequest {
    let isAnswered = false;
    const settle = (rejection: Rejection | undefined): void => {
      if (isAnswered) return;
      isAnswered = true;
      const isWaiting = this.#pending.get(client)?.request === request; // the client may have left
      if (isWaiting) this.#pending.delete(client);
      if (rejection === undefined) this.#carry(missing);
      else if (isWaiting) for (const entry of added) this.#drop(client, entry);
      if (isWaiting) answered(rejection);
    };
    const request: DemandRequest = {
      symbols: symbolsOf(missing),
      confirm: () => settle(undefined),
      reject: ({ number, message }) => settle({ number, message }),
    };
    return request;
  }

  #carry(entries: readonly Entry<Client>[]): void {
    if (this.#state === "closed") return;
    const carried: Entry<Client>[] = [];
    for (const asked of entries) {
      // If all clients have left in the meantime, others may have a new one.
      const entry = asked.clients.size > 0 ? asked : this.#entryOf(asked.channel, asked.symbol);
      if (!entry.isCarried) carried.push(entry);
      entry.isCarried = true;
      if (entry.clients.size === 0) this.#idle.add(entry);
    }
    if (carried.length > 0) this.#carried(symbolsOf(carried));
    if (this.#idle.size > 0) this.#schedule();
  }

  #drop(client: Client, entry: Entry<Client>): void {
    if (!entry.clients.delete(client) || entry.clients.size > 0) return;
    if (!entry.isCarried) return this.#delete(entry);
    this.#idle.add(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isFlushDue || this.#state !== "open") return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#state !== "open") return;
    const idle = [...this.#idle].filter(({ clients }) => clients.size === 0); // another client may have come
    this.#idle.clear();
    for (const entry of idle) this.#delete(entry);
    const requests = this.#requests;
    this.#requests = [];
    if (idle.length > 0 || requests.length > 0) this.#send({ released: symbolsOf(idle), requests });
  }

  *#entriesOf(symbols: ChannelSymbols): Generator<Entry<Client>> {
    for (const [channel, list = []] of Object.entries(symbols)) {
      for (const symbol of new Set(list)) yield this.#entryOf(channel, symbol);
    }
  }

  #entryOf(channel: string, symbol: string): Entry<Client> {
    const entries = this.#channels.get(channel) ?? new Map<string, Entry<Client>>();
    if (entries.size === 0) this.#channels.set(channel, entries);
    let entry = entries.get(symbol);
    if (entry === undefined) {
      entry = { channel, symbol, clients: new Set(), isCarried: false };
      entries.set(symbol, entry);
    }
    return entry;
  }

  #delete({ channel, symbol }: Entry<Client>): void {
    this.#channels.get(channel)?.delete(symbol);
  }
}

function symbolsOf(entries: readonly { readonly channel: string; readonly symbol: string }[]): ChannelSymbols {
  const symbols: Record<string, string[]> = {};
  for (const { channel, symbol } of entries) {
    symbols[channel] ??= [];
    symbols[channel].push(symbol);
  }
  return symbols;
}
