import {
  CRYPTO_SCHEMA,
  CryptoFeed,
  cryptoFeedPath,
  DataFeed,
  feedPath,
  STOCK_SCHEMA,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
  systemClock,
} from "@tickerplant/client";
import type { Feed } from "./feeds/feed.ts";
import { OrderBooks } from "./feeds/order-books.ts";
import type { EndpointOptions } from "./gateway/endpoint.ts";
import { Gateway } from "./gateway/gateway.ts";
import { emit, type GatewayEvent } from "./gateway/gateway-events.ts";
import { GATEWAY_SETTINGS, type GatewaySettings } from "./gateway/gateway-settings.ts";
import { addHistory, checkHistory, type HistoryOptions } from "./history/add-history.ts";
import type { Plan } from "./history/history-api.ts";
import { checkList, checkOptions, type ExpectedOptions, kindOf } from "./option-checks.ts";

/** The name of an endpoint in options, events and entitlements: a feed of stocks, or one of crypto behind `crypto/`. */
export type FeedName = DataFeed | `crypto/${CryptoFeed}`;

/** Options of {@link createGateway}. */
export interface GatewayOptions extends GatewaySettings {
  /**
   * The feed that each endpoint serves: those of stocks by their names, such as `iex`, those of crypto as
   * `crypto/us`. One feed may serve several endpoints of its asset class.
   */
  readonly feeds: { readonly [Name in FeedName]?: Feed };
  /**
   * Channels that the endpoints of stocks offer; requests for others are rejected with 410.
   *
   * @defaultValue all
   */
  readonly channels?: readonly SubscribableChannel[];
  /**
   * How much of the past the gateway holds and serves over HTTP, at Alpaca's paths of historical data.
   *
   * @defaultValue a day, in 128 MiB at most; false serves none
   */
  readonly history?: HistoryOptions | false;
  /**
   * The plan whose limits the history keeps. `free`: 200 requests a minute for each key, and no `sip` data of the last
   * 15 minutes.
   *
   * @defaultValue none: no limit
   */
  readonly plan?: Plan;
}

/** Every {@link FeedName}. */
export const FEED_NAMES: readonly FeedName[] = [
  ...Object.values(DataFeed),
  ...Object.values(CryptoFeed).map((feed) => `crypto/${feed}` as const),
];

const OPTIONS: ExpectedOptions<GatewayOptions> = {
  feeds: "checked",
  channels: "checked",
  history: "checked",
  plan: ["free"],
  ...GATEWAY_SETTINGS,
};

/**
 * Makes a gateway.
 *
 * @throws TypeError or RangeError for options that make no sense.
 * @example
 * const gateway = createGateway({ feeds: { iex: simulator({ symbols: ["AAPL"] }) } });
 * await using listener = await listen(gateway);
 */
export function createGateway(options: GatewayOptions): Gateway {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`createGateway needs options, such as { feeds: { iex: simulator() } }, got ${kindOf(options)}`);
  checkOptions("createGateway", options, OPTIONS);
  const { feeds, channels, history = {}, plan, ...settings } = options;
  checkFeeds(feeds);
  if (channels !== undefined) checkList("channels", channels, SUBSCRIBABLE_CHANNELS);
  if (history !== false) checkHistory(history);
  const endpoints = [...stockEndpoints(feeds, channels), ...cryptoEndpoints(feeds)];
  if (endpoints.length === 0) throw new TypeError("a gateway needs at least one feed, such as { iex: simulator() }");
  const gateway = new Gateway(endpoints, FEED_NAMES, settings);
  const onEvent = (event: GatewayEvent): void => emit(event, settings.onEvent);
  if (history !== false) addHistory(gateway, feeds, history, settings.clock ?? systemClock, plan, onEvent);
  return gateway;
}

/** The endpoints of Alpaca's stock feeds, at Alpaca's paths. */
export function stockEndpoints(feeds: GatewayOptions["feeds"], channels?: readonly string[]): EndpointOptions[] {
  const endpoints: EndpointOptions[] = [];
  for (const name of Object.values(DataFeed)) {
    const feed = feeds[name];
    if (feed === undefined) continue;
    endpoints.push({ path: `/${feedPath(name)}`, name, schema: STOCK_SCHEMA, feed, ...(channels && { channels }) });
  }
  return endpoints;
}

/** The endpoints of Alpaca's crypto feeds, at Alpaca's paths. */
export function cryptoEndpoints(feeds: GatewayOptions["feeds"]): EndpointOptions[] {
  const endpoints: EndpointOptions[] = [];
  const makeSnapshots = (): OrderBooks => new OrderBooks();
  for (const name of Object.values(CryptoFeed)) {
    const feed = feeds[`crypto/${name}`];
    if (feed === undefined) continue;
    const path = `/${cryptoFeedPath(name)}`;
    endpoints.push({ path, name: `crypto/${name}`, schema: CRYPTO_SCHEMA, feed, makeSnapshots });
  }
  return endpoints;
}

/** @throws TypeError for an unknown feed name, and for a value without `run`, such as `simulator` in place of `simulator()`. */
function checkFeeds(feeds: GatewayOptions["feeds"]): void {
  if (typeof feeds !== "object" || feeds === null)
    throw new TypeError(`feeds must be an object, such as { iex: simulator() }, got ${kindOf(feeds)}`);
  const names: readonly string[] = FEED_NAMES;
  for (const [name, feed] of Object.entries(feeds)) {
    if (!names.includes(name)) throw new TypeError(`there is no feed "${name}"; the feeds are ${names.join(", ")}`);
    if (feed !== undefined && typeof feed?.run !== "function")
      throw new TypeError(`feeds.${name} must be a feed, such as simulator(), got ${kindOf(feed)}`);
  }
}
