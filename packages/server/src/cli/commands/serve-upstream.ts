import type { FeedName, GatewayOptions } from "../../create-gateway.ts";
import type { Feed } from "../../feeds/feed.ts";
import { upstream } from "../../feeds/upstream/upstream.ts";
import { checkCredentials } from "../input/credentials.ts";
import { usageError } from "../output/exit.ts";
import { type AssetClass, assetClassOf, historyServer } from "./asset-class.ts";
import { isCryptoFeed, type ServeOptions } from "./serve-options.ts";

/** One `--upstream`. */
interface Upstream {
  /** Undefined for Alpaca's. */
  readonly url: string | undefined;
  /** The feed that it is. */
  readonly feed: FeedName;
  readonly assetClass: AssetClass;
  /** The feeds at which it is served. */
  readonly names: readonly FeedName[];
}

/**
 * Makes the feeds of `--upstream`, each served at the feed that it names, or at those of `--feed`.
 *
 * @throws CommandError without keys, and for upstreams that cannot be used together.
 */
export function upstreamFeeds(options: ServeOptions): GatewayOptions["feeds"] {
  checkCredentials();
  const feeds: { [Name in FeedName]?: Feed } = {};
  for (const text of options.upstream ?? []) {
    const parsed = parsedUpstream(text, options);
    const feed = openUpstream(parsed, options);
    for (const name of parsed.names) {
      if (feeds[name] !== undefined) throw usageError(`two of --upstream are the feed ${name}; run a relay for each`);
      feeds[name] = feed;
    }
  }
  return feeds;
}

/** Names upstreams in a message. A URL is shown without user, password and query. */
export function upstreamNames(texts: readonly string[]): string {
  const names = texts.map((text) => {
    if (!URL.canParse(text)) return text;
    const { protocol, host, pathname } = new URL(text);
    return `${protocol}//${host}${pathname}`;
  });
  return `upstream ${names.join(", ")}`;
}

function parsedUpstream(text: string, { feed: given, upstream: all = [] }: ServeOptions): Upstream {
  const url = text.includes("://") ? text : undefined;
  const assetClass = assetClassOf(url === undefined ? { feed: text } : { url });
  // A text that is no URL is the name of a feed, by the option's parser.
  const named = (url === undefined ? text : assetClass.feedOfUrl(url)) as FeedName | undefined;
  if (given !== undefined && all.length > 1)
    throw usageError("--feed says where one --upstream is served; several are served at the feeds that they name");
  const names = given ?? (named === undefined ? [] : [named]);
  const feed = named ?? names[0];
  if (feed === undefined)
    throw usageError(`the path of ${upstreamNames([text])} names no feed; give the feed with --feed`);
  const wrong = names.find((name) => isCryptoFeed(name) !== isCryptoFeed(feed));
  if (wrong !== undefined) throw usageError(`--feed ${wrong} is not of the asset class of ${upstreamNames([text])}`);
  return { url, feed, assetClass, names };
}

function openUpstream({ url, feed, assetClass }: Upstream, options: ServeOptions): Feed {
  const { fill, upstreamHistory, maxUpstreamSymbols, linger, once = false } = options;
  const past = fill
    ? named("--upstream-history", () => assetClass.past(feed, historyServer(url, upstreamHistory)))
    : undefined;
  return named("--upstream", () =>
    upstream({
      feed,
      once,
      urlOverride: url,
      history: past,
      maxSymbols: maxUpstreamSymbols,
      lingerMs: linger === undefined ? undefined : linger * 1000,
    }),
  );
}

/** Runs `make`, and lets its errors name the URL as the command line does. */
function named<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(error.message.replace(/^urlOverride/, option), error);
  }
}
