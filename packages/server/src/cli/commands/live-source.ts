import {
  type ChannelSymbols,
  Codec,
  IMPLIED_CHANNELS,
  type RawRecord,
  StreamError,
  type StreamOptions,
  type Subscription,
} from "@tickerplant/client";
import type { MarketRecord } from "@tickerplant/client/wire";
import { Argument, type Command, Option } from "commander";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { checkCredentials } from "../input/credentials.ts";
import { channelList, positiveNumber, symbolArguments } from "../input/option-parsers.ts";
import { untilTime } from "../input/until.ts";
import { failure, orUsageError, usageError } from "../output/exit.ts";
import type { LiveStream } from "../output/live-stream.ts";
import type { Log } from "../output/log.ts";
import { type AssetClass, historyServer } from "./asset-class.ts";
import type { StreamEnd } from "./stream-end.ts";
import { limitTime, type TimeLimit } from "./time-limit.ts";

/** Which live records a command reads, and for how long. */
export interface LiveSourceOptions extends TimeLimit {
  readonly url?: string;
  readonly feed?: FeedName;
  readonly codec?: Codec;
  readonly reconnect: boolean;
  readonly fill?: true;
  readonly from?: string;
  readonly history?: string;
}

/** Adds the arguments and options of {@link LiveSourceOptions} to a command. */
export function addLiveSource(command: Command): Command {
  command
    .addArgument(new Argument("<channels>", "channels, separated by commas").argParser(channelList))
    .addArgument(new Argument("<symbols...>", "symbols, or '*' for all").argParser(symbolArguments));
  return addLiveOptions(command);
}

/** Adds the options alone. */
export function addLiveOptions(command: Command): Command {
  return command
    .addOption(new Option("--url <url>", "URL of the stream, with its path, in place of Alpaca's").conflicts("feed"))
    .addOption(new Option("--feed <name>", "feed of Alpaca (default: iex)").choices(FEED_NAMES))
    .option("--duration <seconds>", "stop after this many seconds", positiveNumber)
    .addOption(
      new Option(
        "--until <time>",
        'stop at "close" of the session, at a time of day in New York, or at an ISO time',
      ).argParser((text: string) => untilTime(text)),
    )
    .option("--fill", "fill gaps after a lost connection from history, in order")
    .option("--from <time>", "request the records from this time on first; fills gaps as well")
    .option("--history <url>", "URL of the server of history (default: Alpaca's, or the host of --url)")
    .addOption(
      new Option("--codec <codec>", "codec of the connection (default: msgpack)").choices(Object.values(Codec)),
    )
    .option("--no-reconnect", "stop when the connection closes; a normal close is a success");
}

/** What the channels and symbols mean, for the help of a command. */
export const LIVE_SOURCE_HELP = `Channels: trades quotes bars updatedBars dailyBars statuses lulds imbalances; corrections and
cancelErrors come with trades. Crypto: trades quotes orderbooks bars updatedBars dailyBars. Write * with quotes, or the shell replaces it by file names.`;

/** Where keys come from, for the help of a command. */
export const KEYS_HELP = `Keys come from the environment variables APCA_API_KEY_ID and APCA_API_SECRET_KEY. A gateway that
was started without keys accepts any value. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are respected.`;

/**
 * Returns the named channels, and those that come with trades: trades alone would show prices that no longer hold.
 *
 * @throws CommandError for a channel that the asset class does not have, or that comes only with trades.
 */
export function channelsOf(named: readonly string[], { noun, channels: known, schema }: AssetClass): readonly string[] {
  const unknown = named.find((channel) => !known.includes(channel));
  if (unknown !== undefined)
    throw usageError(`there is no channel "${unknown}" of ${noun}; the channels are ${known.join(", ")}`);
  const implied = named.find((channel) => IMPLIED_CHANNELS.some((name) => name === channel));
  if (implied !== undefined && !named.includes("trades"))
    throw usageError(`${implied} come only with trades; subscribe to trades`);
  const brought = schema.channels.filter((channel) => named.includes(schema.traits[channel]?.broughtBy ?? ""));
  return [...new Set([...named, ...brought])];
}

/**
 * Opens the stream of the options; `more` are those of the command.
 *
 * @throws CommandError without keys, and for options that the stream cannot have.
 */
export function openLiveSource(
  options: LiveSourceOptions,
  assetClass: AssetClass,
  more: StreamOptions<boolean> = {},
): LiveStream {
  const { url, feed, codec, reconnect } = options;
  checkCredentials();
  try {
    const ofStream = {
      ...more,
      ...(url === undefined ? {} : { urlOverride: url }),
      ...(codec === undefined ? {} : { codec }),
      ...(reconnect ? {} : { reconnect: false as const }),
    };
    return assetClass.open(
      feed ?? (url === undefined ? undefined : assetClass.feedOfUrl(url)),
      ofStream,
      isFilled(options) ? historyServer(url, options.history) : undefined,
    );
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(error.message.replace(/^urlOverride/, "--url"), error); // its name on the command line
  }
}

/** Whether gaps are filled from history. */
export function isFilled({ fill, from, history }: LiveSourceOptions): boolean {
  return (fill ?? false) || from !== undefined || history !== undefined;
}

/** The end of a stream, and the log that a command writes. */
interface Watched {
  readonly ending: StreamEnd;
  readonly log: Log;
}

/** Subscribes to symbols of channels. Logs the confirmation, and ends the stream if every symbol is rejected. */
export function subscribeTo(
  stream: LiveStream,
  wanted: ChannelSymbols,
  from: string | undefined,
  handler: (record: MarketRecord | RawRecord) => unknown,
  { ending, log }: Watched,
): void {
  const channels = Object.keys(wanted);
  // A concurrency of 1 keeps the order of arrival over all symbols.
  const subscription = orUsageError(() => stream.subscribe(wanted, handler, { concurrency: 1, from }));
  subscription.ready.then(
    () => log.info(`subscribed to ${channels.join(", ")}`, { channels }),
    (error: StreamError) => {
      // The stream's error event has logged the error itself.
      if (isAllRejected(subscription))
        ending.end(failure(`the server rejected every symbol: ${error.code.replaceAll("_", " ")}`, error));
    },
  );
}

function isAllRejected({ states }: Subscription): boolean {
  const implied: readonly string[] = IMPLIED_CHANNELS;
  return states.every(({ channel, state }) => state === "rejected" || implied.includes(channel));
}

/** Runs a stream until it ends or its time is over. Its failure becomes the problem of `ending`. */
export async function runToEnd(stream: LiveStream, limit: TimeLimit, { ending, log }: Watched): Promise<void> {
  const cancelTimeLimit = limitTime(limit, stream, log, ending.end);
  try {
    await stream.run();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    ending.problem ??= error;
  } finally {
    cancelTimeLimit();
  }
}
