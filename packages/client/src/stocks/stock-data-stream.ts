/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import { connector as platformConnector } from "@tickerplant/client/transport";
import { codecs } from "#codecs";
import {
  BOOLEAN,
  check,
  checkOptions,
  duration,
  FUNCTION,
  implementing,
  milliseconds,
  OBJECT,
  type OptionChecks,
  oneOf,
  orFalse,
  SECRET,
} from "../checks/option-checks.ts";
import { kindOf } from "../checks/shown-value.ts";
import { cleanCredential } from "../connection/credentials.ts";
import * as LIMITS from "../limits.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { Connector } from "../platform/transport/transport.ts";
import type { ReconnectOptions } from "../stream/backoff.ts";
import { DataStream, type RunOptions } from "../stream/data-stream.ts";
import type { StreamEvents } from "../stream/events.ts";
import type { StreamMetrics } from "../stream/metrics.ts";
import type { RecordIterator } from "../subscriptions/record-iterator.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import { type SubscriptionOptions, stallLimit } from "../subscriptions/subscription-registry.ts";
import { type OnlySymbolArguments, type SymbolArguments, splitArguments } from "../subscriptions/symbol-arguments.ts";
import { isList, type SymbolsByChannel } from "../subscriptions/wanted-symbols.ts";
import { VERSION } from "../version.ts";
import { Codec, type RawRecord, WILDCARD } from "../wire/index.ts";
import type { Channel, SubscribableChannel } from "./channels.ts";
import { DATA_FEED, DataFeed, feedUrl } from "./data-feed.ts";
import type { RecordByChannel } from "./records.ts";
import { SCHEDULES } from "./schedules.ts";
import { STOCK_STREAM } from "./stock-stream.ts";
import { STOCK_SPELLING } from "./symbol-spelling.ts";

/** Options of a {@link StockDataStream}. Durations are in milliseconds; `Infinity` is never, where that makes sense. */
export interface StockDataStreamOptions<Raw extends boolean = false> {
  /** API key; white space around it is removed. Default: the environment's `APCA_API_KEY_ID`. */
  readonly apiKey?: string | undefined;
  /** API secret; white space around it is removed. Default: the environment's `APCA_API_SECRET_KEY`. */
  readonly secretKey?: string | undefined;
  /** Hand on records as the wire has them, with short keys. Default false. */
  readonly rawData?: Raw | undefined;
  /** Which feed. Default `iex`, the free one. */
  readonly feed?: DataFeed | undefined;
  /**
   * Parameters for the platform's websocket. On Node those of the package `ws` (`agent`, `ca`,
   * `perMessageDeflate`, `headers`, …); headers are added to ours and replace none. An
   * `agent` takes the place of the environment's proxy; `agent: false` goes the direct way. In browsers
   * `protocols` alone. Default none.
   */
  readonly websocketParams?: Readonly<Record<string, unknown>> | undefined;
  /** Address of the stream, with its path, instead of the feed's: a gateway, a proxy, a test. */
  readonly urlOverride?: string | undefined;
  /** Default `msgpack` where headers can be set, `json` in browsers, which cannot choose. */
  readonly codec?: Codec | undefined;
  /** How to reconnect; false: never. Default: for ever; at once after market data, else 1 s doubling to 30 s. */
  readonly reconnect?: ReconnectOptions | false | undefined;
  /** From the socket's opening to "authenticated"; and as long for the socket to open. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** From a subscribe or unsubscribe to the server's answer. Default 10,000. */
  readonly ackTimeoutMs?: number | undefined;
  /** Between pings; 0 or `Infinity` sends none. Default 10,000. Browsers cannot ping. */
  readonly pingIntervalMs?: number | undefined;
  /** From a ping to any sign of life, before the link counts as dead. Default 5,000. */
  readonly pongTimeoutMs?: number | undefined;
  /**
   * How long no market data may come before the connection counts as stale, is told of and made anew.
   * A number holds at any hour; false or `Infinity` turns it off. Default: by channel and feed, while the
   * US market is open; off with `urlOverride`, behind which there may be any market.
   */
  readonly staleAfterMs?: number | false | undefined;
  /**
   * How long a subscription's records may wait without any progress (no handler call settles, no
   * record is pulled) before it is reported as stalled; one that stops the reading is then isolated,
   * so that the others go on. False: never. Default 10,000.
   */
  readonly stalledAfterMs?: number | false | undefined;
  /** Time and chance; for tests. Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** What opens websockets; for tests and other platforms. Default: the platform's. */
  readonly connector?: Connector | undefined;
}

