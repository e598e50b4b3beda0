import { resolve } from "node:path";
import { DataFeed } from "@tickerplant/client";
import { type Command, Option } from "commander";
import type { Feed } from "../../feeds/feed.ts";
import { replay } from "../../feeds/replay/replay.ts";
import { isRereadable, isStandardInput, nameOf } from "../../feeds/replay/source.ts";
import { simulator } from "../../feeds/simulator/simulator.ts";
import { testFeed } from "../../feeds/simulator/test-feed.ts";
import { type Credential, hasOuterBlanks, OUTER_BLANKS } from "../../gateway/auth/keyring.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../gateway/gateway.ts";
import { UndeliveredError } from "../../gateway/hub.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import type { Listener, ListenOptions } from "../../http/listen.ts";
import { checkReadable, readTextOrFail } from "../input/file-errors.ts";
import { readKeysFile } from "../input/keys-file.ts";
import * as parse from "../input/option-parsers.ts";
import { failure, onInterrupt, orUsageError, runCommand, usageError } from "../output/exit.ts";
import { gatewayLog } from "../output/gateway-log.ts";
import { Log } from "../output/log.ts";
import { ReplayReport } from "../output/replay-report.ts";
import { openPort } from "./open-port.ts";

interface ServeOptions {
  readonly simulate?: true;
  readonly replay?: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly feed?: readonly DataFeed[];
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
  readonly compress: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant serve --simulate                                       8,000 made-up stocks, any key
  $ tickerplant serve --simulate --symbols AAPL,MSFT --rate 50 --seed 7
  $ tickerplant serve --simulate --symbols 3000 --rate 100000 --key K --secret S
  $ tickerplant serve --replay monday.jsonl.gz tuesday.jsonl.gz --speed 10 --shift
  $ tickerplant serve --replay day.jsonl.gz --speed max --once         ends with the last record
  $ zstd -dc day.jsonl.zst | tickerplant serve --replay - --once
  $ tickerplant serve --simulate --keys keys.json --tls-cert cert.pem --tls-key key.pem

A replay's files hold one record a line in the wire's JSON, or CSV as tickerplant stream writes it,
plain or gzip; - is standard input. Several files are merged by time. A keys file is a JSON
array of what tickerplant key prints, with limits where you want some:
[{"key": "K", "secretHash": "…", "feeds": ["iex"], "maxSymbols": 30, "maxConnections": 1}].
Everybody on this machine can see a command's options: the secret of --key may stand in the
variable TICKERPLANT_SECRET instead. The test feed has the one symbol FAKEPACA, around the
clock, unless --feed names it or --once is given. Ctrl-C closes every connection normally.
Clients on Node trust a certificate of your own by NODE_EXTRA_CA_CERTS=cert.pem.`;

/** Adds `tickerplant serve`: a gateway with a simulated or a replayed feed. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .summary("run the gateway with a simulated or a replayed feed")
    .description("Serves Alpaca's stock stream to any client of its protocol, from a simulator or from recorded files.")
    .addOption(new Option("--simulate", "serve made-up stocks that look like the tape").conflicts("replay"))
    .option("--replay <files...>", "serve recorded files, merged by time; - for standard input")
    .option("--host <address>", "address to listen at; 0.0.0.0 for every network", "127.0.0.1")
    .option("--port <n>", "port to listen at; 0 for any that is free", parse.port, 8765)
    .option("--feed <names>", "feeds to serve, with commas between (default: all stock feeds)", parse.feedList)
    .option("--speed <n>", 'how many times as fast as the clock, or "max" (default: 1)', parse.speed)
    .option("--seed <n>", "simulator: equal seeds give equal records (default: 1)", parse.integer)
    .option("--symbols <n|list>", "simulator: how many stocks, or which (default: 8000)", parse.symbolsOrCount)
    .option("--rate <n>", "simulator: quotes and trades a second (default: 200)", parse.positiveNumber)
    .option("--loop", "replay: begin again after the last record")
    .option("--shift", "replay: move the times by whole minutes, so that the first record is now")
    .option("--once", "start at the first subscription, close normally after the last record, and exit")
    .option("--key <key>", "the one key to take (default: any)")
    .option("--secret <secret>", "its secret (default: the variable TICKERPLANT_SECRET)")
    .addOption(new Option("--keys <file>", "JSON file with the keys to take").conflicts(["key", "secret"]))
    .option("--max-connections <n>", "connections of one key to one feed (default: no limit)", parse.positiveInteger)
    .option("--max-symbols <n>", "symbols of one connection (default: no limit)", parse.positiveInteger)
    .option("--max-connections-per-address <n>", "connections of one address (default: 256)", parse.positiveInteger)
    .option("--allow-origin <origins>", "web sites whose pages may connect, with commas between", parse.originList)
    .option("--no-compress", "agree to no compression; by default a client that offers it gets it, as from Alpaca")
    .option("--tls-cert <file>", "certificate chain in PEM: serve wss://")
    .option("--tls-key <file>", "its private key in PEM")
    .option("--json", "log JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((options: ServeOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => serve(withSecret(options), log));
    });
}

/**
 * Adds the secret of the environment, which other users of the machine cannot see. White space around it,
 * such as the line feed of a file, is no part of it, as with `tickerplant key --stdin` and in clients.
 */
function withSecret(options: ServeOptions): ServeOptions {
  const secret = process.env.TICKERPLANT_SECRET?.trim();
  return options.key === undefined || secret === undefined ? options : { secret, ...options };
}

async function serve(options: ServeOptions, log: Log): Promise<void> {
  checkOptions(options);
  const keys = await keysOf(options);
  const tls = await tlsOf(options);
  await checkRecordings(options);

  const report = options.replay === undefined ? undefined : new ReplayReport(log, options.replay.length);
  try {
    const source = sourceOf(options, report);
    await serveSource(source, options, log, { ...(keys && { keys }), ...(tls && { tls }) }, report);
  } finally {
    log.attach(undefined);
  }
}

async function serveSource(
  source: Feed,
  options: ServeOptions,
  log: Log,
  { keys, tls }: Pick<GatewayOptions, "keys"> & Pick<ListenOptions, "tls">,
  report: ReplayReport | undefined,
): Promise<void> {
  const {
    once = false,
    host,
    port,
    compress,
    maxConnections,
    maxSymbols,
    maxConnectionsPerAddress,
    allowOrigin,
  } = options;
  const logEvent = gatewayLog(log);
  const feeds = feedsOf(options, source);
  let isInterrupted = false;
  const gateway = createGateway({
    feeds,
    once,
    ...(keys && { keys }),
    ...(maxConnections && { maxConnections }),
    ...(maxSymbols && { maxSymbols }),
    ...(allowOrigin && { allowedOrigins: allowOrigin }),
    onEvent: (event) => {
      logEvent(event);
      if (event.type !== "feedEnded" || !event.feeds.some((feed) => feeds[feed] === source)) return;
      report?.summary();
      if (!once && !isInterrupted && event.error === undefined)
        log.info("the feed has ended; connections stay open until Ctrl-C");
    },
  });
  const interrupted = new Promise<void>((interrupt) => {
    onInterrupt(() => {
      isInterrupted = true;
      log.info("closing every connection; Ctrl-C again to end at once");
      interrupt();
    });
  });
  const listener = await openPort(gateway, {
    host,
    port,
    compress,
    ...(tls && { tls }),
    ...(maxConnectionsPerAddress && { maxConnectionsPerAddress }),
  });
  announce(log, listener, gateway, options);
  const ended = gateway.start();
  ended.catch(() => {}); // told below, unless an interrupt comes first
  try {
    // Without --once the end of a feed is no reason to end; its failure is.
    await Promise.race([interrupted, once ? ended : ended.then(() => interrupted)]);
  } catch (error) {
    if (error instanceof UndeliveredError) throw failure(error.message, error);
    throw failure(`the feed failed: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    await listener.close(isInterrupted ? GATEWAY_LIMITS.closeTimeoutMs : undefined);
  }
}

