import type { StreamTail } from "@tickerplant/client/history";
import type { FeedName, GatewayOptions } from "../../create-gateway.ts";
import type { Feed } from "../../feeds/feed.ts";
import { upstream } from "../../feeds/upstream/upstream.ts";
import { upstreamHistory as pastOf } from "../../feeds/upstream-history/upstream-history.ts";
import { UpstreamRequests } from "../../feeds/upstream-history/upstream-requests.ts";
import { FILE_NAMES, FLAG_NAMES, isCryptoFeed, type NameOf, type SourceOptions } from "../config/rules.ts";
import { checkCredentials } from "../input/credentials.ts";
import { readUniverse } from "../input/universe-file.ts";
import { readUpstreamCredentials, type UpstreamCredentials } from "../input/upstream-credentials.ts";
import { usageError } from "../output/exit.ts";
import { type AssetClass, assetClassOf, historyServer } from "./asset-class.ts";
import type { ServeOptions } from "./serve-options.ts";

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
export async function upstreamFeeds(options: ServeOptions): Promise<GatewayOptions["feeds"]> {
  checkCredentials();
  await checkUniverse(options);
  const feeds: { [Name in FeedName]?: Feed } = {};
  for (const text of options.upstream ?? []) {
    const parsed = parsedUpstream(text, options, FLAG_NAMES);
    const feed = openUpstream(parsed, options, { once: options.once ?? false, nameOf: FLAG_NAMES });
    for (const name of parsed.names) {
      if (feeds[name] !== undefined) throw usageError(`two of --upstream are the feed ${name}; run a relay for each`);
      feeds[name] = feed;
    }
  }
  return feeds;
}

/**
 * Returns what makes the upstream of an ingest, again for each term, and the feed that it is.
 *
 * @throws CommandError without keys, and for an upstream that makes no sense.
 */
export async function ingestUpstream(
  text: string,
  options: Pick<ServeOptions, "feed"> & SourceOptions,
  how: Pick<Opening, "once" | "fill">,
): Promise<{ readonly feed: FeedName; readonly open: (resume: StreamTail | undefined) => Feed }> {
  checkCredentials();
  await checkUniverse(options);
  const parsed = parsedUpstream(text, { ...options, upstream: [text] }, FLAG_NAMES);
  const open = (resume: StreamTail | undefined): Feed =>
    openUpstream(parsed, options, { ...how, nameOf: FLAG_NAMES, resume });
  open(undefined); // only to check the options now
  return { feed: parsed.names[0] ?? parsed.feed, open };
}

/**
 * Makes the upstream of a feed in a configuration file.
 *
 * @throws CommandError without keys, and for an upstream that the feed cannot have.
 */
export async function configuredUpstream(name: FeedName, source: SourceOptions, once: boolean): Promise<Feed> {
  const credentials = await readUpstreamCredentials(source);
  await checkUniverse(source);
  const parsed = parsedUpstream(String(source.upstream), { feed: [name] }, FILE_NAMES);
  return openUpstream(parsed, source, { once, credentials, nameOf: FILE_NAMES });
}

/**
 * Reads the credentials of a configuration's upstreams that are in files, by feed. Those of the environment cannot
 * change while the process runs.
 *
 * @throws CommandError for a file that cannot be used.
 */
export async function fileCredentials({ feeds = {} }: ServeOptions): Promise<Record<string, UpstreamCredentials>> {
  const read: Record<string, UpstreamCredentials> = {};
  for (const [name, source] of Object.entries(feeds))
    if (source.credentials !== undefined) read[name] = await readUpstreamCredentials(source);
  return read;
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

function parsedUpstream(
  text: string,
  { feed: given, upstream: all = [] }: Pick<ServeOptions, "feed" | "upstream">,
  nameOf: NameOf,
): Upstream {
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
  if (wrong !== undefined)
    throw usageError(`${nameOf("feed")} ${wrong} is not of the asset class of ${upstreamNames([text])}`);
  return { url, feed, assetClass, names };
}

function openUpstream(
  { url, feed, assetClass }: Upstream,
  source: Omit<SourceOptions, "upstream">,
  how: Opening,
): Feed {
  const { fill: isFilled = true, upstreamHistory, universe, maxUpstreamSymbols, linger } = source;
  const { once, credentials, nameOf, resume, fill } = how;
  const server = historyServer(url, upstreamHistory);
  const requests = requestsOf(server.urlOverride, credentials?.apiKey);
  const past = named(nameOf("upstreamHistory"), () =>
    assetClass.past(feed, { ...server, ...credentials, budget: requests.budget }),
  );
  return named(nameOf("upstream"), () =>
    upstream({
      feed,
      once,
      urlOverride: url,
      history: isFilled ? past : undefined,
      ...(isFilled && { fill }),
      universe: universe === undefined ? undefined : () => currentUniverse(universe),
      upstreamHistory: pastOf(past, requests),
      maxSymbols: maxUpstreamSymbols,
      lingerMs: linger === undefined ? undefined : linger * 1000,
      resume,
      ...credentials,
    }),
  );
}

/** @throws CommandError for a file of symbols that cannot be used. */
async function checkUniverse({ universe }: Pick<SourceOptions, "universe">): Promise<void> {
  if (universe !== undefined) await readUniverse(universe);
}

/** Reads the symbols when a gap needs them. Of errors the stream shows those for wrong values alone. */
function currentUniverse(file: string): Promise<readonly string[]> {
  return readUniverse(file).catch((error: Error) => Promise.reject(new TypeError(error.message, { cause: error })));
}

/** By server and key: a server counts the requests of a key, whatever feed they are for. */
const requestsByKey = new Map<string, UpstreamRequests>();

function requestsOf(server: string | undefined, key: string | undefined): UpstreamRequests {
  const name = `${server} ${key}`;
  const requests = requestsByKey.get(name) ?? new UpstreamRequests();
  requestsByKey.set(name, requests);
  return requests;
}

/** How an upstream is opened. */
interface Opening {
  readonly once: boolean;
  /** Those of the environment if there are none. */
  readonly credentials?: UpstreamCredentials;
  /** What messages call options. */
  readonly nameOf: NameOf;
  /** The channels whose gaps are filled; undefined for those that are by default. */
  readonly fill?: readonly string[] | undefined;
  /** What it continues; undefined for the present. */
  readonly resume?: StreamTail | undefined;
}

/** Runs `make`, and lets its errors name the URL as its option does. */
function named<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(error.message.replace(/^urlOverride/, option), error);
  }
}
