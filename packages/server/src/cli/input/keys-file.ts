import { DataFeed } from "@tickerplant/client";
import { type Credential, hasOuterBlanks, OUTER_BLANKS } from "../../gateway/auth/keyring.ts";
import { parseSecretHash } from "../../gateway/auth/secret-hash.ts";
import { failure } from "../output/exit.ts";
import { readTextOrFail } from "./file-errors.ts";

const FIELDS: readonly string[] = ["key", "secretHash", "feeds", "maxSymbols", "maxConnections"];

/**
 * Reads the keys that a gateway is to take: a JSON array of `{ key, secretHash, feeds?,
 * maxSymbols?, maxConnections? }`, such as `tickerplant key` makes. Plain secrets are refused: a
 * file is copied, backed up and committed.
 *
 * @throws CommandError that names the entry and the field, and never shows a value.
 */
export async function readKeysFile(file: string): Promise<readonly Credential[]> {
  const text = await readTextOrFail("the keys file", file);
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and with it perhaps a secret.
    throw failure(`the keys file ${file} is no JSON; it must be an array of {"key": …, "secretHash": …}`);
  }
  if (!Array.isArray(entries) || entries.length === 0)
    throw failure(`the keys file ${file} must be a JSON array with at least one {"key": …, "secretHash": …}`);
  const credentials = entries.map((entry: unknown, index) => {
    const problem = problemOf(entry);
    if (problem !== undefined) throw failure(`the keys file ${file}: entry ${index + 1}: ${problem}`);
    return entry as Credential; // checked field by field just now
  });
  const keys = credentials.map(({ key }) => key);
  const twice = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (twice >= 0) throw failure(`the keys file ${file}: entry ${twice + 1}: "key" stands in an earlier entry too`);
  return credentials;
}

function problemOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return "it must be an object";
  const fields = entry as Record<string, unknown>; // an object: its values are checked below
  if (fields.secret !== undefined)
    return '"secret" stands there for everybody to read; put "secretHash" in its place: tickerplant key NAME --stdin makes it of the secret';
  for (const name of ["key", "secretHash"]) {
    const value = fields[name];
    if (value === undefined) return `"${name}" is missing`;
    if (typeof value !== "string" || value === "") return `"${name}" must be a text that is not empty`;
  }
  if (hasOuterBlanks(String(fields.key))) return `"key" ${OUTER_BLANKS}`;
  if (parseSecretHash(String(fields.secretHash)) === undefined)
    return '"secretHash" is none: tickerplant key makes it, and it looks like hmac-sha256$…$…';
  for (const name of ["maxSymbols", "maxConnections"]) {
    const value = fields[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= 1))
      return `"${name}" must be a whole number above 0`;
  }
  const feeds = Object.values(DataFeed);
  if (fields.feeds !== undefined && !isFeedList(fields.feeds))
    return `"feeds" must be an array of some of ${feeds.join(", ")}`;
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  return unknown === undefined ? undefined : `there is no field "${unknown}"; the fields are ${FIELDS.join(", ")}`;
}

function isFeedList(value: unknown): boolean {
  return Array.isArray(value) && value.every((feed) => Object.values(DataFeed).includes(feed));
}