function checkOptions(options: ServeOptions): void {
  const { simulate, replay: files, host, key, secret, tlsCert, tlsKey, loop, once } = options;
  if (!simulate && files === undefined)
    throw usageError(
      "say what to serve: --simulate for made-up stocks, or --replay with files. See tickerplant serve --help.",
    );
  if (host === "") throw usageError("--host must not be empty, which would be every network: 0.0.0.0 says so");
  if (files?.includes("")) throw usageError("--replay needs the names of files, and one of them is empty");
  for (const name of ["seed", "symbols", "rate"] as const)
    if (!simulate && options[name] !== undefined)
      throw usageError(`--${name} is for --simulate; a replay takes its files as they are`);
  for (const name of ["loop", "shift"] as const)
    if (simulate && options[name]) throw usageError(`--${name} is for --replay`);
  if (loop && once) throw usageError("--loop never ends and --once waits for the end: choose one");
  if ((key === undefined) !== (secret === undefined)) throw usageError("--key and --secret go together");
  if (key === "" || secret === "")
    throw usageError("--key, --secret and the variable TICKERPLANT_SECRET must not be empty");
  for (const [name, value = ""] of Object.entries({ key, secret }))
    if (hasOuterBlanks(value)) throw usageError(`the value of --${name} ${OUTER_BLANKS}`);
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw usageError("--tls-cert and --tls-key go together");
}

