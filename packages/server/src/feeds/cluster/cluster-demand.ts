import type { Clock, Timer } from "@tickerplant/client";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { DemandChange, DemandRequest, Rejection } from "../feed.ts";
import { keysOf, symbolsOf } from "../upstream/symbol-keys.ts";
import { CarriedSymbols, named } from "./carried-symbols.ts";
import { CLUSTER_FEED_LIMITS } from "./limits.ts";

/** What an ingest has said of what it carries. */
export interface CarriedState {
  readonly carried: CarriedSymbols;
  /** Whether it subscribes to what gateways ask for. */
  readonly isOnDemand: boolean;
  /** Why its source sends nothing at the moment. */
  readonly problem: string | undefined;
}

/** Parts of a {@link ClusterDemand}. */
export interface ClusterDemandParts {
  readonly feed: string;
  readonly clock: Clock;
  /** What is asked for has changed, of an ingest that carries it on demand. */
  readonly wantsChanged: () => void;
  /** The ingest does not carry symbols any more that were confirmed, or that no client has. */
  readonly withdrawn: (symbols: ChannelSymbols, rejection: Rejection) => void;
}

/** A request that waits for the ingest. */
interface Waiting {
  readonly request: DemandRequest;
  readonly keys: readonly string[];
  /** Ends the wait; undefined while what NATS had at the start is being read. */
  timer: Timer;
}

/**
 * Answers the clients' requests by what the ingest carries. The ingest serves all gateways alike: a request changes
 * nothing in NATS, unless the ingest subscribes on demand.
 */
export class ClusterDemand {
  readonly #parts: ClusterDemandParts;
  /** Undefined while no ingest is known: then everything is confirmed. */
  #state: CarriedState | undefined;
  /** Whether requests are answered: what NATS had at the start was read. */
  #isOpen = false;
  readonly #waiting = new Set<Waiting>();
  /** What was confirmed and not released. */
  readonly #held = new Set<string>();
  /** Runs while something of that is not carried. */
  #graceTimer: Timer;
  #isStopped = false;

  constructor(parts: ClusterDemandParts) {
    this.#parts = parts;
  }

