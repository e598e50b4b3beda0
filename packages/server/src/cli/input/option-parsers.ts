import { CHANNELS, CRYPTO_CHANNELS } from "@tickerplant/client";
import { isSymbol } from "@tickerplant/client/wire";
import { InvalidArgumentError } from "commander";
import { FEED_NAMES, type FeedName } from "../../create-gateway.ts";
import { MAX_PAST_S } from "../../feeds/simulator/simulator.ts";
import { isWebOrigin } from "../../gateway/auth/origin.ts";
import { FAULTS, type Faults } from "../../gateway/faults.ts";
import { HISTORY_LIMITS } from "../../history/limits.ts";
import { isFileName } from "./symbol-hints.ts";

/** Parses a number above zero, such as a duration or a rate. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** Parses a whole number above zero. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("It must be a whole number above 0.");
  return value;
}

/** Parses a whole number. */
export function integer(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("It must be a whole number.");
  return value;
}

/** Parses a TCP port; 0 means any free port. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return value;
}

/** Parses a number above zero, or `max`. */
export function speed(text: string): number | "max" {
  if (text === "max") return "max";
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
}

/** Parses a number of megabytes that a history can work with. */
export function megabytes(text: string): number {
  const value = positiveNumber(text);
  if (value * 1024 * 1024 < HISTORY_LIMITS.minBytes)
    throw new InvalidArgumentError(`It must be at least ${HISTORY_LIMITS.minBytes / 1024 / 1024}.`);
  return value;
}

/** Parses a fault, such as `historyStatus=429` or `isMute`, and adds it to those before. */
export function fault(text: string, before: Faults = {}): Faults {
  const [name = "", value] = text.split("=", 2);
  const kinds: Readonly<Record<string, unknown>> = FAULTS;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined)
    throw new InvalidArgumentError(`There is no fault "${name}". The faults are ${Object.keys(FAULTS).join(", ")}.`);
  if (kind !== "number") {
    if (value === undefined) return { ...before, [name]: true };
    throw new InvalidArgumentError(`${name} is on or not: give it without a value.`);
  }
  if (!/^[1-9]\d{0,9}$/.test(value ?? ""))
    throw new InvalidArgumentError(`${name} needs a whole number above 0, as in ${name}=429.`);
  return { ...before, [name]: Number(value) };
}

/** Parses a number of stocks, or their symbols. */
export function symbolsOrCount(text: string): number | readonly string[] {
  return Number.isNaN(Number(text)) ? symbolList(text) : positiveInteger(text);
}

/** Parses the names of feeds, separated by commas; removes duplicates. */
export function feedList(text: string): readonly FeedName[] {
  const feeds = text.split(",").map((name) => {
    const feed = FEED_NAMES.find((known) => known === name);
    if (feed === undefined)
      throw new InvalidArgumentError(`There is no feed "${name}". The feeds are ${FEED_NAMES.join(", ")}.`);
    return feed;
  });
  return [...new Set(feeds)];
}

/** Collects upstreams: names of feeds, and URLs. */
export function upstreamList(text: string, previous: readonly string[] = []): readonly string[] {
  if (!text.includes("://") && !FEED_NAMES.some((known) => known === text))
    throw new InvalidArgumentError(
      `It must be a feed (${FEED_NAMES.join(", ")}) or a URL such as ws://127.0.0.1:8765/v2/sip.`,
    );
  if (previous.includes(text)) throw new InvalidArgumentError("It is given twice.");
  return [...previous, text];
}

/** Parses a number from 0, such as seconds. */
export function numberFrom0(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("It must be a number from 0.");
  return value;
}

/** Parses the minutes of a simulated past. */
export function pastMinutes(text: string): number {
  const minutes = numberFrom0(text);
  if (minutes > MAX_PAST_S / 60)
    throw new InvalidArgumentError(`It must be at most ${MAX_PAST_S / 60} minutes, a week.`);
  return minutes;
}

/** Parses the origins of web sites, separated by commas. */
export function originList(text: string): readonly string[] {
  const origins = text.split(",");
  if (!origins.every(isWebOrigin))
    throw new InvalidArgumentError(
      "An origin must be a scheme and a host, with an optional port, such as http://localhost:5173.",
    );
  return origins;
}

/** Parses the names of channels of any asset class, separated by commas; removes duplicates. */
export function channelList(text: string): readonly string[] {
  const channels = text.split(",");
  const known: readonly string[] = [...new Set([...CHANNELS, ...CRYPTO_CHANNELS])];
  const unknown = channels.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no channel "${unknown}". The channels are ${known.join(", ")}.`);
  return [...new Set(channels)];
}

/** Collects the symbols of several arguments, each of which may have several separated by commas. */
export function symbolArguments(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(previous ?? []), ...symbolList(text)])];
}

function symbolList(text: string): readonly string[] {
  if (isFileName(text))
    throw new InvalidArgumentError(
      "A file here has this name: the shell replaces * without quotes by file names. Write '*' with quotes.",
    );
  const symbols = text.split(",");
  if (!symbols.every(isSymbol))
    throw new InvalidArgumentError("A symbol must be a non-empty string without spaces, such as AAPL, or '*'.");
  return symbols;
}
