import type { GapEvent, GapFilledEvent, GapOpenEvent, StockDataStream } from "@tickerplant/client";
import type { Invariants } from "./invariants.ts";
import { MARKET_CHANNELS, type Market, type Published } from "./market.ts";
import type { SimulatedHistory } from "./simulated-history.ts";
import type { SubscriptionChecker } from "./subscription-checker.ts";

/** How long after its publication a record has reached its client, in a network without faults. */
const ARRIVAL_MS = 1_000;
/** How far behind a gap a fill looks for live records; see STOCK_FILL_RULES of the client. */
const OVERLAP_MS = { trades: 2_000, quotes: 1_000, bars: 0 };

/** A gap without an outcome for each of its symbols. */
interface Unfilled {
  readonly gap: GapEvent;
  readonly pending: Set<string>;
  /** Symbols with an outcome that only its `*` stands for. */
  readonly others: Set<string>;
  /** The subscriptions that were to be filled. */
  readonly subscriptions: readonly SubscriptionChecker[];
  readonly atMs: number;
  /** False while the stream cannot know the market's time. */
  readonly hasHeard: boolean;
}

/** Checks that every gap has its outcomes, and that what was filled is complete. */
export class FillChecker {
  readonly #subscriptions: ReadonlySet<SubscriptionChecker>;
  readonly #market: Market;
  readonly #history: SimulatedHistory;
  readonly #invariants: Invariants;
  readonly #unfilled: Unfilled[] = [];
  /** Gaps that were filled and that stay open, by symbol. */
  filled = 0;
  open = 0;