  /** What is asked for of an ingest that carries it on demand; undefined for any other. */
  get wants(): ChannelSymbols | undefined {
    if (this.#state?.isOnDemand !== true) return undefined;
    return symbolsOf(this.#wanted());
  }

  /** The clients' demand has changed. */
  change({ released, requests }: DemandChange): void {
    if (this.#isStopped) return;
    for (const key of keysOf(released)) this.#held.delete(key);
    for (const request of requests) this.#waiting.add({ request, keys: keysOf(request.symbols), timer: undefined });
    if (this.#isOpen) this.#decide();
    this.#wantsChanged();
  }

  /** Answers requests from now on, and while there was nothing to wait for, at once. */
  open(): void {
    this.#isOpen = true;
    this.#decide();
  }

  /** Lets requests wait: what comes from NATS is not up to date. */
  close(): void {
    this.#isOpen = false;
  }

  /** What the ingest carries is known, or has changed. */
  stateChanged(state: CarriedState): void {
    const before = this.#state;
    this.#state = state;
    const lost = state.carried.isEmpty ? [] : (before?.carried.lostIn(state.carried) ?? []);
    const wanted = this.#wanted();
    const unused = lost.filter((key) => !wanted.has(key));
    if (unused.length > 0) this.#parts.withdrawn(symbolsOf(unused), this.#lacking(unused));
    if (this.#isOpen) this.#decide();
    this.#checkHeld();
    if (before?.isOnDemand !== state.isOnDemand) this.#wantsChanged();
  }

  /** The source rejects symbols that a gateway has asked for. */
  rejected(symbols: ChannelSymbols, rejection: Rejection): void {
    if (!this.#isOpen) return; // it is of the past
    const rejected = new Set(this.#state?.carried.missing(keysOf(symbols)) ?? keysOf(symbols));
    for (const waiting of this.#waiting)
      if (waiting.keys.some((key) => rejected.has(key))) this.#end(waiting).reject(rejection);
    this.#withdraw([...rejected], rejection);
    this.#wantsChanged();
  }

  /** The source no longer carries symbols. */
  withdrawn(symbols: ChannelSymbols, rejection: Rejection): void {
    if (!this.#isOpen) return; // it is of the past
    this.#withdraw(keysOf(symbols), rejection);
    this.#wantsChanged();
  }

  /** The feed ends. */
  stop(): void {
    this.#isStopped = true;
    for (const waiting of [...this.#waiting]) this.#end(waiting);
    this.#parts.clock.clearTimer(this.#graceTimer);
  }

  /** What clients have, and what they wait for. */
  #wanted(): Set<string> {
    return new Set([...this.#held, ...[...this.#waiting].flatMap(({ keys }) => keys)]);
  }

  #decide(): void {
    for (const waiting of [...this.#waiting]) {
      const missing = this.#state?.carried.missing(waiting.keys) ?? [];
      if (missing.length === 0) this.#confirm(waiting);
      else if (this.#mayCome) waiting.timer ??= this.#timeOut(waiting);
      else this.#end(waiting).reject(this.#lacking(missing));
    }
  }

  /** Whether what is not carried may be in a moment. */
  get #mayCome(): boolean {
    const { carried, isOnDemand, problem } = this.#state ?? { isOnDemand: false, problem: undefined };
    return isOnDemand || problem !== undefined || carried?.isEmpty === true;
  }

  #confirm(waiting: Waiting): void {
    for (const key of waiting.keys) this.#held.add(key);
    this.#end(waiting).confirm();
  }

  #timeOut(waiting: Waiting): Timer {
    return this.#parts.clock.setTimer(() => {
      waiting.timer = undefined;
      if (!this.#isOpen) return; // NATS is lost: the request is decided when it is back
      const missing = this.#state?.carried.missing(waiting.keys) ?? [];
      this.#end(waiting).reject(this.#lacking(missing));
      this.#wantsChanged();
    }, CLUSTER_FEED_LIMITS.answerMs);
  }

  #end(waiting: Waiting): DemandRequest {
    this.#waiting.delete(waiting);
    this.#parts.clock.clearTimer(waiting.timer);
    return waiting.request;
  }

  /** Gives an ingest that has taken over the time to subscribe to what was confirmed; then withdraws the rest. */
  #checkHeld(): void {
    const { clock } = this.#parts;
    const missing = this.#state?.carried.missing(this.#held) ?? [];
    if (missing.length === 0 || this.#isStopped) {
      clock.clearTimer(this.#graceTimer);
      this.#graceTimer = undefined;
      return;
    }
    this.#graceTimer ??= clock.setTimer(() => {
      this.#graceTimer = undefined;
      const late = this.#state?.carried.missing(this.#held) ?? [];
      // A source that is lost carries nothing for as long as that lasts, and its clients wait for it.
      if (this.#state?.problem !== undefined) return this.#checkHeld();
      this.#withdraw(late, this.#lacking(late));
      this.#wantsChanged();
    }, CLUSTER_FEED_LIMITS.answerMs);
  }

  #withdraw(keys: readonly string[], rejection: Rejection): void {
    const held = keys.filter((key) => this.#held.delete(key));
    if (held.length > 0) this.#parts.withdrawn(symbolsOf(held), rejection);
  }

  #lacking(missing: readonly string[]): Rejection {
    const { feed } = this.#parts;
    const { carried = new CarriedSymbols({}), isOnDemand = false, problem } = this.#state ?? {};
    if (problem !== undefined)
      return { number: 500, message: `the source of the ingest of ${feed} sends nothing: ${problem}` };
    if (!isOnDemand) return { number: 405, message: carried.lacks(feed, missing) };
    const seconds = CLUSTER_FEED_LIMITS.answerMs / 1000;
    const symbols = named(symbolsOf(missing), " and ");
    return { number: 500, message: `the ingest of ${feed} has not subscribed to ${symbols} within ${seconds} s` };
  }

  #wantsChanged(): void {
    if (this.#state?.isOnDemand === true && !this.#isStopped) this.#parts.wantsChanged();
  }
}
