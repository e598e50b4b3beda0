import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClientProcess, type SeenRecord } from "./client-process.ts";
import { HistoryProcess } from "./history-process.ts";
import { buildWithGoClient, goProgram, installAlpacaPy, SOURCES, VENV_PYTHON } from "./installing.ts";
import type { SentRecord } from "./sent-records.ts";

/** An official client of Alpaca's, with the behaviour that the scenarios expect of it. */
export interface OfficialClient {
  readonly name: string;
  /** The version that is pinned. */
  readonly version: string;
  /** The types of record that it does not model, by their letter, with the reason. */
  readonly missingTypes: Readonly<Record<string, string>>;
  /** Why it has no raw records; undefined if it has. */
  readonly noRaw?: string;
  /** Its behaviour after 402. */
  readonly afterWrongKey: "ends" | "retries";
  /** Its behaviour after 409. */
  readonly afterRejectedFeed: "ends" | "stays connected";
  /** Installs or builds it. Returns the reason if this machine lacks what that needs. */
  prepare(): Promise<string | undefined>;
  /** Starts its program; `url` is that of the gateway, without a path. The feed is `iex` where it can be chosen. */
  start(url: string, key: string, secret: string, raw?: boolean, feed?: string): ClientProcess;
  /** The record that it must print for one that was sent. */
  expected(record: SentRecord, raw?: boolean): SeenRecord;
  /** Why its history has no auctions; undefined if it has. */
  readonly noAuctions?: string;
  /** Why its history has no names of conditions and exchanges; undefined if it has. */
  readonly noMeta?: string;
  /** Whether its user follows the tokens of pages. */
  readonly pagesByHand?: true;
  /** The error of its history for the page of HTML that comes with 401, if it does not report the status. */
  readonly errorAfterHtml?: RegExp;
  /** Starts the program of its history; `url` is that of the gateway's HTTP, without a path. */
  startHistory(url: string, key: string, secret: string): HistoryProcess;
  /** What its history must return for a value with records: its times have fewer digits. */
  pastRecord(value: unknown): unknown;
}

const GO_PROGRAM = "client";
const GO_HISTORY = "history";

const alpacaPy: OfficialClient = {
  name: "alpaca-py",
  version: pinned("alpaca-py/requirements.txt", /^alpaca-py==(\S+)$/m),
  missingTypes: {
    l: "alpaca-py's StockDataStream has no method to subscribe to LULD bands, and no model",
    i: "alpaca-py's StockDataStream has no method to subscribe to imbalances, and no model",
  },
  afterWrongKey: "retries",
  afterRejectedFeed: "ends",
  prepare: installAlpacaPy,
  start: (url, key, secret, raw = false) =>
    new ClientProcess(VENV_PYTHON, [
      join(SOURCES, "alpaca-py/client.py"),
      `${url}/v2/iex`,
      key,
      secret,
      ...(raw ? ["raw"] : []),
    ]),
  // Its models have a datetime of Python, which has microseconds; a raw record has all nine digits.
  expected: (record, raw = false) =>
    raw ? printed(record) : { ...withoutReceipt(printed(record)), t: `${record.t.slice(0, 26)}Z` },
  noAuctions: "alpaca-py has no request for auctions",
  noMeta: "alpaca-py has no request for conditions and exchanges",
  startHistory: (url, key, secret) =>
    new HistoryProcess(VENV_PYTHON, [join(SOURCES, "alpaca-py/history.py"), url, key, secret]),
  // Its models of trades have no `u`.
  pastRecord: (value) => mapped(value, { digits: 6, hasUpdates: false }),
};

const alpacaGo: OfficialClient = {
  name: "alpaca-trade-api-go",
  version: pinned("alpaca-trade-api-go/go.mod", /alpaca-trade-api-go\/v3 v(\S+)/),
  missingTypes: {},
  noRaw: "the Go client has no raw records; its models have nanoseconds",
  afterWrongKey: "ends",
  afterRejectedFeed: "ends",
  prepare: async () =>
    (await buildWithGoClient("main.go", GO_PROGRAM)) ?? buildWithGoClient("history/main.go", GO_HISTORY),
  start: (url, key, secret) => new ClientProcess(goProgram(GO_PROGRAM), [`${url}/v2`, key, secret]),
  expected: (record) => printed(record),
  noMeta: "the Go client has no request for conditions and exchanges",
  errorAfterHtml: /401 Authorization Required/,
  startHistory: (url, key, secret) => new HistoryProcess(goProgram(GO_HISTORY), [url, key, secret]),
  pastRecord: (value) => value,
};

const alpacaJs: OfficialClient = {
  name: "@alpacahq/alpaca-trade-api",
  // The lock file pins it; this is the installed version.
  version: pinned(
    join(dirname(createRequire(import.meta.url).resolve("@alpacahq/alpaca-trade-api")), "../package.json"),
    /"version": "([^"]+)"/,
  ),
  missingTypes: {},
  noRaw: "the TypeScript client has no raw records; its models have nanoseconds beside the Date",
  afterWrongKey: "ends",
  afterRejectedFeed: "stays connected",
  prepare: async () => undefined,
  start: (url, key, secret, _raw, feed = "iex") =>
    new ClientProcess(process.execPath, [
      fileURLToPath(new URL("alpaca-trade-api-js/client.js", import.meta.url)),
      `${url}/v2/${feed}`,
      key,
      secret,
    ]),
  // It has all nine digits, and a Date, which has milliseconds.
  expected: (record) => ({ ...withoutReceipt(printed(record)), date: `${record.t.slice(0, 23)}Z` }),
  pagesByHand: true,
  startHistory: (url, key, secret) =>
    new HistoryProcess(process.execPath, [
      fileURLToPath(new URL("alpaca-trade-api-js/history.js", import.meta.url)),
      url,
      key,
      secret,
    ]),
  // The times of its REST models are `Date`s.
  pastRecord: (value) => mapped(value, { digits: 3, hasUpdates: true }),
};

/** Alpaca's clients that support the stock stream. */
export const OFFICIAL_CLIENTS: readonly OfficialClient[] = [alpacaPy, alpacaGo, alpacaJs];

/** The record with ids as strings, as the programs print it. */
function printed(record: SentRecord): SeenRecord {
  const entries = Object.entries(record);
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]));
}

/** Without `r`, the undocumented time at which Alpaca received the record: only the Go client models it. */
function withoutReceipt({ r: _, ...record }: SeenRecord): SeenRecord {
  return record;
}

/** A value with the times of its records cut to so many digits, and without `u` where the client has none. */
function mapped(value: unknown, { digits, hasUpdates }: { digits: number; hasUpdates: boolean }): unknown {
  const text = JSON.stringify(value, (key, item) => {
    if (key === "t") return `${item.slice(0, 20 + digits)}Z`;
    return key === "u" && !hasUpdates ? undefined : item;
  });
  return JSON.parse(text);
}

/** The version that a file pins; a relative path is relative to the sources. */
function pinned(file: string, pattern: RegExp): string {
  const version = readFileSync(file.startsWith("/") ? file : join(SOURCES, file), "utf8").match(pattern)?.[1];
  if (version === undefined) throw new Error(`${file} pins no version`);
  return version;
}
