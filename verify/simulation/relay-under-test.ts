import { inspect } from "node:util";
import { type AnyRecord, Codec } from "@tickerplant/client";
import { scriptedHistory } from "@tickerplant/client/testing";
import {
  type DemandChange,
  type DemandRequest,
  type Feed,
  type FeedGap,
  type FeedSink,
  type GatewayEvent,
  type Rejection,
  type SourceEvent,
  upstream,
} from "tickerplant";
import type { Random } from "../shared/random.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { Invariants } from "./invariants.ts";
import { numberOf, type Published } from "./market.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { ReleasedRecords } from "./released-records.ts";
import type { SimulatedConnection } from "./simulated-connection.ts";
import type { SimulatedHistorySource } from "./simulated-history.ts";
import { PartyClock, type WorldClock } from "./world-clock.ts";

/** How long after the last fault upstream the relay has its connection again, and what was not answered is requested again. */
const RECOVERY_MS = 60_000;
/** How long an answer may take then: several requests, one after the other, through a good network. */
const ANSWER_MS = 15_000;
/** From a connection to the confirmation of its symbols. */
const CONFIRMATION_MS = 5_000;
/** How exactly a stream knows when, in the market's time, a symbol was confirmed. */
const CLOCK_DOUBT_MS = 2_000;

/** What a relay reports to the checks of the clients behind it. */
export interface RelayReports {
  /** The records that `isExcused` accepts may be missing. */
  excuse(isExcused: (record: Published) => boolean): void;
}

/** The parts of a {@link RelayUnderTest}. */
export interface RelayParts {
  readonly name: string;
  /** The network between the relay and its upstream. */
  readonly network: SimulatedNetwork;
  readonly clock: WorldClock;
  readonly random: Random;
  readonly invariants: Invariants;
  readonly published: readonly Published[];
  /** When something last happened upstream that may delay answers, in virtual time. */
  readonly troubleMs: () => number;
  /** The market's time, in milliseconds since the Unix epoch. */
  readonly marketMs: () => number;
  /** Fills the gaps; undefined: the relay reports them. */
  readonly history: SimulatedHistorySource | undefined;
  readonly secretKey: string;
  /** Whether the world has a cause to reject a request with a number. */
  readonly releases: ReleasedRecords;
  readonly mayReject: (number: number, request: DemandRequest) => boolean;
  readonly reports: RelayReports;
}

/** The upstream feed of a relay, between its gateway and its stream, with the checks of both sides. */
export class RelayUnderTest {
  readonly name: string;
  /** The feed for the relay's gateway. */
  readonly feed: Feed;
  readonly lingerMs: number;
  /** Faults of its gateway; undefined while the world is made. */
  gatewayFaults: FaultInjector | undefined;
  /** Records that its gateway has withheld because it was mute: its clients cannot know of them. */
  readonly withheld: Set<number> = new Set();
  /** Whether an outage was reported: its error may answer a request of a relay behind this one. */
  hadOutage = false;
  readonly #parts: RelayParts;
  readonly #inner: Feed;
  /** The relay's own limit on upstream symbols. */
  readonly #maxSymbols: number | undefined;
  readonly #streamClock: PartyClock;
  #connection: SimulatedConnection | undefined;
  /** When the newest records were sent that have arrived by connections before this one. */
  #arrivedMs = 0;
  /** The same at the loss of each connection, by its cause. */
  readonly #arrivedAtLossMs = new WeakMap<Error, number>();
  /** Requests that it has sent upstream which name the channel of daily bars. */
  dailyRequests = 0;
  /** When each request that is not answered was made. */
  readonly #unanswered = new Map<DemandRequest, number>();
  /** Gaps that its gateway has reported. */
  readonly #reported: FeedGap[] = [];
  /** Virtual time of its newest connection. */
  connectedMs = 0;
  /** Records of each channel. */
  readonly #heard = new Map<string, number>();
  /** Up to this virtual time the times of gaps are a guess. */
  #guessedUntilMs = CONFIRMATION_MS;
  /** When symbols were confirmed first and last, as `channel symbol`. */
  readonly #confirmedMs = new Map<string, number[]>();

