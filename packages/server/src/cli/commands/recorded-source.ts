import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { isRecording, nameOf } from "../../feeds/replay/source.ts";
import { importRecorder } from "../../optional-packages.ts";
import { isCryptoFeed, type SourceOptions } from "../config/rules.ts";
import { CommandError, failure, usageError } from "../output/exit.ts";

/** What a replay has, as far as it decides which feeds it can serve. */
export interface RecordedSource {
  /** The feed of a recording that has several. */
  readonly feed?: string;
  /** The feed that recorded crypto serves if none is named. */
  readonly crypto?: FeedName;
}

/**
 * Opens the recordings of a replay once, to find out what they have.
 *
 * @throws CommandError for recordings that cannot be read, of several feeds or of another asset class than the feeds that
 * are served, and if the recorder is not installed.
 */
export async function recordedSource(
  { replay: files = [] }: SourceOptions,
  names: readonly string[],
): Promise<RecordedSource> {
  let source: RecordedSource = {};
  for (const file of files) {
    if (isRecording(file)) source = { ...source, ...(await describe(file, names)) };
    else if (names.some(isCryptoFeed))
      throw usageError(`${nameOf(file)} is a file of text, which has stocks; crypto is replayed from a recording`);
  }
  return source;
}

async function describe(path: string, names: readonly string[]): Promise<RecordedSource> {
  try {
    const { listRecording, RecordingReader } = await importRecorder();
    const feeds = isFolderOfFeeds(path) ? (await listRecording(path)).map(({ feed }) => feed) : [];
    const feed = feeds.length > 1 ? chosenFeed(path, feeds, names) : undefined;
    const reader = await RecordingReader.open(path, { ...(feed !== undefined && { feed }) });
    reader.close();
    const isCrypto = reader.assetClass === "crypto";
    const wrong = names.find((name) => isCryptoFeed(name) !== isCrypto);
    if (wrong !== undefined) throw usageError(`${path} has ${reader.assetClass}, which the feed ${wrong} cannot serve`);
    const crypto = FEED_NAMES.find((name) => name === `crypto/${reader.name}`) ?? "crypto/us";
    return { ...(feed !== undefined && { feed }), ...(isCrypto && { crypto }) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw failure(error instanceof Error ? error.message : String(error), error);
  }
}

function isFolderOfFeeds(path: string): boolean {
  return statSync(path).isDirectory() && !basename(resolve(path)).startsWith("feed=");
}

/** Chooses the recording of a feed that is served; a feed of crypto is recorded by its name without `crypto/`. */
function chosenFeed(path: string, feeds: readonly string[], names: readonly string[]): string {
  const served = names.map((name) => name.replace(/^crypto\//, ""));
  const [feed, other] = feeds.filter((recorded) => served.includes(recorded));
  if (feed !== undefined && other === undefined) return feed;
  throw usageError(
    `${path} has recordings of several feeds: ${feeds.join(", ")}; choose one with --feed, such as --feed ${feeds[0]}, or name its folder`,
  );
}
