import {
  auctionBody,
  latestBody,
  latestFromRecording,
  rangeBody,
  rangeFromRecording,
  snapshotBody,
} from "./answers.ts";
import type { Kind } from "./feed-history.ts";
import { isLatestHeld, isRangeHeld } from "./held-answers.ts";
import type { Answer, ChooseFeed, HistoryApi, ServedFeed } from "./history-api.ts";
import { conditions, exchanges } from "./meta.ts";
import { shown } from "./range-query.ts";
import { RestError } from "./rest-error.ts";

const KINDS: readonly Kind[] = ["trades", "quotes", "bars"];

const RANGE = Object.fromEntries(
  KINDS.map((kind): [Kind, Answer] => [
    kind,
    {
      about: "range",
      isHeld: (call) => isRangeHeld(call, kind),
      fromRecording: (call, recorded) => rangeFromRecording(call, kind, recorded),
      body: (call) => rangeBody(call, kind),
    },
  ]),
) as Record<Kind, Answer>; // of every kind
const LATEST = Object.fromEntries(
  KINDS.map((kind): [Kind, Answer] => [
    kind,
    {
      about: "latest",
      isHeld: (call) => isLatestHeld(call, kind),
      fromRecording: (call, recorded) => latestFromRecording(call, [kind], recorded, false),
      body: (call) => latestBody(call, kind),
    },
  ]),
) as Record<Kind, Answer>; // of every kind
const AUCTIONS: Answer = { about: "range", body: auctionBody };
const SNAPSHOTS: Pick<Answer, "about" | "fromRecording"> = {
  about: "latest",
  fromRecording: (call, recorded) => latestFromRecording(call, KINDS, recorded, true),
};
const BARE_SNAPSHOTS: Answer = { ...SNAPSHOTS, body: (call) => snapshotBody(call) };
const NAMED_SNAPSHOTS: Answer = { ...SNAPSHOTS, body: (call) => snapshotBody(call, "snapshots") };

/**
 * Adds the paths of stocks. The feeds are in the order in which one is chosen for a request that names none.
 * Source: docs.alpaca.markets/reference, "Market data", stocks.
 */
export function addStockRoutes(api: HistoryApi, feeds: readonly ServedFeed[]): void {
  const base = "/v2/stocks";
  const choose = byQuery(feeds);
  for (const kind of KINDS) {
    api.add(`${base}/${kind}`, choose, RANGE[kind]);
    api.add(`${base}/{symbol}/${kind}`, choose, RANGE[kind]);
    api.add(`${base}/${kind}/latest`, choose, LATEST[kind]);
    api.add(`${base}/{symbol}/${kind}/latest`, choose, LATEST[kind]);
  }
  api.add(`${base}/auctions`, choose, AUCTIONS);
  api.add(`${base}/{symbol}/auctions`, choose, AUCTIONS);
  api.add(`${base}/snapshots`, choose, BARE_SNAPSHOTS);
  api.add(`${base}/{symbol}/snapshot`, choose, BARE_SNAPSHOTS);
  api.addObject(`${base}/meta/exchanges`, exchanges);
  api.addObject(`${base}/meta/conditions/{kind}`, ({ params: { kind = "" } }, query) =>
    conditions(kind, query.get("tape")),
  );
}

/**
 * Adds the paths of crypto, whose feeds stand in them.
 * Source: docs.alpaca.markets/reference, "Market data", crypto.
 */
export function addCryptoRoutes(api: HistoryApi, feeds: readonly ServedFeed[]): void {
  for (const feed of feeds) {
    const base = `/v1beta3/crypto/${feed.name}`;
    const choose: ChooseFeed = () => feed;
    for (const kind of KINDS) {
      api.add(`${base}/${kind}`, choose, RANGE[kind]);
      api.add(`${base}/latest/${kind}`, choose, LATEST[kind]);
    }
    api.add(`${base}/snapshots`, choose, NAMED_SNAPSHOTS);
  }
}

/** Chooses by the parameter `feed`; without it the first that the key's plan has. */
function byQuery(feeds: readonly ServedFeed[]): ChooseFeed {
  return (_request, query, isInPlan) => {
    const name = query.get("feed") ?? "";
    const feed = name === "" ? (feeds.find(isInPlan) ?? feeds[0]) : feeds.find((served) => served.name === name);
    if (feed === undefined) throw new RestError(400, `invalid feed: ${shown(name)}`);
    return feed;
  };
}