/** The record that a channel's handler gets: a {@link RawRecord} with `rawData`. */
export type StreamRecord<C extends Channel, Raw extends boolean> = Raw extends true ? RawRecord : RecordByChannel[C];

/** A handler. One that returns a promise is awaited before the symbol's next record. */
export type Handler<R> = (record: R) => unknown;

/**
 * Live stock market data: trades, quotes, bars, trading statuses, LULD bands, imbalances, trade
 * corrections and cancels. alpaca-py's `StockDataStream` in TypeScript.
 *
 * Subscribe before, during or after {@link run}; subscriptions survive reconnects and runs.
 */
export class StockDataStream<Raw extends boolean = false> {
  readonly #stream: DataStream;

  /**
   * @throws TypeError when a key is missing or an option makes no sense.
   */
  constructor(options: StockDataStreamOptions<Raw> = {}) {
    checkOptions("StockDataStream", options, STREAM_OPTIONS);
    if (options.reconnect) checkOptions("StockDataStream", options.reconnect, RECONNECT_OPTIONS, "reconnect.");
    const headers = options.websocketParams?.headers;
    if (headers !== undefined) check("websocketParams.headers", headers, OBJECT); // of a Headers nothing would be sent
    const connector = options.connector ?? platformConnector;
    const apiKey = credential("apiKey", options.apiKey);
    const secretKey = credential("secretKey", options.secretKey);
    const codec = chosenCodec(options.codec, connector);
    this.#stream = new DataStream({
      connection: {
        schema: STOCK_STREAM,
        apiKey,
        secretKey,
        codec,
        rawData: options.rawData ?? false,
        handshakeTimeoutMs: options.handshakeTimeoutMs ?? LIMITS.handshakeTimeoutMs,
        ackTimeoutMs: options.ackTimeoutMs ?? LIMITS.ackTimeoutMs,
        pingIntervalMs: pingInterval(options.pingIntervalMs ?? LIMITS.pingIntervalMs),
        pongTimeoutMs: options.pongTimeoutMs ?? LIMITS.pongTimeoutMs,
        request: {
          url: streamUrl(options),
          headers: { "Content-Type": `application/${codec}`, "User-Agent": `tickerplant-client/${VERSION}` },
          websocketParams: options.websocketParams ?? {},
        },
      },
      schedule:
        options.urlOverride === undefined && isStalenessOn(options.staleAfterMs)
          ? SCHEDULES[options.feed ?? DataFeed.IEX]
          : undefined,
      spelling: STOCK_SPELLING,
      staleAfterMs: silence(options.staleAfterMs),
      stalledAfterMs: stallLimit(options.stalledAfterMs, LIMITS.stalledAfterMs),
      reconnect: options.reconnect ?? {},
      clock: options.clock ?? systemClock,
      connector,
    });
  }

  /** Subscribes a handler to trades. Corrections and cancels of their symbols come with them. */
  subscribeTrades(handler: Handler<StreamRecord<"trades", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("trades", handler, symbols);
  }

  /** Subscribes a handler to quotes. */
  subscribeQuotes(handler: Handler<StreamRecord<"quotes", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("quotes", handler, symbols);
  }

  /** Subscribes a handler to minute bars, which come right after their minute. */
  subscribeBars(handler: Handler<StreamRecord<"bars", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("bars", handler, symbols);
  }

  /** Subscribes a handler to minute bars that late trades have changed. */
  subscribeUpdatedBars(handler: Handler<StreamRecord<"updatedBars", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("updatedBars", handler, symbols);
  }

  /** Subscribes a handler to daily bars, which come after every minute of the session. */
  subscribeDailyBars(handler: Handler<StreamRecord<"dailyBars", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("dailyBars", handler, symbols);
  }

  /** Subscribes a handler to trading statuses: halts, resumptions. */
  subscribeTradingStatuses(handler: Handler<StreamRecord<"statuses", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("statuses", handler, symbols);
  }

  /** Subscribes a handler to limit up, limit down price bands. */
  subscribeLulds(handler: Handler<StreamRecord<"lulds", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("lulds", handler, symbols);
  }

  /** Subscribes a handler to order imbalances. */
  subscribeImbalances(handler: Handler<StreamRecord<"imbalances", Raw>>, ...symbols: SymbolArguments): Subscription {
    return this.#subscribe("imbalances", handler, symbols);
  }

  /** Calls a handler for every trade correction. They come with the trades that are subscribed to. */
  registerTradeCorrections(
    handler: Handler<StreamRecord<"corrections", Raw>>,
    options: SubscriptionOptions = {},
  ): Subscription {
    checkHandler(handler, FIRST);
    return this.#stream.subscribe({ corrections: [WILDCARD] }, handler, options);
  }

  /** Calls a handler for every trade cancel. They come with the trades that are subscribed to. */
  registerTradeCancels(
    handler: Handler<StreamRecord<"cancelErrors", Raw>>,
    options: SubscriptionOptions = {},
  ): Subscription {
    checkHandler(handler, FIRST);
    return this.#stream.subscribe({ cancelErrors: [WILDCARD] }, handler, options);
  }

  /**
   * Subscribes one handler to symbols of several channels: `{ trades: ["AAPL"], quotes: ["*"] }`. A
   * symbol's records of all channels come in arrival order; `record.channel` tells them apart. The
   * handler's record has the type of the channels that are named.
   */
  subscribe<C extends Channel>(
    symbols: SymbolsByChannel<C>,
    handler: Handler<StreamRecord<C, Raw>>,
    options: SubscriptionOptions = {},
  ): Subscription {
    checkHandler(handler, "the second argument, behind the symbols");
    return this.#stream.subscribe(symbols, handler, options);
  }

  /** Trades by pulling: `for await (const trade of stream.trades("AAPL"))`. */
  trades(...symbols: SymbolArguments): RecordIterator<StreamRecord<"trades", Raw>> {
    return this.#iterate("trades", symbols);
  }

  /** Quotes by pulling. */
  quotes(...symbols: SymbolArguments): RecordIterator<StreamRecord<"quotes", Raw>> {
    return this.#iterate("quotes", symbols);
  }

  /** Minute bars by pulling. */
  bars(...symbols: SymbolArguments): RecordIterator<StreamRecord<"bars", Raw>> {
    return this.#iterate("bars", symbols);
  }

  /** Updated minute bars by pulling. */
  updatedBars(...symbols: SymbolArguments): RecordIterator<StreamRecord<"updatedBars", Raw>> {
    return this.#iterate("updatedBars", symbols);
  }

  /** Daily bars by pulling. */
  dailyBars(...symbols: SymbolArguments): RecordIterator<StreamRecord<"dailyBars", Raw>> {
    return this.#iterate("dailyBars", symbols);
  }

  /** Trading statuses by pulling. */
  tradingStatuses(...symbols: SymbolArguments): RecordIterator<StreamRecord<"statuses", Raw>> {
    return this.#iterate("statuses", symbols);
  }

  /** Price bands by pulling. */
  lulds(...symbols: SymbolArguments): RecordIterator<StreamRecord<"lulds", Raw>> {
    return this.#iterate("lulds", symbols);
  }

  /** Order imbalances by pulling. */
  imbalances(...symbols: SymbolArguments): RecordIterator<StreamRecord<"imbalances", Raw>> {
    return this.#iterate("imbalances", symbols);
  }

  /** Records of several channels by pulling, in arrival order. */
  records<C extends Channel>(
    symbols: SymbolsByChannel<C>,
    options: SubscriptionOptions = {},
  ): RecordIterator<StreamRecord<C, Raw>> {
    return this.#stream.iterate(symbols, options);
  }

  /** Takes symbols away from every subscription to trades. Harmless for what is not subscribed. */
  unsubscribeTrades(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("trades", symbols);
  }

  /** Takes symbols away from every subscription to quotes. */
  unsubscribeQuotes(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("quotes", symbols);
  }

  /** Takes symbols away from every subscription to minute bars. */
  unsubscribeBars(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("bars", symbols);
  }

  /** Takes symbols away from every subscription to updated bars. */
  unsubscribeUpdatedBars(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("updatedBars", symbols);
  }

  /** Takes symbols away from every subscription to daily bars. */
  unsubscribeDailyBars(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("dailyBars", symbols);
  }

  /** Takes symbols away from every subscription to trading statuses. */
  unsubscribeTradingStatuses(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("statuses", symbols);
  }

  /** Takes symbols away from every subscription to price bands. */
  unsubscribeLulds(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("lulds", symbols);
  }

  /** Takes symbols away from every subscription to imbalances. */
  unsubscribeImbalances(...symbols: OnlySymbolArguments): Promise<void> {
    return this.#unsubscribe("imbalances", symbols);
  }

  /**
   * Connects, reconnects and hands on records until stopped. Resolves after {@link stop} or
   * {@link close}; rejects only with the `StreamError` that ended the stream. Called while running, it
   * waits for the same run; called during a stop, it begins when that is done.
   */
  run(options?: RunOptions): Promise<void> {
    return this.#stream.run(options);
  }

  /**
   * Runs in the background, and resolves once authenticated and every subscription settled. Rejects
   * with the terminal `StreamError`, or with `stopped`. A `signal` stops the stream at any time, not
   * only while this waits. What fails later is told by the events
   * `error` and `status`.
   */
  connect(options?: RunOptions): Promise<void> {
    return this.#stream.connect(options);
  }

  /**
   * Stops: no further record is handed on, handlers at work may finish. Resolves when the socket is
   * gone, within a second even if the peer is dead. {@link run} resolves once handlers have finished,
   * or after 5 s. Safe in any state and in a handler; the stream can run again.
   */
  stop(): Promise<void> {
    return this.#stream.stop();
  }

  /** The seed's other name for {@link stop}. */
  stopWs(): Promise<void> {
    return this.#stream.stop();
  }

  /** Stops without waiting for handlers at work. */
  close(): Promise<void> {
    return this.#stream.close();
  }

  /** `await using stream = …` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream.close();
  }

  /**
   * Calls `listener` at every event of a name: `status` (connecting, open, authenticated,
   * reconnecting, closed), `gap` (records may be missing after a reconnect), `slow` (a subscription
   * is at its limit, or makes no progress), `error` (something failed and the stream goes on),
   * `warning` (something looks like a mistake). Returns what ends that.
   *
   * @throws TypeError for an unknown name.
   */
  on<Name extends keyof StreamEvents>(name: Name, listener: (event: StreamEvents<Channel>[Name]) => void): () => void {
    // The channels of the schema are those of the type.
    return this.#stream.on(name, listener as (event: StreamEvents[Name]) => void);
  }

  /** A snapshot of the stream's counters. */
  get metrics(): StreamMetrics<Channel> {
    return this.#stream.metrics as StreamMetrics<Channel>; // the channels of the schema are those of the type
  }

  #subscribe(channel: SubscribableChannel, handler: (record: never) => unknown, args: SymbolArguments): Subscription {
    checkHandler(handler, FIRST);
    const { symbols, options } = splitArguments(args);
    return this.#stream.subscribe({ [channel]: symbols }, handler, options);
  }

  #iterate<R>(channel: SubscribableChannel, args: SymbolArguments): RecordIterator<R> {
    const { symbols, options } = splitArguments(args);
    return this.#stream.iterate({ [channel]: symbols }, options);
  }

  #unsubscribe(channel: SubscribableChannel, [first, ...others]: OnlySymbolArguments): Promise<void> {
    const symbols = isList(first) && others.length === 0 ? first : [first, ...others];
    return this.#stream.unsubscribe(channel, symbols);
  }
}

