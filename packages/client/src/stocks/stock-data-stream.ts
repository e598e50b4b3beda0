/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import { checkOptions, type OptionChecks } from "../checks/option-checks.ts";
import type { StreamPosition } from "../continuity/stream-position.ts";
import { DataStream, type Handler, type RunOptions } from "../stream/data-stream.ts";
import type { ListenerOptions } from "../stream/emitter.ts";
import type { EventIterator } from "../stream/event-iterator.ts";
import type { StreamEvents } from "../stream/events.ts";
import type { StreamMetrics } from "../stream/metrics.ts";
import { resolveSettings, STREAM_OPTIONS, type StreamOptions } from "../stream/stream-options.ts";
import type { RecordIterator } from "../subscriptions/record-iterator.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import type { SubscriptionOptions } from "../subscriptions/subscription-registry.ts";
import type { OnlySymbolArguments, SymbolArguments } from "../subscriptions/symbol-arguments.ts";
import type { SymbolsByChannel } from "../subscriptions/wanted-symbols.ts";
import type { RawRecord } from "../wire/index.ts";
import type { Channel } from "./channels.ts";
import { DATA_FEED, DataFeed, feedUrl } from "./data-feed.ts";
import type { RecordByChannel } from "./records.ts";
import { SCHEDULES } from "./schedules.ts";
import { STOCK_STREAM } from "./stock-stream.ts";
import { STOCK_SPELLING } from "./symbol-spelling.ts";

/** Options of a {@link StockDataStream}. */
export interface StockDataStreamOptions<Raw extends boolean = false> extends StreamOptions<Raw> {
  /**
   * Which feed.
   *
   * @defaultValue `iex`, the free one
   */
  readonly feed?: DataFeed | undefined;
}

/** What the options of a {@link StockDataStream} must be. */
const OPTIONS: OptionChecks<StockDataStreamOptions<boolean>> = { ...STREAM_OPTIONS, feed: DATA_FEED };

/** The record that a channel's handler gets: a {@link RawRecord} with `rawData`. */
export type StreamRecord<C extends Channel, Raw extends boolean> = Raw extends true ? RawRecord : RecordByChannel[C];

/**
 * Live stock market data: trades, quotes, bars, trading statuses, LULD bands, imbalances, trade
 * corrections and cancels. alpaca-py's `StockDataStream` in TypeScript.
 *
 * Subscribe before, during or after {@link run}; subscriptions survive reconnects and runs.
 */
export class StockDataStream<Raw extends boolean = false> {
  readonly #stream: DataStream;

  /**
   * @throws TypeError when a key is missing or an option has a wrong value.
   */
  constructor(options: StockDataStreamOptions<Raw> = {}) {
    checkOptions("StockDataStream", options, OPTIONS);
    const { feed = DataFeed.IEX } = options;
    const kind = {
      name: "StockDataStream",
      schema: STOCK_STREAM,
      spelling: STOCK_SPELLING,
      feed,
      url: feedUrl(feed),
      exampleUrl: "ws://localhost:8765/v2/iex",
      schedule: SCHEDULES[feed],
    };
    this.#stream = new DataStream(resolveSettings(kind, options));
  }

  /** Subscribes a handler to trades. Corrections and cancels of their symbols come with them. */
  subscribeTrades(handler: Handler<StreamRecord<"trades", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("trades", handler, symbols);
  }

  /** Subscribes a handler to quotes. */
  subscribeQuotes(handler: Handler<StreamRecord<"quotes", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("quotes", handler, symbols);
  }

  /** Subscribes a handler to minute bars, which come right after their minute. */
  subscribeBars(handler: Handler<StreamRecord<"bars", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("bars", handler, symbols);
  }

  /** Subscribes a handler to minute bars that late trades have changed. */
  subscribeUpdatedBars(handler: Handler<StreamRecord<"updatedBars", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("updatedBars", handler, symbols);
  }

  /** Subscribes a handler to daily bars, which come after every minute of the session. */
  subscribeDailyBars(handler: Handler<StreamRecord<"dailyBars", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("dailyBars", handler, symbols);
  }

  /** Subscribes a handler to trading statuses: halts, resumptions. */
  subscribeTradingStatuses(handler: Handler<StreamRecord<"statuses", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("statuses", handler, symbols);
  }

  /** Subscribes a handler to limit up, limit down price bands. */
  subscribeLulds(handler: Handler<StreamRecord<"lulds", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("lulds", handler, symbols);
  }

  /** Subscribes a handler to order imbalances. */
  subscribeImbalances(handler: Handler<StreamRecord<"imbalances", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#stream.subscribeTo("imbalances", handler, symbols);
  }

