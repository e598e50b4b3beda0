import { DataFeed } from "@tickerplant/client";
import { formatTimestamp } from "@tickerplant/client/wire";
import type { Call } from "./answers.ts";
import { shown } from "./range-query.ts";
import { RestError } from "./rest-error.ts";

/** The parameters that are passed on: those of Alpaca's documentation. */
const PARAMETERS = [
  "symbols",
  "start",
  "end",
  "limit",
  "sort",
  "page_token",
  "timeframe",
  "adjustment",
  "asof",
  "currency",
];

/** A symbol that may stand in a path: `..` and `%2F` would make it another one. */
const PATH_SYMBOL = /^[A-Za-z0-9][\w.:-]{0,31}$/;

/**
 * Returns the path and the query with which a request is passed upstream, made of known parts alone. The feed of stocks
 * is always named: the best one of the gateway's own plan may be another.
 *
 * @throws RestError 400 for a path with something else than a symbol.
 */
export function upstreamTarget(
  path: string,
  { query, symbol, feed, ...call }: Call,
  about: "range" | "latest",
): string {
  if (symbol !== undefined && !PATH_SYMBOL.test(symbol)) throw new RestError(400, `invalid symbol: ${shown(symbol)}`);
  const parameters = new URLSearchParams();
  for (const name of PARAMETERS) {
    const value = query.get(name);
    if (value !== null) parameters.set(name, value);
  }
  if (about === "range" && call.lastSeconds < call.nowSeconds && !parameters.get("end"))
    parameters.set("end", formatTimestamp(Math.floor(call.lastSeconds), 0));
  const name = stockFeed(feed, about);
  if (name !== undefined) parameters.set("feed", name);
  return `${path.replace("{symbol}", symbol ?? "")}?${parameters}`;
}

/** Alpaca's history of the delayed feed is that of `sip`. The path of a crypto feed names it. */
function stockFeed(feed: string, about: "range" | "latest"): string | undefined {
  if (feed.startsWith("crypto/")) return undefined;
  return about === "range" && feed === DataFeed.DELAYED_SIP ? DataFeed.SIP : feed;
}