/** What the options of a stream must be. */
const STREAM_OPTIONS: OptionChecks<StockDataStreamOptions<boolean>> = {
  apiKey: SECRET,
  secretKey: SECRET,
  rawData: BOOLEAN,
  feed: DATA_FEED,
  websocketParams: OBJECT,
  urlOverride: SECRET,
  codec: oneOf(Object.values(Codec)),
  reconnect: orFalse(OBJECT),
  handshakeTimeoutMs: duration(1),
  ackTimeoutMs: duration(1),
  pingIntervalMs: duration(0),
  pongTimeoutMs: milliseconds(1),
  staleAfterMs: orFalse(duration(1)),
  stalledAfterMs: orFalse(duration(1)),
  clock: implementing("Clock", "now", "monotonic", "random", "setTimer", "clearTimer"),
  connector: implementing("Connector", "connect"),
};

const RECONNECT_OPTIONS: OptionChecks<ReconnectOptions> = {
  initialDelayMs: milliseconds(0),
  maxDelayMs: duration(0),
  maxAttempts: { expected: "0 or more", accepts: (value) => typeof value === "number" && value >= 0 },
};

const FIRST = "the first argument, before the symbols";

function checkHandler(handler: unknown, place: string): void {
  if (FUNCTION.accepts(handler)) return;
  throw new TypeError(`handler must be a function, got ${kindOf(handler)}; it is ${place}`);
}