  /** Calls a handler for every trade correction. They come with the trades that are subscribed to. */
  registerTradeCorrections(
    handler: Handler<StreamRecord<"corrections", Raw>>,
    options: SubscriptionOptions = {},
  ): Subscription {
    return this.#stream.register("corrections", handler, options);
  }

  /** Calls a handler for every trade cancel. They come with the trades that are subscribed to. */
  registerTradeCancels(
    handler: Handler<StreamRecord<"cancelErrors", Raw>>,
    options: SubscriptionOptions = {},
  ): Subscription {
    return this.#stream.register("cancelErrors", handler, options);
  }

  /**
   * Subscribes one handler to symbols of several channels: `{ trades: ["AAPL"], quotes: ["*"] }`. A
   * symbol's records of all channels come in arrival order; `record.channel` distinguishes them. The
   * handler's record has the type of the channels that are named.
   */
  subscribe<C extends Channel>(
    symbols: SymbolsByChannel<C>,
    handler: Handler<StreamRecord<C, Raw>>,
    options: SubscriptionOptions = {},
  ): Subscription {
    return this.#stream.subscribe(symbols, handler, options);
  }

  /** Trades as an async iterable: `for await (const trade of stream.trades("AAPL"))`. */
  trades(...symbols: SymbolArguments): RecordIterator<StreamRecord<"trades", Raw>> {
    return this.#stream.pullFrom("trades", symbols);
  }

  /** Quotes as an async iterable. */
  quotes(...symbols: SymbolArguments): RecordIterator<StreamRecord<"quotes", Raw>> {
    return this.#stream.pullFrom("quotes", symbols);
  }

  /** Minute bars as an async iterable. */
  bars(...symbols: SymbolArguments): RecordIterator<StreamRecord<"bars", Raw>> {
    return this.#stream.pullFrom("bars", symbols);
  }

  /** Updated minute bars as an async iterable. */
  updatedBars(...symbols: SymbolArguments): RecordIterator<StreamRecord<"updatedBars", Raw>> {
    return this.#stream.pullFrom("updatedBars", symbols);
  }

  /** Daily bars as an async iterable. */
  dailyBars(...symbols: SymbolArguments): RecordIterator<StreamRecord<"dailyBars", Raw>> {
    return this.#stream.pullFrom("dailyBars", symbols);
  }

  /** Trading statuses as an async iterable. */
  tradingStatuses(...symbols: SymbolArguments): RecordIterator<StreamRecord<"statuses", Raw>> {
    return this.#stream.pullFrom("statuses", symbols);
  }

  /** Price bands as an async iterable. */
  lulds(...symbols: SymbolArguments): RecordIterator<StreamRecord<"lulds", Raw>> {
    return this.#stream.pullFrom("lulds", symbols);
  }

  /** Order imbalances as an async iterable. */
  imbalances(...symbols: SymbolArguments): RecordIterator<StreamRecord<"imbalances", Raw>> {
    return this.#stream.pullFrom("imbalances", symbols);
  }

  /** Records of several channels as an async iterable, in arrival order. */
  records<C extends Channel>(
    symbols: SymbolsByChannel<C>,
    options: SubscriptionOptions = {},
  ): RecordIterator<StreamRecord<C, Raw>> {
    return this.#stream.pull(symbols, options);
  }

  /** Removes symbols from every subscription to trades. Ignores symbols that are not subscribed to. */
  unsubscribeTrades(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("trades", symbols);
  }

  /** Removes symbols from every subscription to quotes. */
  unsubscribeQuotes(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("quotes", symbols);
  }

  /** Removes symbols from every subscription to minute bars. */
  unsubscribeBars(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("bars", symbols);
  }

  /** Removes symbols from every subscription to updated bars. */
  unsubscribeUpdatedBars(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("updatedBars", symbols);
  }

  /** Removes symbols from every subscription to daily bars. */
  unsubscribeDailyBars(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("dailyBars", symbols);
  }

  /** Removes symbols from every subscription to trading statuses. */
  unsubscribeTradingStatuses(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("statuses", symbols);
  }

  /** Removes symbols from every subscription to price bands. */
  unsubscribeLulds(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("lulds", symbols);
  }

  /** Removes symbols from every subscription to imbalances. */
  unsubscribeImbalances(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#stream.unsubscribe("imbalances", symbols);
  }

  /**
   * Removes symbols of several channels from every subscription, with one request:
   * `{ trades: ["AAPL"], quotes: ["*"] }`. Ignores symbols that are not subscribed to.
   */
  unsubscribe(symbols: SymbolsByChannel<Channel>): Promise<void> {
    return this.#stream.unsubscribeAll(symbols);
  }

