import {
  CRYPTO_SCHEMA,
  CryptoDataStream,
  CryptoFeed,
  DataFeed,
  STOCK_SCHEMA,
  StockDataStream,
  type StreamOptions,
  systemClock,
} from "@tickerplant/client";
import { type StreamSchema, TappedDecoder } from "@tickerplant/client/wire";
import { checkLimit, checkTimeout, kindOf } from "../../option-checks.ts";
import { type Feed, FeedSource, type UpstreamHistory } from "../feed.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { PassingFrames } from "./passing-frames.ts";
import { SymbolLimit } from "./symbol-limit.ts";
import { NOT_CONNECTED, UpstreamRun } from "./upstream-run.ts";
import type { UpstreamStream } from "./upstream-stream.ts";

/**
 * Options of {@link upstream}: those of the client's stream, and how the feed uses it. The stream reconnects by
 * itself, and gaps are filled if it has a `history`.
 */
export interface UpstreamOptions extends Omit<StreamOptions, "rawData" | "reconnect" | "decoder"> {
  /**
   * The feed of Alpaca, or the feed that `urlOverride` names.
   *
   * @defaultValue `iex`
   */
  readonly feed?: DataFeed | `crypto/${CryptoFeed}` | undefined;
  /**
   * Whether the upstream ends: its normal close ends the feed, the feed waits for slow clients, and an error that
   * reconnecting does not resolve fails it. For a gateway with `once`. Otherwise the feed never ends, has the pace of
   * the market, and tries again for ever.
   *
   * @defaultValue `false`
   */
  readonly once?: boolean | undefined;
  /**
   * Symbols upstream that have trades, quotes or order books; a request for more is rejected with 405 and not sent.
   *
   * @defaultValue no limit: upstream has one
   */
  readonly maxSymbols?: number | undefined;
  /**
   * How long symbols stay subscribed after their last client has left, in milliseconds.
   *
   * @defaultValue 30,000
   */
  readonly lingerMs?: number | undefined;
  /**
   * Where clients' requests for history are passed when the gateway does not hold the answer: made by the function
   * `upstreamHistory`.
   *
   * @defaultValue the gateway answers from what it holds alone
   */
  readonly upstreamHistory?: UpstreamHistory | undefined;
}

/** The options that are not the stream's. */
type FeedOptions = "once" | "maxSymbols" | "lingerMs" | "upstreamHistory";

/**
 * Makes a feed from a stream of Alpaca, or of another gateway: one connection for any number of clients. It subscribes
 * upstream to what the clients want together, and acknowledges them after upstream's word.
 *
 * @throws TypeError or RangeError for options that make no sense, and for missing keys.
 * @example
 * ```ts
 * const gateway = createGateway({ feeds: { sip: upstream({ feed: "sip" }) }, keys: [{ key: "desk", secretHash }] });
 * ```
 */
export function upstream(options: UpstreamOptions = {}): Feed {
  if (kindOf(options) !== "object")
    throw new TypeError(`upstream: the options must be an object, got ${kindOf(options)}`);
  for (const name of ["rawData", "reconnect", "decoder"])
    if (name in options) throw new TypeError(`upstream: there is no option "${name}"; the feed decides that`);
  const { once = false, maxSymbols, lingerMs, upstreamHistory, ...ofStream } = options;
  if (typeof once !== "boolean") throw new TypeError(`upstream: once must be true or false, got ${kindOf(once)}`);
  checkLimit("upstream: maxSymbols", maxSymbols);
  checkTimeout("upstream: lingerMs", lingerMs);
  if (upstreamHistory !== undefined && typeof upstreamHistory.get !== "function")
    throw new TypeError("upstream: upstreamHistory must be what the function upstreamHistory makes");
  openStream(ofStream); // only to check the options now, and not in the run
  let current: UpstreamRun | undefined;
  let { resume } = ofStream;
  return {
    source: sourceOf(options),
    paced: !once,
    run: (sink, signal) => {
      const passing = new PassingFrames(sink, () => current?.frameClosed());
      const decoder = (schemaOfStream: StreamSchema): TappedDecoder => new TappedDecoder(schemaOfStream, passing);
      const { stream, schema } = openStream({ ...ofStream, resume, decoder, reconnect: { afterNormalClose: !once } });
      const isResumed = resume !== undefined;
      resume = undefined; // a later run follows this one, and not the earlier stream
      current = new UpstreamRun({
        stream,
        schema,
        isFilled: options.history !== undefined,
        isResumed,
        once,
        limit: new SymbolLimit(maxSymbols ?? Number.POSITIVE_INFINITY, schema),
        lingerMs: lingerMs ?? UPSTREAM_LIMITS.lingerMs,
        clock: options.clock ?? systemClock,
        sink,
        publish: (record) => passing.publish(record),
        isInFrame: () => passing.isOpen,
        signal,
      });
      return current.run();
    },
    demand: (change) => current?.demand(change),
    ...(upstreamHistory && { history: upstreamHistory }),
    get isCurrent() {
      return current?.isCurrent ?? false;
    },
    get marketMs() {
      return current?.marketMs;
    },
    get status() {
      return current?.status ?? { isReady: false, reason: NOT_CONNECTED };
    },
    get connection() {
      return current?.connection;
    },
  };
}

/** Alpaca's test feed is made up. What another gateway serves is not known here. */
function sourceOf({ feed, urlOverride }: UpstreamOptions): FeedSource | undefined {
  if (urlOverride !== undefined) return undefined;
  return feed === DataFeed.TEST ? FeedSource.SIMULATED : FeedSource.LIVE;
}

function openStream({
  feed = DataFeed.IEX,
  ...options
}: Omit<UpstreamOptions, FeedOptions> & Pick<StreamOptions, "decoder" | "reconnect">): {
  readonly stream: UpstreamStream;
  readonly schema: StreamSchema;
} {
  const cryptoFeed = Object.values(CryptoFeed).find((name) => `crypto/${name}` === feed);
  if (cryptoFeed !== undefined)
    return { stream: new CryptoDataStream({ ...options, feed: cryptoFeed }), schema: CRYPTO_SCHEMA };
  const stockFeed = Object.values(DataFeed).find((name) => name === feed);
  if (stockFeed === undefined) throw new TypeError(`upstream: there is no feed ${JSON.stringify(feed)}`);
  return { stream: new StockDataStream({ ...options, feed: stockFeed }), schema: STOCK_SCHEMA };
}