  constructor(
    stream: StockDataStream<boolean>,
    subscriptions: ReadonlySet<SubscriptionChecker>,
    market: Market,
    history: SimulatedHistory,
    invariants: Invariants,
  ) {
    this.#subscriptions = subscriptions;
    this.#market = market;
    this.#history = history;
    this.#invariants = invariants;
    stream.on("gapFilled", (event) => this.#filled(event));
    stream.on("gapOpen", (event) => this.#open(event));
  }

  /** Handles a `gap` event: each of its symbols will have one outcome. */
  began(gap: GapEvent, hasHeard: boolean): void {
    const subscriptions = [...this.#subscriptions].filter((one) => !one.isOver && one.isNamed(gap));
    this.#unfilled.push({
      gap,
      pending: new Set(gap.symbols),
      others: new Set(),
      subscriptions,
      atMs: this.#invariants.nowMs,
      hasHeard,
    });
  }

  /** Whether symbols that are still held have no outcome. */
  get isFilling(): boolean {
    return this.#pending().length > 0;
  }

  /** Fails for symbols that are still held and have no outcome. */
  checkAllEnded(): void {
    const [first] = this.#pending();
    this.#invariants.observe(first === undefined, () => `${first} has no outcome`);
  }

  #pending(): string[] {
    return this.#unfilled.flatMap(({ gap, pending, subscriptions }) =>
      [...pending]
        .filter((symbol) => subscriptions.some((one) => !one.isOver && one.isNamed({ ...gap, symbols: [symbol] })))
        .map((symbol) => `the gap of ${gap.channel} ${symbol} from ${gap.from.toISOString()}`),
    );
  }

  #filled(event: GapFilledEvent): void {
    const { channel, symbols, unproven, from, to } = event;
    this.#invariants.note(`filled: ${channel} ${symbols.join()} ${from.toISOString()} ${to.toISOString()}`);
    for (const symbol of symbols) {
      const unfilled = this.#end(event, symbol);
      if (unfilled === undefined) continue;
      this.filled++;
      const { gap, subscriptions, atMs, hasHeard } = unfilled;
      if (!hasHeard) continue;
      const records = this.#market.published.filter((record) => isWithin(record, gap, symbol));
      const isProven = !unproven.includes(symbol);
      const isOwed = (record: Published): boolean => this.#isOwed(record, gap, atMs, isProven);
      for (const subscription of subscriptions) subscription.filled(records, { ...gap, symbols: [symbol] }, isOwed);
    }
  }

  #open(event: GapOpenEvent): void {
    const { channel, symbols, cause } = event;
    this.#invariants.note(`stays open: ${channel} ${symbols.join()} for ${cause.code}`);
    for (const symbol of symbols) {
      this.#end(event, symbol);
      this.open++;
      this.#invariants.observe(
        this.#isAllowed(cause.code, channel, symbol),
        () => `the gap of ${channel} ${symbol} stays open for ${cause.code}: ${cause.message}`,
      );
    }
    for (const subscription of this.#subscriptions) subscription.open(event);
  }

  /** Ends the gap of a symbol, and returns it. */
  #end({ channel, from, to }: GapFilledEvent | GapOpenEvent, symbol: string): Unfilled | undefined {
    const ofGap = this.#unfilled.filter(({ gap }) => gap.channel === channel && +gap.from === +from && +gap.to === +to);
    const unfilled = ofGap.find(({ pending }) => pending.delete(symbol));
    if (unfilled !== undefined) {
      for (const subscription of unfilled.subscriptions) subscription.fillEnded(channel, symbol);
      return unfilled;
    }
    const ofAll = ofGap.find(({ gap, others }) => gap.symbols.includes("*") && !others.has(symbol));
    ofAll?.others.add(symbol);
    this.#invariants.observe(
      ofAll !== undefined,
      () => `the gap of ${channel} ${symbol} from ${from.toISOString()} has two outcomes, or never was`,
    );
    return undefined;
  }

  /** Whether a fill has to deliver a record of a gap: always if it reports that a live record proves it complete. */
  #isOwed(record: Published, gap: GapEvent, gapMs: number, isProven: boolean): boolean {
    if (record.isOutlier || this.#history.isExcused(record)) return false;
    if (isProven || !this.#history.isTooLate(record, gapMs) || this.#isProven(record, gap, gapMs)) return true;
    record.isLate = true; // the look-back of the next fill may find it
    return false;
  }

  /** Whether a live record behind a gap proves that history shows one within it. */
  #isProven(record: Published, { channel, to }: GapEvent, gapMs: number): boolean {
    if (this.#market.isDelayed) return false;
    const overlapMs = OVERLAP_MS[channel as keyof typeof OVERLAP_MS]; // a channel of the market
    return this.#market.published.some(
      ({ number, symbol, keys, timeMs, atMs }) =>
        number > record.number &&
        keys[0] === record.keys[0] &&
        symbol === record.symbol &&
        timeMs > +to &&
        timeMs < +to + overlapMs &&
        atMs + ARRIVAL_MS < gapMs + OVERLAP_MS.trades &&
        [...this.#subscriptions].some((one) => one.hasReceived(number)),
    );
  }

  /** Whether the world gives a cause to leave a gap open. */
  #isAllowed(code: string, channel: string, symbol: string): boolean {
    const history = this.#history;
    switch (code) {
      case "stopped":
        return true;
      case "no_history":
        return !MARKET_CHANNELS.some((name) => name === channel);
      case "wildcard_unknown":
        return symbol === "*" && !history.hasWildcard;
      case "invalid_symbol":
        return symbol === history.rejected;
      case "not_entitled":
        return history.has("history refuses");
      case "history_incomplete":
        return (
          history.has("history loses a record") ||
          history.has("history loses a page") ||
          history.has("history begins later") ||
          // What was delivered of the gap is forgotten.
          this.#market.hasLateAnswers ||
          this.#market.speed > 1
        );
      case "bad_page":
        return history.has("history shifts a page");
      case "too_large":
        return history.pageSize < 50;
      case "rate_limited":
      case "server_error":
      case "timeout":
      case "connection_lost":
        return history.has("history fails for long");
      default:
        return false;
    }
  }
}

/** Whether a record was published within a gap of a symbol. */
function isWithin(record: Published, { channel, from, to }: GapEvent, symbol: string): boolean {
  const isOf = record.channel === channel && (symbol === "*" || symbol === record.symbol);
  return isOf && record.rightTimeMs >= +from && record.publishedMs <= +to;
}
