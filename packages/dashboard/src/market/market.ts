import { type StockDataStream, type Subscription, usEquitySession } from "@tickerplant/client";
import type { StockHistory } from "@tickerplant/client/history";
import { type Connection, connectionAfter } from "./connection.ts";
import { MAX_SPARK_POINTS, MAX_SYMBOLS } from "./limits.ts";
import { WatchedSymbol } from "./watched-symbol.ts";

/** What the gateway reports of the records of its feed; undefined if it does not know. */
export type Source = "live" | "simulated" | "replay" | undefined;

/** What a {@link Market} reads. */
export interface MarketOptions {
  readonly stream: StockDataStream;
  readonly history: StockHistory;
  readonly source: Source;
  /** Called at every record and event: it should only request a frame. */
  readonly changed: () => void;
}

/** The model of the page: the watched symbols, and the connection. Panels read it when they draw. */
export class Market {
  readonly stream: StockDataStream;
  readonly history: StockHistory;
  readonly source: Source;
  readonly #changed: () => void;
  readonly #symbols = new Map<string, WatchedSymbol>();
  readonly #subscriptions = new Map<string, Subscription>();
  #selected: string | undefined;
  #connection: Connection = { state: "connecting" };

  constructor({ stream, history, source, changed }: MarketOptions) {
    this.stream = stream;
    this.history = history;
    this.source = source;
    this.#changed = changed;
    stream.on("status", (event) => {
      this.#connection = connectionAfter(event, this.#connection, Date.now());
      changed();
    });
  }

  /** The watched symbols, in the order in which they were added. */
  get symbols(): ReadonlyMap<string, WatchedSymbol> {
    return this.#symbols;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Whether prices stand because there is no connection. */
  get isStale(): boolean {
    return this.#connection.state !== "connected";
  }

  /** The symbol that chart, quote and tape show. */
  get selected(): WatchedSymbol | undefined {
    return this.#selected === undefined ? undefined : this.#symbols.get(this.#selected);
  }

  /** Shows a watched symbol in chart, quote and tape. */
  select(symbol: string): void {
    if (!this.#symbols.has(symbol)) return;
    this.#selected = symbol;
    this.#changed();
  }

  /**
   * Watches a symbol; one that is watched already stays. The first is selected.
   *
   * @throws TypeError for a string that is no symbol, and RangeError for one symbol too many.
   */
  add(symbol: string): void {
    if (this.#symbols.has(symbol)) return;
    if (this.#symbols.size >= MAX_SYMBOLS)
      throw new RangeError(`The watch list has its ${MAX_SYMBOLS} symbols: remove one`);
    const watched = new WatchedSymbol(symbol);
    this.#subscriptions.set(symbol, this.#subscribe(watched));
    this.#symbols.set(symbol, watched);
    this.#selected ??= symbol;
    // What history lacks stays unknown until the stream sends it.
    this.#load(watched).catch(() => {});
    this.#changed();
  }

  /** Ends the watch of a symbol. The next one is selected in place of it. */
  remove(symbol: string): void {
    const order = [...this.#symbols.keys()];
    const index = order.indexOf(symbol);
    if (index < 0) return;
    this.#symbols.delete(symbol);
    if (this.#selected === symbol) this.#selected = order[index + 1] ?? order[index - 1];
    this.#subscriptions
      .get(symbol)
      ?.unsubscribe()
      .catch(() => {}); // the stream's event `error` reports it
    this.#subscriptions.delete(symbol);
    this.#changed();
  }

  /** The market's time in milliseconds: in a replay that of the newest record, undefined before any. */
  nowMs(): number | undefined {
    if (this.source !== "replay") return Date.now();
    const times = [...this.#symbols.values()].map(({ quote }) => quote?.timestamp.getTime() ?? 0);
    const newest = Math.max(0, ...times);
    return newest === 0 ? undefined : newest;
  }

  /** Looks for rejected and silent symbols. Called once a second. */
  check(nowMs: number): void {
    const isExpected = !this.isStale && this.#isOpen(nowMs);
    for (const watched of this.#symbols.values()) {
      const states = this.#subscriptions.get(watched.symbol)?.states ?? [];
      watched.rejection = states.find(({ channel, state }) => channel === "trades" && state === "rejected")?.error;
      watched.checkSilence(nowMs, isExpected);
    }
    this.#changed();
  }

  /** Whether trades and quotes should come. A simulated market and a replay have no closing time. */
  #isOpen(nowMs: number): boolean {
    if (this.source === "simulated" || this.source === "replay") return true;
    const session = usEquitySession(new Date(nowMs));
    return session !== undefined && nowMs >= session.open.getTime() && nowMs < session.close.getTime();
  }

  #subscribe(watched: WatchedSymbol): Subscription {
    const one = [watched.symbol];
    const symbols = {
      trades: one,
      quotes: one,
      bars: one,
      updatedBars: one,
      dailyBars: one,
      statuses: one,
      lulds: one,
      corrections: one,
      cancelErrors: one,
    };
    return this.stream.subscribe(symbols, (record) => {
      watched.push(record);
      this.#changed();
    });
  }

  /** Requests the newest records of a symbol, and the minutes of its day. */
  async #load(watched: WatchedSymbol): Promise<void> {
    const { symbol } = watched;
    const snapshot = (await this.history.snapshots(symbol)).get(symbol);
    if (snapshot === undefined) return;
    watched.pushSnapshot(snapshot);
    this.#changed();
    if (snapshot.dailyBar === undefined) return;
    const range = { start: snapshot.dailyBar.timestamp, limit: MAX_SPARK_POINTS };
    for await (const { seconds, close } of this.history.bars(symbol, range)) watched.spark.pushHistory(seconds, close);
    this.#changed();
  }
}
