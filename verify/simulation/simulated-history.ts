import { type AnyRecord, type Bar, type Clock, type Quote, StreamError, type Trade } from "@tickerplant/client";
import {
  type HistoryGroup,
  type HistoryPage,
  type HistoryPageRequest,
  type HistorySource,
  historyGroup,
  historyRecord,
} from "@tickerplant/client/testing";
import { formatTimestamp, type RawRecord } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { FaultInjector, HistoryFault } from "./fault-injector.ts";
import type { Invariants } from "./invariants.ts";
import { MARKET_CHANNELS, type Published, recordOf, SYMBOLS } from "./market.ts";
import type { PartyClock } from "./world-clock.ts";

/** How long after a gap's end a fill asks at the earliest; see STOCK_FILL_RULES of the client. */
const SETTLE_MS = 3_000;

/** After these a fill tries again. */
const TRANSIENT = ["rate_limited", "server_error", "timeout", "connection_lost"] as const;

/** What history reports of trades that were changed later; "corrected" is the correction, which counts. */
const CHANGES = ["canceled", "incorrect", "corrected"] as const;

/** A record of the past. */
interface Past {
  readonly published: Published;
  readonly timeNs: bigint;
  /** When history shows it, in virtual time. */
  readonly shownMs: number;
  /** What history reports of it. */
  readonly change: string;
}

/** The history of one world: honest, or wrong in a few ways that the seed decides. */
export class SimulatedHistory {
  readonly hasWildcard: boolean;
  /** A symbol that history rejects. */
  readonly rejected: string | undefined;
  readonly #answerMs: number;
  readonly pageSize: number;
  readonly #random: Random;
  readonly #clock: PartyClock;
  readonly #faults: FaultInjector;
  readonly #kinds: ReadonlySet<HistoryFault>;
  readonly #lagMs: number;
  readonly #hasVoid: boolean;
  /** From this virtual time on it has records, if it begins later. */
  readonly #beginMs: number;
  /** By `channel symbol`, in the order of their times. */
  readonly #past = new Map<string, Past[]>();
  readonly #newestShownMs = new Map<string, number>();
  readonly #byNumber = new Map<number, Past>();
  /** Records that it never shows, or has once not shown. */
  readonly #lost = new Set<number>();

