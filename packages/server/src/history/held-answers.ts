import { WILDCARD } from "@tickerplant/client/wire";
import { type Call, namesOf, scopeOf } from "./answers.ts";
import type { Kind } from "./feed-history.ts";
import { findLatest } from "./latest.ts";
import { rangeQuery } from "./range-query.ts";
import { RestError } from "./rest-error.ts";
import { isWithinDay, parseTimeframe } from "./timeframe.ts";

/** When a page may be requested again: a feed reconnects and fills its gap within seconds. */
const CURRENT_AFTER_SECONDS = 5;

/**
 * Whether a range is known to be held as a whole, for every symbol. Pages go on where they began: a token of ours is
 * answered from what is held, another one by upstream.
 *
 * @throws RestError 400 for a wrong range, and for a page whose records were dropped since the page before; 503 for a
 *   page of ours while the feed is not current.
 */
export function isRangeHeld(call: Call, kind: Kind): boolean {
  const { history, query, symbol, tokens } = call;
  const range = rangeQuery(query, call.nowSeconds, call.lastSeconds, history.assetClass.dayOf);
  const token = query.get("page_token") ?? "";
  const after = token === "" ? undefined : tokens.tryRead(scopeOf(call, kind, range), token);
  if (token !== "" && after === undefined) return false;
  if (after !== undefined && !call.isCurrent)
    throw new RestError(503, "the feed is being restored: request the page again", undefined, CURRENT_AFTER_SECONDS);
  const isHeld =
    call.isCurrent &&
    isPlain(query, kind) &&
    namesOf(query, symbol).every((name) => {
      if (after !== undefined && name !== WILDCARD && name < after.symbol) return true; // its pages are through
      const from = after?.symbol === name && !range.isDescending ? after : range.from;
      return history.heldFromSeconds(kind, name) <= from.seconds;
    });
  if (after === undefined || isHeld) return isHeld;
  throw new RestError(400, "the page_token has expired: records behind it are no longer held; request the range again");
}

/** Whether the latest records of every symbol are held. */
export function isLatestHeld({ history, query, symbol, isCurrent }: Call, kind: Kind): boolean {
  return (
    isCurrent &&
    isInDollars(query) &&
    namesOf(query, symbol).every((name) => {
      const found = findLatest(history, kind, name);
      return (
        found !== undefined && found.source.placeOf(name, found.index).seconds >= history.heldFromSeconds(kind, name)
      );
    })
  );
}

/** Whether an answer needs the feed's records alone: nothing of other days, other names, splits and currencies. */
function isPlain(query: URLSearchParams, kind: Kind): boolean {
  const [asof, adjustment] = [query.get("asof") ?? "", query.get("adjustment") ?? ""];
  if (!["", "-"].includes(asof) || !isInDollars(query)) return false;
  return kind !== "bars" || (["", "raw"].includes(adjustment) && isWithinDay(parseTimeframe(query.get("timeframe"))));
}

function isInDollars(query: URLSearchParams): boolean {
  return ["", "USD"].includes(query.get("currency") ?? "");
}