  constructor(parts: RelayParts) {
    const { name, network, clock, random, secretKey, history } = parts;
    this.#parts = parts;
    this.name = name;
    this.lingerMs = random.pick([500, 5000, 30_000]);
    this.#maxSymbols = random.chance(0.2) ? random.pick([4, 7]) : undefined;
    this.#streamClock = new PartyClock(clock, random.fork().next);
    this.#inner = upstream({
      apiKey: "relay",
      secretKey,
      urlOverride: "ws://upstream.test/v2/iex",
      codec: random.pick(Object.values(Codec)),
      lingerMs: this.lingerMs,
      ...(this.#maxSymbols !== undefined && { maxSymbols: this.#maxSymbols }),
      ackTimeoutMs: random.pick([800, 4000]),
      ...(history && { history: scriptedHistory(history), fill: ["trades", "quotes", "bars"] }),
      clock: this.#streamClock,
      connector: network.connector(true, (connection) => this.#connecting(connection)),
    });
    const inner = this.#inner;
    this.feed = {
      paced: inner.paced,
      run: (sink, signal) => inner.run(this.#watch(sink), signal),
      demand: (change) => this.#demand(change),
      get isCurrent() {
        return inner.isCurrent ?? true;
      },
      get status() {
        return inner.status ?? { isReady: true };
      },
    };
  }

  /** The symbols that its upstream serves it, as `channel symbol`. */
  get served(): readonly string[] {
    return this.#connection?.served ?? [];
  }

  /** Whether it has an authenticated connection upstream. */
  get isReady(): boolean {
    return this.feed.status?.isReady ?? false;
  }

  /** Whether everything that upstream has sent was published. */
  get isCurrent(): boolean {
    return this.feed.isCurrent ?? false;
  }

  /** The number of timers that its stream has set. */
  get pendingTimers(): number {
    return this.#streamClock.pendingTimers;
  }

  /** Whether its own limit on upstream symbols may be the cause of a rejection. */
  rejectsBecauseOfLimit(number: number): boolean {
    return number === 405 && this.#maxSymbols !== undefined;
  }

  /** Handles an event of its gateway. */
  observe(event: GatewayEvent): void {
    const { invariants, name } = this.#parts;
    if (event.type === "source") this.#source(event.event);
    if (event.type !== "gap") return;
    // The clients behind it have to learn of the gap by their own event.
    const { channel, symbols, from, to, cause } = event.gap;
    invariants.checkOutput(`a gap of ${name}`, inspect(cause));
    invariants.note(`${name} reports a gap: ${channel} ${symbols.join()} ${from.toISOString()} ${to.toISOString()}`);
    this.#reported.push(event.gap);
    // The gap is repeated to clients that were away: what they may not know of is behind it.
    this.#closed({ ...event.gap, from: to });
    const sinceMs = this.#arrivedAtLossMs.get(cause) ?? this.#arrivedMs;
    this.#parts.releases.interrupted({ client: name, sinceMs, untilMs: this.#parts.marketMs() });
  }

  /** Whether a record may come after a newer one of its channel and symbol, out of a filled gap. */
  mayRelayLate({ atMs, keys, publishedMs }: Published): boolean {
    if (atMs <= this.#guessedUntilMs) return true;
    const isIn = ({ channel, symbols, from, to }: FeedGap): boolean =>
      symbols.some((symbol) => keys.includes(`${channel} ${symbol}`)) && publishedMs >= +from && publishedMs <= +to;
    if (this.#reported.some(isIn)) return true; // the next fill may show what an earlier one did not
    const nowMs = this.#parts.clock.monotonic();
    const confirmedMs = keys.flatMap((key) => this.#confirmedMs.get(key) ?? []);
    // It was published a moment before its symbol was confirmed, which the relay knows about only.
    return confirmedMs.some((ms) => atMs < ms && atMs > ms - CLOCK_DOUBT_MS - (nowMs - ms));
  }

  /** Fails for requests that upstream has not answered for too long. */
  check(): void {
    const { invariants, clock, name, troubleMs } = this.#parts;
    const healthyMs = troubleMs() + RECOVERY_MS;
    for (const [{ symbols }, madeMs] of this.#unanswered) {
      const dueMs = Math.max(madeMs, healthyMs) + ANSWER_MS;
      invariants.assert(
        !this.isReady || clock.monotonic() <= dueMs,
        () => `${name} has not answered the request for ${JSON.stringify(symbols)} of ${madeMs} ms`,
      );
    }
  }

  /** Whether its stream can know the market's time, for which it may need three records of a channel. */
  get #hasHeard(): boolean {
    return [...this.#heard.values()].some((count) => count >= 3);
  }

  get #newestArrivedMs(): number {
    return this.#connection?.newestArrivedMs ?? this.#arrivedMs;
  }

  #connecting(connection: SimulatedConnection): void {
    const { invariants, name } = this.#parts;
    invariants.observe(!this.#connection?.isHeldByClient, () => `${name} has two connections upstream`);
    this.#arrivedMs = this.#newestArrivedMs;
    this.#connection = connection;
    connection.onrequest = (frame) => {
      if (Buffer.from(frame).includes("dailyBars")) this.dailyRequests++;
    };
  }

  #watch(sink: FeedSink): FeedSink {
    const { published, reports } = this.#parts;
    return {
      publish: (record, bytes) => {
        const { number, channel } = numberOf(record as AnyRecord); // the market is one of stocks
        if (this.gatewayFaults?.isMute) this.withheld.add(number);
        if (published[number]?.isOutlier === false) this.#heard.set(channel, (this.#heard.get(channel) ?? 0) + 1);
        sink.publish(record, bytes);
      },
      openFrame: (frame, codec) => sink.openFrame?.(frame, codec),
      closeFrame: (isWhole) => sink.closeFrame?.(isWhole),
      gap: (gap) => sink.gap?.(gap),
      report: (event) => sink.report?.(event),
      outage: (outage) => {
        this.#parts.invariants.note(`${this.name} ${outage === undefined ? "has no outage" : JSON.stringify(outage)}`);
        this.hadOutage ||= outage !== undefined;
        sink.outage?.(outage);
      },
      withdraw: (symbols, rejection) => {
        this.#parts.invariants.note(`${this.name} withdraws ${JSON.stringify(symbols)} with ${rejection.number}`);
        const withdrawn = keysOf(symbols);
        sink.withdraw?.(symbols, rejection);
        reports.excuse(({ keys }) => keys.some((key) => withdrawn.includes(key)));
      },
      room: () => sink.room(),
    };
  }

  #source(event: SourceEvent): void {
    const { invariants, name, clock } = this.#parts;
    if (event.type === "connected") {
      this.connectedMs = clock.monotonic();
      if (!this.#hasHeard) this.#guessedUntilMs = clock.monotonic() + CONFIRMATION_MS;
      return invariants.note(`${name} is connected`);
    }
    if (event.type === "filled") {
      const { channel, symbols, from, to } = event;
      this.#closed(event);
      const range = `${from.toISOString()} ${to.toISOString()}`;
      return invariants.note(`${name} has filled ${channel} ${symbols.join()} ${range}`);
    }
    if (event.type === "leader") return; // a relay is no feed of a cluster
    if (event.type === "lost") this.#arrivedAtLossMs.set(event.cause, this.#newestArrivedMs);
    const error = event.type === "lost" ? event.cause : event.error;
    invariants.note(`${name} ${event.type}: ${error.message}`);
    invariants.checkOutput(`an event of ${name}`, inspect(error));
  }

  /** It has filled a gap, or given up, and has published what it held meanwhile. */
  #closed({ channel, symbols, from, to }: Omit<FeedGap, "cause">): void {
    const { releases, clock, history, marketMs } = this.#parts;
    if (history === undefined) return;
    const range = { fromMs: from.getTime(), toMs: to.getTime() };
    for (const symbol of symbols)
      releases.released({ key: `${channel} ${symbol}`, ...range, atMs: clock.monotonic(), closedMs: marketMs() });
  }

  #demand({ released, requests }: DemandChange): void {
    if (Object.keys(released).length > 0)
      this.#parts.invariants.note(`${this.name}: released ${JSON.stringify(released)}`);
    this.#inner.demand?.({ released, requests: requests.map((request) => this.#watched(request)) });
  }

