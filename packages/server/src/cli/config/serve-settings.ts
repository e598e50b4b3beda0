import { CHANNELS, CRYPTO_CHANNELS } from "@tickerplant/client";
import { InvalidArgumentError } from "commander";
import { FEED_NAMES } from "../../create-gateway.ts";
import { MAX_PAST_S } from "../../feeds/simulator/simulator.ts";
import { HISTORY_LIMITS } from "../../history/limits.ts";
import { NATS_SERVERS, natsServers } from "../input/nats-servers.ts";
import * as parse from "../input/option-parsers.ts";
import { replayTimeNs, TIME } from "../input/replay-time.ts";
import type { ServerOptions, SourceOptions, UpstreamOptions } from "./rules.ts";
import type { JsonSchema, SettingsOf } from "./setting.ts";

const POSITIVE_NUMBER: JsonSchema = { type: "number", exclusiveMinimum: 0 };
const POSITIVE_INTEGER: JsonSchema = { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const TEXT: JsonSchema = { type: "string", minLength: 1 };
const SWITCH: JsonSchema = { type: "boolean" };

/** The name of an environment variable. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const VARIABLE: JsonSchema = { type: "string", pattern: VARIABLE_NAME.source };

const CHANNEL_NAMES: readonly string[] = [...new Set([...CHANNELS, ...CRYPTO_CHANNELS])];

/** Where a feed gets its records: options of the command line for one source, and of each feed in a file. */
export const SOURCE_SETTINGS: SettingsOf<Omit<SourceOptions, keyof UpstreamOptions>> = {
  simulate: {
    flags: "--simulate",
    description: "serve simulated stocks and crypto",
    meaning: "serve a simulated market",
    schema: SWITCH,
    conflicts: ["replay", "upstream", "cluster"],
  },
  replay: {
    flags: "--replay <files...>",
    description: "serve recorded files or a folder of recordings, merged by time; - for standard input",
    meaning: "recorded files or a folder of recordings, merged by time",
    schema: { type: "array", items: TEXT, minItems: 1 },
    conflicts: ["upstream", "cluster"],
    isPath: true,
  },
  speed: {
    flags: "--speed <n>",
    description: 'simulated or recorded seconds per second, or "max" (default: 1)',
    schema: { anyOf: [POSITIVE_NUMBER, { type: "string", const: "max" }] },
    parse: parse.speed,
  },
  seed: {
    flags: "--seed <n>",
    description: "simulator: the same seed gives the same records (default: 1)",
    schema: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    parse: parse.integer,
  },
  symbols: {
    flags: "--symbols <n|list>",
    description: "simulator: number of stocks, or symbols (default: 8000); replay: symbols (default: all)",
    schema: {
      anyOf: [
        POSITIVE_INTEGER,
        { type: "array", items: { type: "string", pattern: "^[!-+\\--~]{1,32}$" }, minItems: 1 },
      ],
    },
    parse: parse.symbolsOrCount,
  },
  rate: {
    flags: "--rate <n>",
    description: "simulator: quotes and trades per second (default: 200)",
    schema: POSITIVE_NUMBER,
    parse: parse.positiveNumber,
  },
  past: {
    flags: "--past <minutes>",
    description: "simulator: minutes of the past of stocks, for history (default: 0)",
    schema: { type: "number", minimum: 0, maximum: MAX_PAST_S / 60 },
    parse: parse.pastMinutes,
  },
  loop: { flags: "--loop", description: "replay: start again after the last record", schema: SWITCH },
  shift: {
    flags: "--shift",
    description: "replay: shift times by whole minutes, so that the first record is now",
    schema: SWITCH,
  },
  order: {
    flags: "--order <order>",
    description: "replay of a recording: as received, or by the records' times (default: received)",
    schema: { type: "string", enum: ["received", "time"] },
    choices: ["received", "time"],
  },
  channels: {
    flags: "--channels <list>",
    description: "replay: channels, separated by commas (default: all)",
    meaning: "replay: channels (default: all)",
    schema: { type: "array", items: { type: "string", enum: CHANNEL_NAMES }, minItems: 1 },
    parse: parse.channelList,
  },
  from: {
    flags: "--from <time>",
    description: "replay: first time, such as 2025-11-14T09:30:00-05:00, or a day in New York",
    schema: { type: "string", pattern: TIME.source },
    parse: replayTime,
  },
  to: {
    flags: "--to <time>",
    description: "replay: last time, or day",
    schema: { type: "string", pattern: TIME.source },
    parse: replayTime,
  },
  fill: {
    flags: "--no-fill",
    description: "upstream: report gaps after a lost connection, and do not fill them from history",
    meaning: "upstream: fill gaps after a lost connection from history (default: true)",
    schema: SWITCH,
  },
  upstreamHistory: {
    flags: "--upstream-history <url>",
    description: "upstream: URL of the server of history (default: Alpaca's, or --upstream's host)",
    meaning: "upstream: URL of the server of history (default: Alpaca's, or the upstream's host)",
    schema: TEXT,
  },
  universe: {
    flags: "--universe <file>",
    description: "upstream: file with all symbols, to fill gaps of clients that subscribe to *",
    schema: TEXT,
    isPath: true,
  },
  maxUpstreamSymbols: {
    flags: "--max-upstream-symbols <n>",
    description: "upstream: symbols with trades or quotes (default: no limit)",
    schema: POSITIVE_INTEGER,
    parse: parse.positiveInteger,
  },
  linger: {
    flags: "--linger <seconds>",
    description: "upstream: keep symbols so long after their last client (default: 30)",
    schema: { type: "number", minimum: 0 },
    parse: parse.numberFrom0,
  },
  cluster: {
    flags: "--cluster <url>",
    description: "read the feeds that tickerplant ingest writes into NATS JetStream",
    meaning: "addresses of NATS JetStream, into which tickerplant ingest writes the feed, separated by commas",
    schema: { type: "string", pattern: NATS_SERVERS.source },
    parse: natsServers,
    conflicts: ["upstream"],
  },
  clusterCredentials: {
    flags: "--cluster-credentials <file>",
    description: "cluster: file with credentials for NATS, as nsc makes it",
    schema: TEXT,
    isPath: true,
  },
  clusterCa: {
    flags: "--cluster-ca <file>",
    description: "cluster: authorities in PEM that sign NATS's certificate (default: those of the system)",
    schema: TEXT,
    isPath: true,
  },
  clusterCert: {
    flags: "--cluster-cert <file>",
    description: "cluster: certificate in PEM for NATS",
    schema: TEXT,
    isPath: true,
  },
  clusterKey: {
    flags: "--cluster-key <file>",
    description: "cluster: private key of that certificate in PEM",
    schema: TEXT,
    isPath: true,
  },
  clusterHistory: {
    flags: "--cluster-history <minutes>",
    description: "cluster: minutes of the past to read at the start (default: 5)",
    schema: { type: "number", minimum: 0 },
    parse: parse.numberFrom0,
  },
};

/** The upstream of a feed, and where its credentials are. A file never contains them. */
export const UPSTREAM_SETTINGS: SettingsOf<UpstreamOptions> = {
  upstream: {
    flags: "--upstream <feed|url>",
    description: "a feed of Alpaca, such as sip, or the address of a feed of another gateway",
    schema: { type: "string", pattern: `^(?:${FEED_NAMES.join("|")}|.+://.+)$` },
    parse: (text) => parse.upstreamList(text)[0],
  },
  credentials: {
    flags: "--credentials <file>",
    description: "file with the variables of the key and the secret, as tickerplant key prints them",
    schema: TEXT,
    isPath: true,
  },
  keyIdVariable: {
    flags: "--key-id-variable <name>",
    description: "variable of that file, or of the environment, with the key (default: APCA_API_KEY_ID)",
    schema: VARIABLE,
    parse: variableName,
  },
  secretKeyVariable: {
    flags: "--secret-key-variable <name>",
    description: "variable with the secret (default: APCA_API_SECRET_KEY)",
    schema: VARIABLE,
    parse: variableName,
  },
};

/** What the gateway does, whatever it serves: options of the command line and of a file. */
export const SERVER_SETTINGS: SettingsOf<ServerOptions> = {
  host: {
    flags: "--host <address>",
    description: "address to listen on; 0.0.0.0 for every network",
    schema: TEXT,
    fallback: "127.0.0.1",
  },
  port: {
    flags: "--port <n>",
    description: "port to listen on; 0 for a free one",
    schema: { type: "integer", minimum: 0, maximum: 65_535 },
    parse: parse.port,
    fallback: 8765,
  },
  metricsPort: {
    flags: "--metrics-port <n>",
    description: "second port, with /metrics, /healthz and /readyz without a key (default: /metrics on --port)",
    meaning: "second port, with /metrics, /healthz and /readyz without a key (default: /metrics on the port)",
    schema: { type: "integer", minimum: 0, maximum: 65_535 },
    parse: parse.port,
  },
  keys: {
    flags: "--keys <file>",
    description: "JSON file with the keys to accept",
    schema: TEXT,
    conflicts: ["key", "secret"],
    isPath: true,
  },
  maxConnections: {
    flags: "--max-connections <n>",
    description: "connections per key and feed (default: no limit)",
    schema: POSITIVE_INTEGER,
    parse: parse.positiveInteger,
  },
  maxSymbols: {
    flags: "--max-symbols <n>",
    description: "symbols per connection (default: no limit)",
    schema: POSITIVE_INTEGER,
    parse: parse.positiveInteger,
  },
  maxConnectionsPerAddress: {
    flags: "--max-connections-per-address <n>",
    description: "connections per address (default: 256)",
    schema: POSITIVE_INTEGER,
    parse: parse.positiveInteger,
  },
  allowOrigin: {
    flags: "--allow-origin <origins>",
    description: "web sites whose pages may connect, separated by commas",
    meaning: "web sites whose pages may connect",
    schema: { type: "array", items: { type: "string", pattern: "^https?://[^,/]+$" }, minItems: 1 },
    parse: parse.originList,
  },
  historyMinutes: {
    flags: "--history-minutes <n>",
    description: "minutes of the past to hold (default: 1440)",
    schema: POSITIVE_NUMBER,
    parse: parse.positiveNumber,
  },
  historyMb: {
    flags: "--history-mb <n>",
    description: "megabytes of the past to hold (default: 128)",
    schema: { type: "number", minimum: HISTORY_LIMITS.minBytes / 1024 / 1024 },
    parse: parse.megabytes,
  },
  history: {
    flags: "--no-history",
    description: "hold and serve no past",
    meaning: "hold and serve the past (default: true)",
    schema: SWITCH,
  },
  plan: {
    flags: "--plan <plan>",
    description: "limits of the history: those of a free account",
    schema: { type: "string", enum: ["free"] },
    choices: ["free"],
  },
  compress: {
    flags: "--no-compress",
    description: "do not compress; by default clients that offer compression get it, as from Alpaca",
    meaning: "compress for clients that offer compression (default: true)",
    schema: SWITCH,
  },
  dashboard: {
    flags: "--no-dashboard",
    description: "do not serve the page with the market and the gateway's health",
    meaning: "serve the page with the market and the gateway's health at / (default: true)",
    schema: SWITCH,
  },
  tlsCert: {
    flags: "--tls-cert <file>",
    description: "certificate chain in PEM, to serve wss://",
    schema: TEXT,
    isPath: true,
  },
  tlsKey: {
    flags: "--tls-key <file>",
    description: "private key of the certificate in PEM",
    schema: TEXT,
    isPath: true,
  },
  record: {
    flags: "--record <folder>",
    description: "record the feeds into a folder, as tickerplant record does",
    schema: TEXT,
    isPath: true,
  },
  keep: {
    flags: "--keep <days>",
    description: "record: delete the folders of days older than this many trading days",
    schema: POSITIVE_INTEGER,
    parse: parse.positiveInteger,
  },
  json: { flags: "--json", description: "write log messages as JSON lines", schema: SWITCH },
};

function replayTime(text: string): string {
  replayTimeNs(text, "first");
  return text;
}

function variableName(text: string): string {
  if (!VARIABLE_NAME.test(text))
    throw new InvalidArgumentError("It must be the name of a variable, and not its value.");
  return text;
}

/** The names of feeds, which are the names in the object `feeds` of a file. */
export const FEEDS: readonly string[] = FEED_NAMES;