/** Fails at once for files that cannot be replayed or are named twice, and for pipes where they make no sense. */
async function checkRecordings({ replay: files = [], loop }: ServeOptions): Promise<void> {
  const paths = new Set<string>();
  for (const file of files) {
    const path = isStandardInput(file) ? "-" : resolve(file);
    if (paths.has(path)) throw usageError(`${nameOf(file)} is named twice; each file is replayed once`);
    paths.add(path);
  }
  for (const file of files) {
    if (!isStandardInput(file)) await checkReadable("the file", file);
    if (await isRereadable(file)) continue;
    if (isStandardInput(file) && process.stdin.isTTY)
      throw usageError(
        "--replay - reads standard input, which is a terminal: send a file into it, as in zcat day.gz | …",
      );
    if (loop) throw usageError(`--loop begins again, and ${nameOf(file)} can be read only once`);
  }
}

async function keysOf({ key, secret, keys }: ServeOptions): Promise<readonly Credential[] | undefined> {
  if (keys !== undefined) return readKeysFile(keys);
  return key === undefined || secret === undefined ? undefined : [{ key, secret }];
}

async function tlsOf({ tlsCert, tlsKey }: ServeOptions): Promise<ListenOptions["tls"]> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const cert = await readTextOrFail("the certificate", tlsCert);
  return { cert, key: await readTextOrFail("the private key", tlsKey) };
}

function sourceOf(options: ServeOptions, report: ReplayReport | undefined): Feed {
  const { replay: files = [], speed, seed, symbols, rate, loop, shift } = options;
  const pace = speed === undefined ? {} : { speed };
  return orUsageError(() =>
    report === undefined
      ? simulator({ ...pace, ...(seed !== undefined && { seed }), ...(symbols && { symbols }), ...(rate && { rate }) })
      : replay(files, {
          ...pace,
          loop: loop ?? false,
          timestamps: shift ? "shifted" : "original",
          onProgress: report.progressed,
          onBadLine: report.badLine,
          onNotice: report.noticed,
        }),
  );
}

/** The source at every stock feed or at those named; and FAKEPACA at `test`, which with --once would never end. */
function feedsOf({ feed, once }: ServeOptions, source: Feed): GatewayOptions["feeds"] {
  const names = feed ?? Object.values(DataFeed).filter((name) => name !== DataFeed.TEST);
  const feeds: { [F in DataFeed]?: Feed } = {};
  if (!once) feeds.test = testFeed();
  for (const name of names) feeds[name] = source;
  return feeds;
}

function announce(log: Log, { url, port }: Listener, { paths }: Gateway, options: ServeOptions): void {
  const { simulate, replay: files = [], once, speed, key, keys } = options;
  const what = simulate ? "the simulator" : namesOf(files);
  log.info(`serving ${what} at ${url}`, { url, port, paths });
  log.text(paths.map((path) => `  ${url}${path}`));
  if (key === undefined && keys === undefined) log.info("any key is taken; --key and --secret, or --keys, change that");
  if (once || speed === "max") log.info("waiting for the first subscription");
}

/** Files that a message names. */
const MAX_NAMED = 5;

function namesOf(files: readonly string[]): string {
  const named = files.slice(0, MAX_NAMED).map(nameOf).join(", ");
  return files.length > MAX_NAMED ? `${named} and ${files.length - MAX_NAMED} files more` : named;
}