  #watched(request: DemandRequest): DemandRequest {
    const { invariants, name, clock, mayReject } = this.#parts;
    invariants.note(`${name}: requested ${JSON.stringify(request.symbols)}`);
    this.#unanswered.set(request, clock.monotonic());
    return {
      symbols: request.symbols,
      confirm: () => {
        this.#answered(request);
        for (const key of keysOf(request.symbols)) this.#noteConfirmed(key);
        request.confirm();
      },
      reject: (rejection) => {
        this.#answered(request);
        this.#checkRejection(request, rejection, mayReject);
        request.reject(rejection);
      },
    };
  }

  #answered(request: DemandRequest): void {
    const isFirst = this.#unanswered.delete(request);
    this.#parts.invariants.observe(isFirst, () => `${this.name} answers ${JSON.stringify(request.symbols)} twice`);
  }

  #checkRejection(request: DemandRequest, { number }: Rejection, mayReject: RelayParts["mayReject"]): void {
    const { invariants, name } = this.#parts;
    const symbols = JSON.stringify(request.symbols);
    invariants.note(`${name} rejects ${symbols} with ${number}`);
    invariants.observe(
      this.rejectsBecauseOfLimit(number) || mayReject(number, request),
      () => `${name} rejects ${symbols} with ${number}`,
    );
  }

  #noteConfirmed(key: string): void {
    const [first = this.#parts.clock.monotonic()] = this.#confirmedMs.get(key) ?? [];
    this.#confirmedMs.set(key, [first, this.#parts.clock.monotonic()]);
  }
}

function keysOf(symbols: DemandRequest["symbols"]): string[] {
  return Object.entries(symbols).flatMap(([channel, list = []]) => list.map((symbol) => `${channel} ${symbol}`));
}
