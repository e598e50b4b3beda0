import { Codec } from "@tickerplant/client";
import type { FeedName, GatewayOptions } from "../../create-gateway.ts";
import type { Feed } from "../../feeds/feed.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { HistoryOptions } from "../../history/add-history.ts";
import type { Log } from "../output/log.ts";
import { Recording } from "../recording/recording.ts";
import type { ServeOptions } from "./serve-options.ts";
import { sourceName } from "./source-feed.ts";

/** A feed of a gateway that is recorded. */
export interface RecordedFeed {
  readonly feed: Feed;
  readonly recording: Recording;
}

/**
 * Opens a recording for each feed, if the options name a folder. A feed that serves several endpoints is recorded once,
 * by the name of the first.
 *
 * @throws CommandError for a folder that cannot be recorded into; then none is open.
 */
export async function openRecordings(
  feeds: GatewayOptions["feeds"],
  options: ServeOptions,
  log: Log,
): Promise<readonly RecordedFeed[]> {
  const { record: dir, keep } = options;
  const recorded: RecordedFeed[] = [];
  if (dir === undefined) return recorded;
  try {
    for (const [feed, names] of namesByFeed(feeds, options)) {
      const [name, ...others] = names;
      if (name === undefined) continue;
      const source = options.feeds?.[name] ?? options;
      const where = { dir, ...(keep && { keep }) };
      const recording = await Recording.open(
        { feed: name, address: sourceName(source), codec: Codec.MSGPACK, isContinued: source.cluster !== undefined },
        where,
        log,
      );
      recorded.push({ feed, recording });
      const same = others.length === 0 ? "" : `; ${others.join(", ")} have the same records`;
      log.info(`recording ${name} into ${recording.folder}${same}`, { type: "recording", feed: name, dir });
    }
    return recorded;
  } catch (error) {
    await closeRecordings(recorded);
    throw error;
  }
}

/** Lets a gateway pass what its feeds publish to the recorders. One that fails disturbs no client. */
export function recordFeeds(gateway: Gateway, recorded: readonly RecordedFeed[]): void {
  for (const { feed, recording } of recorded) gateway.addSink(feed, recording.recorder.sink);
}

/** The recorders by the names of their feeds, for the history. */
export function recordersOf(recorded: readonly RecordedFeed[]): NonNullable<HistoryOptions["recorders"]> {
  return Object.fromEntries(recorded.map(({ recording }) => [recording.feed, recording.recorder]));
}

/** Closes recordings. Returns what is wrong with each, as a sentence. */
export async function closeRecordings(recorded: readonly RecordedFeed[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { recording } of recorded) {
    const problem = await recording.close();
    if (problem !== undefined) problems.push(problem);
    recording.summary();
  }
  return problems;
}

/** The names of each feed, without the test feed that is served besides what the options name. */
function namesByFeed(feeds: GatewayOptions["feeds"], options: ServeOptions): ReadonlyMap<Feed, readonly FeedName[]> {
  const isTestNamed = options.feeds !== undefined || options.upstream !== undefined || options.feed?.includes("test");
  const names = new Map<Feed, FeedName[]>();
  for (const [text, feed] of Object.entries(feeds)) {
    const name = text as FeedName; // a key of the options
    if (feed === undefined || (name === "test" && !isTestNamed)) continue;
    names.set(feed, [...(names.get(feed) ?? []), name]);
  }
  return names;
}
