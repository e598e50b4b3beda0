import { CHANNELS, type Channel, DataFeed, isChannel } from "@tickerplant/client";
import { isSymbol } from "@tickerplant/client/wire";
import { InvalidArgumentError } from "commander";
import { isWebOrigin } from "../../gateway/auth/origin.ts";
import { isFileInstead } from "./symbol-hints.ts";

/** A number above zero, such as a duration or a rate. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** A whole number above zero. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("It must be a whole number above 0.");
  return value;
}

/** A whole number. */
export function integer(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("It must be a whole number.");
  return value;
}

/** A TCP port; 0 is any that is free. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return value;
}

/** A number above zero, or `max`. */
export function speed(text: string): number | "max" {
  if (text === "max") return "max";
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
}

/** How many stocks, or which. */
export function symbolsOrCount(text: string): number | readonly string[] {
  return Number.isNaN(Number(text)) ? symbolList(text) : positiveInteger(text);
}

/** Feeds by name, separated by commas. */
export function feedList(text: string): readonly DataFeed[] {
  const feeds = Object.values(DataFeed);
  return text.split(",").map((name) => {
    const feed = feeds.find((known) => known === name);
    if (feed === undefined) throw new InvalidArgumentError(`Feeds are ${feeds.join(", ")}.`);
    return feed;
  });
}

/** Origins of web sites, separated by commas. */
export function originList(text: string): readonly string[] {
  const origins = text.split(",");
  if (!origins.every(isWebOrigin))
    throw new InvalidArgumentError("An origin is a scheme, a host and perhaps a port, such as http://localhost:5173.");
  return origins;
}

/** Channels by name, separated by commas, each once. */
export function channelList(text: string): readonly Channel[] {
  const channels = text.split(",").map((name) => {
    if (!isChannel(name)) throw new InvalidArgumentError(`Channels are ${CHANNELS.join(", ")}.`);
    return name;
  });
  return [...new Set(channels)];
}

/** Collects the symbols of several arguments, each one symbol or some with commas between. */
export function symbolArguments(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(previous ?? []), ...symbolList(text)])];
}

function symbolList(text: string): readonly string[] {
  if (isFileInstead(text))
    throw new InvalidArgumentError(
      "There is a file of this name here: the shell replaces a * that has no quotes. Write '*'.",
    );
  const symbols = text.split(",");
  if (!symbols.every(isSymbol))
    throw new InvalidArgumentError('A symbol is a text without blanks such as AAPL, or "*".');
  return symbols;
}
