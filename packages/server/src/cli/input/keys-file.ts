import { DataFeed } from "@tickerplant/client";
import { type Credential, hasOuterBlanks, OUTER_BLANKS } from "../../gateway/auth/keyring.ts";
import { parseSecretHash } from "../../gateway/auth/secret-hash.ts";
import { failure } from "../output/exit.ts";
import { readTextOrFail } from "./file-errors.ts";

const FIELDS: readonly string[] = ["key", "secretHash", "feeds", "maxSymbols", "maxConnections"];

/**
 * Reads the keys file of a gateway: a JSON array of `{ key, secretHash, feeds?, maxSymbols?, maxConnections? }`,
 * of which `tickerplant key` makes entries. Rejects plain secrets, because files are copied, backed up and
 * committed.
 *
 * @throws CommandError that names the entry and the field, and never shows a value.
 */
export async function readKeysFile(file: string): Promise<readonly Credential[]> {
  const text = await readTextOrFail("the keys file", file);
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    // The parser's message is left out: it quotes the text, which may have a secret.
    throw failure(`the keys file ${file} is not JSON; it must be an array of {"key": …, "secretHash": …}`);
  }
  if (!Array.isArray(entries) || entries.length === 0)
    throw failure(`the keys file ${file} must be a JSON array with at least one {"key": …, "secretHash": …}`);
  const credentials = entries.map((entry: unknown, index) => {
    const problem = problemOf(entry);
    if (problem !== undefined) throw failure(`the keys file ${file}: entry ${index + 1}: ${problem}`);
    return entry as Credential; // problemOf has checked each field
  });
  const keys = credentials.map(({ key }) => key);
  const twice = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (twice >= 0) throw failure(`the keys file ${file}: entry ${twice + 1}: an earlier entry has the same "key"`);
  return credentials;
}

function problemOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return "it must be an object";
  const fields = entry as Record<string, unknown>; // an object, whose values are checked below
  if (fields.secret !== undefined)
    return 'a plain "secret" is not allowed; replace it by "secretHash", which tickerplant key NAME --stdin makes from the secret';
  for (const name of ["key", "secretHash"]) {
    const value = fields[name];
    if (value === undefined) return `"${name}" is missing`;
    if (typeof value !== "string" || value === "") return `"${name}" must be a non-empty string`;
  }
  if (hasOuterBlanks(String(fields.key))) return `"key" ${OUTER_BLANKS}`;
  if (parseSecretHash(String(fields.secretHash)) === undefined)
    return '"secretHash" must be a hash such as hmac-sha256$…$…, which tickerplant key makes';
  for (const name of ["maxSymbols", "maxConnections"]) {
    const value = fields[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= 1))
      return `"${name}" must be a whole number above 0`;
  }
  const feeds = Object.values(DataFeed);
  if (fields.feeds !== undefined && !isFeedArray(fields.feeds))
    return `"feeds" must be an array of some of ${feeds.join(", ")}`;
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  return unknown === undefined ? undefined : `unknown field "${unknown}"; the fields are ${FIELDS.join(", ")}`;
}

function isFeedArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((feed) => Object.values(DataFeed).includes(feed));
}
