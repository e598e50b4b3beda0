import { dirname, resolve } from "node:path";
import { nearMiss } from "@tickerplant/client/wire";
import { InvalidArgumentError } from "commander";
import { parse as parseToml, TomlError } from "smol-toml";
import type { FeedName } from "../../create-gateway.ts";
import { isStandardInput } from "../../feeds/replay/source.ts";
import { readTextOrFail } from "../input/file-errors.ts";
import { jsonFault } from "../input/json-fault.ts";
import { FILE_NAMES, type ServerOptions, SOURCES, type SourceOptions, serverFaults, sourceFaults } from "./rules.ts";
import { FEEDS, SERVER_SETTINGS, SOURCE_SETTINGS, UPSTREAM_SETTINGS } from "./serve-settings.ts";
import { type Settings, settingOf } from "./setting.ts";

/** What a configuration file says. */
export interface Config {
  readonly server: Partial<ServerOptions>;
  readonly feeds: { readonly [Name in FeedName]?: SourceOptions };
}

/** Something wrong in a configuration file. */
export interface ConfigFault {
  /** The place: a path such as `feeds.sip.rate`, or a line and a column; empty for the whole file. */
  readonly place: string;
  /** A sentence without its full stop. */
  readonly message: string;
}

/** A configuration, or everything that is wrong with it. */
export type ConfigResult = { readonly config: Config } | { readonly faults: readonly ConfigFault[] };

/** The settings of a feed in a file. */
export const FEED_SETTINGS: Settings = { ...UPSTREAM_SETTINGS, ...SOURCE_SETTINGS };

/** Names at the top of a file that are no settings. */
const SCHEMA = "$schema";

/**
 * Reads a configuration file: TOML if its name ends with `.toml`, otherwise JSON. Reads no other file.
 *
 * @throws CommandError if the file cannot be read.
 */
export async function readConfigFile(file: string): Promise<ConfigResult> {
  return parseConfig(await readTextOrFail("the configuration", file), file);
}

/** Reads the text of a configuration file; `file` is its path, by which the paths in it are resolved. */
export function parseConfig(text: string, file: string): ConfigResult {
  const fault = /\.toml$/i.test(file) ? undefined : jsonFault(text);
  if (fault !== undefined)
    return {
      faults: [{ place: `line ${fault.line}, column ${fault.column}`, message: "it is not JSON from here on" }],
    };
  try {
    return readConfig(/\.toml$/i.test(file) ? parseToml(text) : JSON.parse(text), dirname(file));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line of the message: the others quote the file.
    const [reason = ""] = error.message.split("\n");
    return { faults: [{ place: `line ${error.line}, column ${error.column}`, message: reason }] };
  }
}

/** Reads the content of a configuration file in a folder. */
function readConfig(content: unknown, folder: string): ConfigResult {
  const faults: ConfigFault[] = [];
  const fail = (place: string, message: string): void => void faults.push({ place, message });
  if (!isObject(content)) return { faults: [{ place: "", message: "it must be an object" }] };
  const { feeds, [SCHEMA]: _, ...rest } = content;
  const server = readSettings(rest, SERVER_SETTINGS, { folder, place: "", others: ["feeds", SCHEMA], fail });
  const sources = readFeeds(feeds, folder, fail);
  for (const message of serverFaults(server, FILE_NAMES)) fail("", message);
  if (faults.length > 0) return { faults };
  return { config: { server, feeds: sources } };
}

function readFeeds(feeds: unknown, folder: string, fail: (place: string, message: string) => void): Config["feeds"] {
  const sources: Record<string, SourceOptions> = {};
  if (feeds === undefined) return sources; // the command line may name a source
  if (!isObject(feeds)) {
    fail("feeds", "it must be an object with a source for each feed");
    return sources;
  }
  for (const [name, value] of Object.entries(feeds)) {
    const place = `feeds.${name}`;
    if (!FEEDS.includes(name)) fail(place, `there is no such feed; ${hintOf(name, FEEDS, "feeds")}`);
    else if (!isObject(value)) fail(place, "it must be an object with a source");
    else {
      const source = readSettings(value, FEED_SETTINGS, { folder, place, others: [], fail });
      // A source with a fault is no missing source.
      const isFaulty = SOURCES.some((one) => one in value && !(one in source));
      for (const message of isFaulty ? [] : sourceFaults(source, [name], FILE_NAMES)) fail(place, message);
      sources[name] = source;
    }
  }
  return sources;
}

/** What {@link readSettings} needs besides the values and their settings. */
interface Reading {
  readonly folder: string;
  /** The place of the object in the file. */
  readonly place: string;
  /** Other names that the object may have. */
  readonly others: readonly string[];
  readonly fail: (place: string, message: string) => void;
}

/** Reads the settings of an object, each by its own description. Those with a fault are left out. */
function readSettings(
  values: Readonly<Record<string, unknown>>,
  settings: Settings,
  { folder, place, others, fail }: Reading,
): Readonly<Record<string, never>> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const path = place === "" ? name : `${place}.${name}`;
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (setting === undefined) {
      fail(path, `there is no such setting; ${hintOf(name, [...others, ...Object.keys(settings)], "settings")}`);
      continue;
    }
    try {
      const checked = settingOf(setting, value);
      read[name] = setting.isPath ? resolved(checked, folder) : checked;
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      fail(path, sentenceOf(error.message));
    }
  }
  return read as Record<string, never>; // by the parsers of the settings, which the types of options follow
}

/** Resolves file names against the folder of the configuration file; standard input is none. */
function resolved(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, folder));
  return isStandardInput(String(value)) ? value : resolve(folder, String(value));
}

function hintOf(name: string, known: readonly string[], what: string): string {
  const near = nearMiss(name, known);
  return near === undefined ? `the ${what} are ${known.join(", ")}` : `did you mean ${near}?`;
}

/** The message of an option as a part of a sentence. */
function sentenceOf(message: string): string {
  const [first = ""] = message;
  return first.toLowerCase() + message.slice(1).replace(/\.$/, "");
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Object.prototype.toString.call(value) === "[object Object]"; // a time of TOML is none
}