  /**
   * Stops reading from the socket until {@link resume}: records wait in the network and at the server, which closes a
   * client that stays behind. A few that were read already may still be delivered. An answer of the server waits,
   * too. Does nothing where the platform cannot stop reading, as in browsers.
   */
  pause(): void {
    this.#stream.pause();
  }

  /** Reads on after {@link pause}. */
  resume(): void {
    this.#stream.resume();
  }

  /**
   * Connects, reconnects and delivers records until stopped. Resolves after {@link stop} or
   * {@link close}; rejects only with the `StreamError` that ended the stream. Called while running, it
   * waits for the same run; called during a stop, it begins when that is done.
   */
  run(options?: RunOptions): Promise<void> {
    return this.#stream.run(options);
  }

  /**
   * Runs in the background, and resolves once authenticated and every subscription settled. Rejects
   * with the terminal `StreamError`, or with `stopped`. A `signal` stops the stream at any time, not
   * only while this waits. Later failures are reported by the events
   * `error` and `status`.
   */
  connect(options?: RunOptions): Promise<void> {
    return this.#stream.connect(options);
  }

  /**
   * Stops: no further record is delivered, running handler calls may finish. Resolves when the socket is
   * gone, within a second even if the peer is dead. {@link run} resolves once handlers have finished,
   * or after 5 s. Safe in any state and in a handler; the stream can run again.
   */
  stop(): Promise<void> {
    return this.#stream.stop();
  }

  /** The same as {@link stop}; alpaca-py has both names. */
  stopWs(): Promise<void> {
    return this.#stream.stop();
  }

  /** Stops without waiting for running handler calls. */
  close(): Promise<void> {
    return this.#stream.close();
  }

  /** `await using stream = …` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream.close();
  }

  /**
   * Calls a listener at every event of a name: `status` (connecting, open, authenticated, stale,
   * reconnecting, closed), `gap` (records may be missing after a reconnect), `slow` (a subscription
   * is at its limit, or makes no progress), `error` (something failed and the stream continues),
   * `warning` (something looks like a mistake). Returns a function that removes the listener; so
   * does the signal. With a signal that is aborted already, the listener is never added.
   *
   * @throws TypeError for an unknown name, and for a listener that is not a function.
   */
  on<Name extends keyof StreamEvents>(
    name: Name,
    listener: (event: StreamEvents<Channel>[Name]) => void,
    options?: ListenerOptions,
  ): () => void {
    // The channels of the schema are those of the type.
    return this.#stream.on(name, listener as (event: StreamEvents[Name]) => void, options);
  }

  /**
   * Returns the events of a name, from this call on, as an async iterable. It continues over any number
   * of runs; `break` ends it, and so does the signal, whose reason the loop throws after the events that
   * came before. A loop that falls behind loses the oldest events, counted in `dropped`.
   *
   * @example
   * ```ts
   * for await (const status of stream.events("status")) {
   *   console.log(status.state);
   *   if (status.state === "closed") break;
   * }
   * ```
   * @throws TypeError for an unknown name; the signal's reason if it is aborted already.
   */
  events<Name extends keyof StreamEvents>(
    name: Name,
    options?: ListenerOptions,
  ): EventIterator<StreamEvents<Channel>[Name]> {
    // The channels of the schema are those of the type.
    return this.#stream.events(name, options) as EventIterator<StreamEvents<Channel>[Name]>;
  }

  /**
   * How far handlers and iterators have got, as a JSON value for the option `resume` of the next stream: for each
   * channel the time up to which every record is finished, and marks of the finished records since, 5,000 at most
   * (some 55 kB; some hundred bytes for a few quiet symbols). It covers what handlers have returned from, with
   * promises settled, and what iterators were asked for; not what waits. A handler that reads it before its first
   * `await` finds the record at hand covered, and what it read may be saved together with what it stores. Of a
   * symbol with several subscriptions it covers what the last of them has finished. Each read walks through the
   * records of the last seconds: read it for each batch rather than for each record.
   *
   * @throws TypeError without the option `history`.
   */
  get position(): StreamPosition<Channel> {
    return this.#stream.position as StreamPosition<Channel>; // the channels of the schema are those of the type
  }

  /**
   * The newest market time that the records received show for certain, in milliseconds since the epoch: one wrong time
   * does not move it. Minus infinity before any.
   */
  get marketMs(): number {
    return this.#stream.marketMs;
  }

  /** A snapshot of the stream's counters. */
  get metrics(): StreamMetrics<Channel> {
    return this.#stream.metrics as StreamMetrics<Channel>; // the channels of the schema are those of the type
  }
}
