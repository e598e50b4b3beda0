import { type Clock, CryptoFeed, DataFeed } from "@tickerplant/client";
import { type Feed, isPartial } from "../feeds/feed.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { GatewayEvent } from "../gateway/gateway-events.ts";
import { checkLimit, checkOptions, type ExpectedOptions } from "../option-checks.ts";
import type { AssetClass } from "./asset-class.ts";
import { CRYPTO } from "./crypto.ts";
import { FeedHistory, HistoryPools } from "./feed-history.ts";
import { HistoryApi, type Plan, type ServedFeed } from "./history-api.ts";
import { HISTORY_LIMITS } from "./limits.ts";
import type { FeedRecorder } from "./recorded/feed-recorder.ts";
import { RecordedHistory } from "./recorded/recorded-history.ts";
import { addCryptoRoutes, addStockRoutes } from "./routes.ts";
import { STOCKS } from "./stocks.ts";

/** How much of the past a gateway holds. What is older or more is dropped, the oldest first. */
export interface HistoryOptions {
  /**
   * Minutes of the market's time.
   *
   * @defaultValue 1440, a day
   */
  readonly maxMinutes?: number;
  /**
   * Bytes, for the records of all feeds; at least 4 MiB.
   *
   * @defaultValue 128 MiB, some two million records
   */
  readonly maxBytes?: number;
  /**
   * The recorders of feeds, by the names of their endpoints. What memory no longer holds is answered from their
   * recordings. Each has to be added as a sink of its feed as well, before the gateway starts.
   */
  readonly recorders?: { readonly [feed: string]: FeedRecorder | undefined };
}

const OPTIONS: ExpectedOptions<HistoryOptions> = { maxMinutes: "checked", maxBytes: "checked", recorders: "checked" };

/** @throws TypeError or RangeError for options that make no sense. */
export function checkHistory(options: HistoryOptions): void {
  checkOptions("history", options, OPTIONS);
  checkLimit("history.maxMinutes", options.maxMinutes);
  checkLimit("history.maxBytes", options.maxBytes);
  const { maxBytes = HISTORY_LIMITS.defaultBytes } = options;
  if (maxBytes < HISTORY_LIMITS.minBytes)
    throw new RangeError(`history.maxBytes must be at least ${HISTORY_LIMITS.minBytes}, got ${maxBytes}`);
}

/**
 * The feeds of stocks in the order in which one is chosen for a request that names none: the best that there is.
 * Source: docs.alpaca.markets/docs/market-data-faq.
 */
const BEST_FIRST = [
  DataFeed.SIP,
  DataFeed.DELAYED_SIP,
  DataFeed.IEX,
  DataFeed.BOATS,
  DataFeed.OVERNIGHT,
  DataFeed.OTC,
  DataFeed.TEST,
] as const;

/** Keeps what the feeds publish, and serves it at Alpaca's paths of historical data. */
export function addHistory(
  gateway: Gateway,
  feeds: Readonly<Record<string, Feed | undefined>>,
  options: HistoryOptions,
  clock: Clock,
  plan: Plan | undefined,
  onEvent: (event: GatewayEvent) => void,
): void {
  const { maxMinutes = HISTORY_LIMITS.defaultMinutes, maxBytes = HISTORY_LIMITS.defaultBytes } = options;
  const pools = new HistoryPools(maxBytes);
  const histories = new Map<Feed, Pick<ServedFeed, "history" | "recorded">>();
  const recorders = recordersByFeed(feeds, options.recorders);
  const served = (assetClass: AssetClass, name: string, entitlement: string): ServedFeed[] => {
    const feed = feeds[entitlement];
    if (feed === undefined) return [];
    let held = histories.get(feed);
    if (held === undefined) {
      const recorder = recorders.get(feed);
      const mark = recorder && ((): number => recorder.sink.mark());
      const history = new FeedHistory(assetClass, pools, maxMinutes * 60, isPartial(feed), clock, mark);
      const recorded = recorder && new RecordedHistory(history, recorder, clock);
      history.onClose = () => recorded?.close();
      held = { history, recorded };
      histories.set(feed, held);
      gateway.addSink(feed, history); // before the recorder's sink, which has a record when the history has it
    }
    return [{ name, entitlement, ...held, source: feed, isDelayedIfFree: name === DataFeed.SIP }];
  };
  const stocks = BEST_FIRST.flatMap((name) => served(STOCKS, name, name));
  // Alpaca's history of the delayed feed is that of `sip`.
  if (feeds.sip === undefined) stocks.push(...served(STOCKS, DataFeed.SIP, DataFeed.DELAYED_SIP));
  const crypto = Object.values(CryptoFeed).flatMap((name) => served(CRYPTO, name, `crypto/${name}`));
  const api = new HistoryApi(gateway, clock, plan, onEvent);
  if (stocks.length > 0) addStockRoutes(api, stocks);
  addCryptoRoutes(api, crypto);
}

function recordersByFeed(
  feeds: Readonly<Record<string, Feed | undefined>>,
  recorders: HistoryOptions["recorders"] = {},
): ReadonlyMap<Feed, FeedRecorder> {
  const byFeed = new Map<Feed, FeedRecorder>();
  for (const [name, recorder] of Object.entries(recorders)) {
    const feed = feeds[name];
    if (feed === undefined)
      throw new TypeError(`history.recorders.${name} is the recorder of a feed that is not served`);
    if (recorder !== undefined) byFeed.set(feed, recorder);
  }
  return byFeed;
}