  /** With `only`, it is wrong in no other ways than those. */
  constructor(clock: PartyClock, random: Random, faults: FaultInjector, only?: readonly HistoryFault[]) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    const isHonest = random.chance(0.3);
    const kinds = new Set<HistoryFault>();
    const drawn = (kind: HistoryFault, chance: number): boolean => {
      if (!random.chance(isHonest ? 0 : chance) || only?.includes(kind) === false) return false;
      kinds.add(kind);
      return true;
    };
    this.#lagMs = drawn("history late", 0.4) ? random.pick([500, 2500, 10_000]) : 0;
    this.#answerMs = drawn("history slow", 0.3) ? random.pick([300, 3000]) : random.pick([0, 1, 30]);
    drawn("history fails", 0.4);
    drawn("history fails for long", 0.08);
    this.#beginMs = drawn("history begins later", 0.08) ? random.between(1000, 20_000) : 0;
    drawn("history loses a record", 0.1);
    drawn("history loses a page", 0.1);
    drawn("history shifts a page", 0.12);
    drawn("history refuses", 0.06);
    this.rejected = drawn("history rejects a symbol", 0.15) ? random.pick(SYMBOLS) : undefined;
    this.hasWildcard = random.chance(0.6);
    this.pageSize = random.pick([2, 5, 50, 10_000]);
    this.#hasVoid = random.chance(0.4);
    this.#kinds = kinds;
    for (const kind of ["history late", "history slow", "history begins later"] as const)
      if (kinds.has(kind)) faults.count(kind); // the others are counted when they happen
  }

  /** The most that an answer takes. */
  get answerMs(): number {
    return this.#faults.isHealed ? Math.min(1, this.#answerMs) : this.#answerMs;
  }

  /** True if a fault occurs now, while faults last. */
  occurs(kind: HistoryFault, chance: number): boolean {
    if (!this.#kinds.has(kind) || this.#faults.isHealed || !this.#random.chance(chance)) return false;
    this.#faults.count(kind);
    return true;
  }

  /** Whether it may be wrong in a way. */
  has(kind: HistoryFault): boolean {
    return this.#kinds.has(kind);
  }

  /** Adds a record that is being published. */
  add(published: Published): void {
    const { number, timeMs, nanos, channel } = published;
    const key = published.keys[0];
    const ofSymbol = this.#past.get(key) ?? [];
    this.#past.set(key, ofSymbol);
    // No record of a symbol overtakes another on its way into history.
    const before = this.#newestShownMs.get(key) ?? 0;
    const lagMs = this.#faults.isHealed ? 0 : this.#random.between(0, this.#lagMs);
    const shownMs = Math.max(before, this.#clock.monotonic() + lagMs);
    this.#newestShownMs.set(key, shownMs);
    const isChanged = channel === "trades" && this.#hasVoid && this.#random.chance(0.05);
    const change = isChanged ? this.#random.pick(CHANGES) : "";
    const past = { published, timeNs: BigInt(timeMs) * 1_000_000n + BigInt(nanos), shownMs, change };
    let at = ofSymbol.length;
    while (at > 0 && (ofSymbol[at - 1] as Past).timeNs > past.timeNs) at--;
    ofSymbol.splice(at, 0, past);
    this.#byNumber.set(number, past);
    if (this.occurs("history loses a record", 0.1)) this.#lose(published);
    if (this.#clock.monotonic() < this.#beginMs) this.#lost.add(number);
  }

  /** A record that history never shows may come live, after later ones that history has shown. */
  #lose(published: Published): void {
    published.isLate = true;
    this.#lost.add(published.number);
  }

  /** Whether a fill that has ended by now need not have delivered a record. */
  isExcused({ number }: Published): boolean {
    return this.#lost.has(number) || this.isVoid(number);
  }

  /** Whether it marks a record as canceled, or as incorrect. */
  isVoid(number: number): boolean {
    const change = this.#byNumber.get(number)?.change ?? "";
    return change !== "" && change !== "corrected";
  }

  /** Whether a fill could not see a record, in a gap whose end was known at `gapMs`. */
  isTooLate({ number }: Published, gapMs: number): boolean {
    return (this.#byNumber.get(number)?.shownMs ?? 0) > gapMs + SETTLE_MS;
  }

  /** The time from which on it has everything. */
  completeFromNs(marketMsAt: (virtualMs: number) => number): bigint | undefined {
    return this.#beginMs === 0 ? undefined : BigInt(Math.ceil(marketMsAt(this.#beginMs))) * 1_000_000n;
  }

  /** The page of a request. */
  page({ channel, symbols, fromNs, toNs, token, raw }: HistoryPageRequest): HistoryPage {
    const after = token === undefined ? undefined : this.#byNumber.get(Number(token));
    const wanted = symbols.includes("*") ? SYMBOLS : [...symbols].sort();
    const page: Past[] = [];
    let isLast = true;
    for (const symbol of wanted) {
      if (after !== undefined && symbol < after.published.symbol) continue;
      const ofSymbol = this.#past.get(`${channel} ${symbol}`) ?? [];
      const start = after?.published.symbol === symbol ? ofSymbol.indexOf(after) + 1 : 0;
      for (let at = start; at < ofSymbol.length && isLast; at++) {
        const past = ofSymbol[at] as Past; // an index below the length
        if (past.timeNs < fromNs || past.timeNs > toNs || past.shownMs > this.#clock.monotonic()) continue;
        if (page.length === this.pageSize) isLast = false;
        else page.push(past);
      }
    }
    const nextToken = isLast ? undefined : String(page.at(-1)?.published.number);
    const shown = page.filter(({ published }) => !this.#lost.has(published.number));
    if (shown.length > 0 && this.occurs("history loses a page", 0.3)) {
      for (const { published } of shown) this.#lose(published);
      return { groups: [], nextToken };
    }
    return { groups: this.#groups(shown, raw), nextToken };
  }

  #groups(page: readonly Past[], isRaw: boolean): HistoryGroup[] {
    const groups: ReturnType<typeof historyGroup>[] = [];
    for (const { published, change } of page) {
      if (groups.at(-1)?.symbol !== published.symbol) groups.push(historyGroup(published.symbol));
      const record = recordOf(published);
      groups.at(-1)?.records.push(historyRecord(isRaw ? rawOf(record) : record, change));
    }
    return groups;
  }
}

/** The history as one stream requests it: with its own failures, and a check of each request. */
export class SimulatedHistorySource implements HistorySource {
  readonly feed = "iex";
  readonly url = "memory:";
  readonly channels: readonly string[] = MARKET_CHANNELS;
  readonly #history: SimulatedHistory;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #invariants: Invariants;
  readonly #completeFromNs: () => bigint | undefined;
  #isAsked = false;
  /** Failures that follow in a row. */
  #failing = 0;
  #wasFailing = false;
  #firstToken: string | undefined;
  /** Whether its stream may request anything. */
  mayAsk: () => boolean = () => true;

  constructor(
    history: SimulatedHistory,
    clock: Clock,
    random: Random,
    invariants: Invariants,
    completeFromNs: () => bigint | undefined,
  ) {
    this.#history = history;
    this.#clock = clock;
    this.#random = random;
    this.#invariants = invariants;
    this.#completeFromNs = completeFromNs;
  }

  get acceptsWildcard(): boolean {
    return this.#history.hasWildcard;
  }

  async page(request: HistoryPageRequest, signal: AbortSignal): Promise<HistoryPage> {
    this.#check(request);
    this.#isAsked = true;
    try {
      await this.#answerTime(signal);
      signal.throwIfAborted();
      this.#fail(request);
      const page = this.#shifted(request, this.#history.page(request));
      const completeFromNs = this.#completeFromNs();
      return completeFromNs === undefined ? page : { ...page, completeFromNs };
    } finally {
      this.#isAsked = false;
    }
  }

  /** It has no newest records: after a gap of quotes, live ones go on alone. */
  latest(): Promise<never> {
    return Promise.reject(new StreamError("no_history", "the simulated history has no newest records"));
  }

  #check({ channel, symbols, fromNs, toNs }: HistoryPageRequest): void {
    const { hasWildcard } = this.#history;
    const names = symbols.join();
    this.#invariants.note(`history is asked for ${channel} ${names}`);
    this.#invariants.observe(!this.#isAsked, () => "a fill has two requests in flight");
    this.#invariants.observe(this.mayAsk(), () => `history is asked for ${channel} ${names} after a stop`);
    this.#invariants.observe(symbols.length > 0, () => "a fill asks for no symbol");
    this.#invariants.observe(new Set(symbols).size === symbols.length, () => `a fill asks twice for one of ${names}`);
    const isProbe = fromNs === toNs; // only the answer shows whether the server accepts it
    this.#invariants.observe(
      isProbe || hasWildcard || !symbols.includes("*"),
      () => "a fill asks for * without a wildcard",
    );
    this.#invariants.observe(fromNs <= toNs, () => `a fill asks from ${fromNs} to ${toNs}`);
  }

  #answerTime(signal: AbortSignal): Promise<void> {
    const { answerMs } = this.#history;
    if (answerMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#clock.clearTimer(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.setTimer(end, this.#random.between(1, answerMs));
      signal.addEventListener("abort", end);
    });
  }

  /** @throws StreamError if the request fails. */
  #fail({ channel, symbols }: HistoryPageRequest): void {
    const history = this.#history;
    if (history.occurs("history refuses", 1)) throw new StreamError("not_entitled", "the plan does not include it");
    const { rejected } = history;
    if (rejected !== undefined && symbols.includes(rejected)) {
      history.occurs("history rejects a symbol", 1);
      throw new StreamError("invalid_symbol", rejected, { symbols: { [channel]: [rejected] } });
    }
    // Between two series of failures a page arrives, so that a fill gives up for a long one only.
    const hasJustFailed = this.#wasFailing;
    this.#wasFailing = this.#failing > 0;
    if (this.#failing === 0) {
      if (hasJustFailed) return;
      if (history.occurs("history fails", 0.15)) this.#failing = this.#random.between(1, 5);
      if (history.occurs("history fails for long", 0.1)) this.#failing = 20;
      if (this.#failing === 0) return;
    }
    this.#failing--;
    throw new StreamError(this.#random.pick(TRANSIENT), "for now");
  }

  /** A page whose token was sent before, whose records go back in time, or whose symbols are in another order (which is allowed). */
  #shifted({ token }: HistoryPageRequest, page: HistoryPage): HistoryPage {
    if (token === undefined) this.#firstToken = page.nextToken;
    if (!this.#history.occurs("history shifts a page", 0.2)) return page;
    const way = this.#random.below(3);
    if (way === 0 && token !== undefined) return { ...page, nextToken: this.#firstToken };
    if (way === 1)
      return { ...page, groups: page.groups.map((group) => ({ ...group, records: [...group.records].reverse() })) };
    return { ...page, groups: [...page.groups].reverse() };
  }
}

function rawOf(record: AnyRecord): RawRecord {
  const t = formatTimestamp(record.seconds, record.nanos);
  const { symbol: S, channel } = record;
  if (channel === "trades") {
    const { id, exchange, price, size, conditions, tape } = record as Trade; // by its channel
    return { T: "t", S, t, i: id, x: exchange, p: price, s: size, c: [...conditions], z: tape };
  }
  if (channel === "bars") {
    const { open, high, low, close, volume, tradeCount, vwap } = record as Bar; // by its channel
    return { T: "b", S, t, o: open, h: high, l: low, c: close, v: volume, n: tradeCount, vw: vwap };
  }
  const { bidExchange, bidPrice, bidSize, askExchange, askPrice, askSize, conditions, tape } = record as Quote; // the third
  return {
    T: "q",
    S,
    t,
    bx: bidExchange,
    bp: bidPrice,
    bs: bidSize,
    ax: askExchange,
    ap: askPrice,
    as: askSize,
    c: [...conditions],
    z: tape,
  };
}
