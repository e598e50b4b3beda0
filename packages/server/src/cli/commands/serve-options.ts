import { resolve, sep } from "node:path";
import type { FeedName } from "../../create-gateway.ts";
import { isRecording, isRereadable, isStandardInput, nameOf } from "../../feeds/replay/source.ts";
import { hasOuterBlanks, OUTER_BLANKS } from "../../gateway/auth/keyring.ts";
import type { Faults } from "../../gateway/faults.ts";
import type { HistoryOptions } from "../../history/add-history.ts";
import type { ListenOptions } from "../../http/listen.ts";
import type { Config } from "../config/config-file.ts";
import {
  detailsOf,
  FLAG_NAMES,
  type ServerOptions,
  type SourceOptions,
  serverFaults,
  sourceFaults,
} from "../config/rules.ts";
import { checkReadable, readTextOrFail } from "../input/file-errors.ts";
import { type KeysFile, readKeysFile } from "../input/keys-file.ts";
import { usageError } from "../output/exit.ts";

/** Options of `tickerplant serve`. */
export interface ServeOptions extends ServerOptions, SourceOptions {
  /** Names of feeds, and URLs. */
  readonly upstream?: readonly string[];
  readonly config?: string;
  /** The feeds of the configuration file, unless the command line names a source. */
  readonly feeds?: Config["feeds"];
  readonly feed?: readonly FeedName[];
  readonly once?: true;
  readonly key?: string;
  readonly secret?: string;
  readonly fault?: Faults;
}

/**
 * Adds the secret from the environment, which other users of the machine cannot see. Trims it, as clients and
 * `tickerplant key --stdin` do: a file ends with a line feed.
 */
export function withSecret(options: ServeOptions): ServeOptions {
  const secret = process.env.TICKERPLANT_SECRET?.trim();
  return options.key === undefined || secret === undefined ? options : { secret, ...options };
}

/** @throws CommandError for options that contradict each other or cannot be used. */
export function checkServeOptions(options: ServeOptions): void {
  const { feeds, feed = [], once } = options;
  const isAlone = feeds === undefined;
  if (isAlone ? !hasSource(options) : Object.keys(feeds).length === 0) throw usageError(NO_SOURCE);
  const [fault] = [...(isAlone ? sourceFaults(options, feed, FLAG_NAMES) : []), ...serverFaults(options, FLAG_NAMES)];
  if (fault !== undefined) throw usageError(fault);
  const [detail] = isAlone ? [] : [...detailsOf(options), ...(options.feed ? ["feed"] : [])];
  if (detail !== undefined)
    throw usageError(`${FLAG_NAMES(detail)} is for a source of the command line, and --config names the feeds`);
  if (once && (isAlone ? [options] : Object.values(feeds)).some(({ cluster }) => cluster !== undefined))
    throw usageError("a feed of --cluster never ends and --once waits for the end; choose one");
  if (once && (isAlone ? [options] : Object.values(feeds)).some(({ loop }) => loop))
    throw usageError("--loop never ends and --once waits for the end; choose one");
  // With --once a feed starts at the first subscription, and its client would get the past.
  if (once && (isAlone ? [options] : Object.values(feeds)).some(({ past }) => past))
    throw usageError("--past is published before a client is subscribed, and --once waits for one; choose one");
  checkAccess(options);
}

const NO_SOURCE =
  "serve needs a source: --simulate for simulated stocks, --replay with files, --upstream with a feed or a URL, --cluster with the address of NATS, or --config with a file that names some. See tickerplant serve --help.";

/** Whether options name a source of records. */
export function hasSource({ simulate, replay, upstream, cluster }: SourceOptions): boolean {
  return simulate === true || replay !== undefined || upstream !== undefined || cluster !== undefined;
}

/** Returns what the gateway holds of the past; false if nothing. */
export function historyOf({ history, historyMinutes, historyMb }: ServeOptions): HistoryOptions | false {
  if (!history) return false;
  return {
    ...(historyMinutes !== undefined && { maxMinutes: historyMinutes }),
    ...(historyMb !== undefined && { maxBytes: historyMb * 1024 * 1024 }),
  };
}

function checkAccess({ key, secret }: ServeOptions): void {
  if ((key === undefined) !== (secret === undefined)) throw usageError("--key and --secret must be given together");
  if (key === "" || secret === "")
    throw usageError("--key, --secret and the variable TICKERPLANT_SECRET must not be empty");
  for (const [name, value = ""] of Object.entries({ key, secret }))
    if (hasOuterBlanks(value)) throw usageError(`the value of --${name} ${OUTER_BLANKS}`);
}

/**
 * `record` is the folder that the gateway records into.
 *
 * @throws CommandError for files that cannot be read or are named twice, for pipes that would be read twice, and for a
 * recording that would record its own replay.
 */
export async function checkRecordings({ replay: files = [], loop }: SourceOptions, record?: string): Promise<void> {
  const paths = new Set<string>();
  for (const file of files) {
    const path = isStandardInput(file) ? "-" : resolve(file);
    if (paths.has(path)) throw usageError(`${nameOf(file)} is named twice; name each file once`);
    paths.add(path);
    if (record !== undefined && isRecording(file) && isWithin(path, resolve(record)))
      throw usageError(
        `${file} is part of the recording ${record}, and its replay would be recorded into it once more; record into another folder`,
      );
  }
  for (const file of files) {
    if (!isStandardInput(file) && !isRecording(file)) await checkReadable("the file", file);
    if (await isRereadable(file)) continue;
    if (isStandardInput(file) && process.stdin.isTTY)
      throw usageError(
        "--replay - reads standard input, which is a terminal; pipe a file into it, as in zcat day.gz | …",
      );
    if (loop) throw usageError(`--loop reads files again, and ${nameOf(file)} can be read only once`);
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

/** Returns the accepted keys; undefined if any key is accepted. Those of --key have no file, and no text. */
export async function credentialsOf({ key, secret, keys }: ServeOptions): Promise<KeysFile | undefined> {
  if (keys !== undefined) return readKeysFile(keys);
  return key === undefined || secret === undefined ? undefined : { text: "", credentials: [{ key, secret }] };
}

/** Reads the certificate and its private key; returns undefined if none are given. */
export async function tlsOf({ tlsCert, tlsKey }: Partial<ServerOptions>): Promise<ListenOptions["tls"]> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const cert = await readTextOrFail("the certificate", tlsCert);
  return { cert, key: await readTextOrFail("the private key", tlsKey) };
}