function chosenCodec(wanted: Codec | undefined, connector: Connector): Codec {
  const possible = connector.setsHeaders ? codecs.names : [Codec.JSON];
  const codec = wanted ?? possible[0] ?? Codec.JSON;
  if (possible.includes(codec)) return codec;
  throw new TypeError("codec msgpack has to be asked for by a header, which this platform cannot set: use json");
}

function streamUrl(options: StockDataStreamOptions<boolean>): string {
  const feed = options.feed ?? DataFeed.IEX;
  if (options.urlOverride === undefined) return feedUrl(feed);
  const url = URL.canParse(options.urlOverride) ? new URL(options.urlOverride) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") url.protocol = url.protocol.replace("http", "ws");
  if (url?.protocol !== "ws:" && url?.protocol !== "wss:") {
    // Not the address itself, which may hold a password.
    const hasScheme = options.urlOverride.includes("://");
    const got = url === undefined ? "one that cannot be read" : `one of the protocol "${url.protocol}"`;
    throw new TypeError(
      `urlOverride must be an address such as ws://localhost:8765/v2/iex, got ${hasScheme ? got : "one without ws:// or wss:// before it"}`,
    );
  }
  url.hash = ""; // never sent, and `ws` would reject it
  return url.href;
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }; // absent in browsers
  return process?.env?.[name];
}

const KEY_VARIABLES = { apiKey: "APCA_API_KEY_ID", secretKey: "APCA_API_SECRET_KEY" } as const;

function credential(option: keyof typeof KEY_VARIABLES, value: string | undefined): string {
  const variable = KEY_VARIABLES[option];
  const clean = cleanCredential(value === undefined ? variable : option, value ?? environment(variable) ?? "");
  if (clean !== "") return clean;
  throw new TypeError(
    `${option} is missing: pass it to StockDataStream or set ${variable}. Keys come from alpaca.markets; the gateway's simulator takes any.`,
  );
}

function pingInterval(pingIntervalMs: number): number {
  return pingIntervalMs === Number.POSITIVE_INFINITY ? 0 : pingIntervalMs;
}

function silence(staleAfterMs: number | false | undefined): number | undefined {
  return isStalenessOn(staleAfterMs) ? staleAfterMs : undefined;
}

function isStalenessOn(staleAfterMs: number | false | undefined): staleAfterMs is number | undefined {
  return staleAfterMs !== false && staleAfterMs !== Number.POSITIVE_INFINITY;
}
