import { resolve } from "node:path";
import type { FeedName } from "../../create-gateway.ts";
import { isRereadable, isStandardInput, nameOf } from "../../feeds/replay/source.ts";
import { hasOuterBlanks, OUTER_BLANKS } from "../../gateway/auth/keyring.ts";
import type { Faults } from "../../gateway/faults.ts";
import type { HistoryOptions } from "../../history/add-history.ts";
import type { ListenOptions } from "../../http/listen.ts";
import { checkReadable, readTextOrFail } from "../input/file-errors.ts";
import { type KeysFile, readKeysFile } from "../input/keys-file.ts";
import { usageError } from "../output/exit.ts";

/** Options of `tickerplant serve`. */
export interface ServeOptions {
  readonly simulate?: true;
  readonly replay?: readonly string[];
  /** Names of feeds, and URLs. */
  readonly upstream?: readonly string[];
  /** False with --no-fill. */
  readonly fill: boolean;
  readonly upstreamHistory?: string;
  readonly maxUpstreamSymbols?: number;
  /** In seconds. */
  readonly linger?: number;
  readonly host: string;
  readonly port: number;
  readonly feed?: readonly FeedName[];
  readonly speed?: number | "max";
  readonly seed?: number;
  readonly symbols?: number | readonly string[];
  readonly rate?: number;
  readonly loop?: true;
  readonly shift?: true;
  readonly once?: true;
  readonly key?: string;
  readonly secret?: string;
  readonly keys?: string;
  readonly maxConnections?: number;
  readonly maxSymbols?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly allowOrigin?: readonly string[];
  /** False with --no-history. */
  readonly history: boolean;
  readonly historyMinutes?: number;
  readonly historyMb?: number;
  readonly plan?: "free";
  readonly fault?: Faults;
  readonly compress: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly json?: true;
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
  checkSource(options);
  checkHistoryOptions(options);
  checkAccess(options);
}

function checkHistoryOptions({ history, historyMinutes, historyMb, plan }: ServeOptions): void {
  if (history) return;
  const given = Object.entries({ "history-minutes": historyMinutes, "history-mb": historyMb, plan });
  const name = given.find(([, value]) => value !== undefined)?.[0];
  if (name !== undefined)
    throw usageError(`--${name} is for the history, which --no-history turns off; give one of the two`);
}

/** Returns what the gateway holds of the past; false if nothing. */
export function historyOf({ history, historyMinutes, historyMb }: ServeOptions): HistoryOptions | false {
  if (!history) return false;
  return {
    ...(historyMinutes !== undefined && { maxMinutes: historyMinutes }),
    ...(historyMb !== undefined && { maxBytes: historyMb * 1024 * 1024 }),
  };
}

function checkSource(options: ServeOptions): void {
  const { simulate, replay: files, upstream } = options;
  if (!simulate && files === undefined && upstream === undefined)
    throw usageError(
      "serve needs a source: --simulate for simulated stocks, --replay with files, or --upstream with a feed or a URL. See tickerplant serve --help.",
    );
  if (upstream === undefined) checkNoUpstreamOptions(options);
  else return checkUpstreamOptions(options);
  checkMarketOptions(options);
}

function checkNoUpstreamOptions({ fill, upstreamHistory, maxUpstreamSymbols, linger }: ServeOptions): void {
  const given = Object.entries({
    "no-fill": fill ? undefined : true,
    "upstream-history": upstreamHistory,
    "max-upstream-symbols": maxUpstreamSymbols,
    linger,
  });
  const name = given.find(([, value]) => value !== undefined)?.[0];
  if (name !== undefined) throw usageError(`--${name} is for --upstream`);
}

function checkUpstreamOptions({ fill, upstreamHistory, ...options }: ServeOptions): void {
  for (const name of ["seed", "symbols", "rate", "speed", "loop", "shift"] as const)
    if (options[name] !== undefined)
      throw usageError(`--${name} is for simulated or recorded markets; a relay publishes what its upstream sends`);
  if (!fill && upstreamHistory !== undefined)
    throw usageError("--upstream-history is for filling gaps, which --no-fill turns off; give one of the two");
}

function checkMarketOptions({ simulate, replay: files, loop, once, ...options }: ServeOptions): void {
  if (files?.includes("")) throw usageError("--replay needs file names, and one of them is empty");
  for (const name of ["seed", "symbols", "rate"] as const)
    if (!simulate && options[name] !== undefined)
      throw usageError(`--${name} is for --simulate; a replay publishes the records of its files`);
  for (const [name, value] of Object.entries({ loop, shift: options.shift }))
    if (simulate && value) throw usageError(`--${name} is for --replay`);
  if (!simulate && options.feed?.some(isCryptoFeed))
    throw usageError("a replay serves feeds of stocks; --feed crypto/… is for --simulate");
  if (loop && once) throw usageError("--loop never ends and --once waits for the end; choose one");
}

/** Whether a feed is one of crypto. */
export function isCryptoFeed(feed: FeedName): boolean {
  return feed.startsWith("crypto/");
}

function checkAccess({ host, key, secret, tlsCert, tlsKey }: ServeOptions): void {
  if (host === "") throw usageError("--host must not be empty; to listen on every network, give 0.0.0.0");
  if ((key === undefined) !== (secret === undefined)) throw usageError("--key and --secret must be given together");
  if (key === "" || secret === "")
    throw usageError("--key, --secret and the variable TICKERPLANT_SECRET must not be empty");
  for (const [name, value = ""] of Object.entries({ key, secret }))
    if (hasOuterBlanks(value)) throw usageError(`the value of --${name} ${OUTER_BLANKS}`);
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw usageError("--tls-cert and --tls-key must be given together");
}

/** @throws CommandError for files that cannot be read or are named twice, and for pipes that would be read twice. */
export async function checkRecordings({ replay: files = [], loop }: ServeOptions): Promise<void> {
  const paths = new Set<string>();
  for (const file of files) {
    const path = isStandardInput(file) ? "-" : resolve(file);
    if (paths.has(path)) throw usageError(`${nameOf(file)} is named twice; name each file once`);
    paths.add(path);
  }
  for (const file of files) {
    if (!isStandardInput(file)) await checkReadable("the file", file);
    if (await isRereadable(file)) continue;
    if (isStandardInput(file) && process.stdin.isTTY)
      throw usageError(
        "--replay - reads standard input, which is a terminal; pipe a file into it, as in zcat day.gz | …",
      );
    if (loop) throw usageError(`--loop reads files again, and ${nameOf(file)} can be read only once`);
  }
}

/** Returns the accepted keys; undefined if any key is accepted. Those of --key have no file, and no text. */
export async function credentialsOf({ key, secret, keys }: ServeOptions): Promise<KeysFile | undefined> {
  if (keys !== undefined) return readKeysFile(keys);
  return key === undefined || secret === undefined ? undefined : { text: "", credentials: [{ key, secret }] };
}

/** Reads the certificate and its private key; returns undefined if none are given. */
export async function tlsOf({ tlsCert, tlsKey }: ServeOptions): Promise<ListenOptions["tls"]> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const cert = await readTextOrFail("the certificate", tlsCert);
  return { cert, key: await readTextOrFail("the private key", tlsKey) };
}
