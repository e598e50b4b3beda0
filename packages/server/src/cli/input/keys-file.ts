import { FEED_NAMES } from "../../create-gateway.ts";
import { type Credential, hasOuterBlanks, OUTER_BLANKS } from "../../gateway/auth/keyring.ts";
import { parseSecretHash } from "../../gateway/auth/secret-hash.ts";
import { failure } from "../output/exit.ts";
import { readTextOrFail } from "./file-errors.ts";
import { jsonFault } from "./json-fault.ts";

const FIELDS: readonly string[] = ["key", "secretHash", "tokenHash", "feeds", "maxSymbols", "maxConnections"];

/** What each field with a hash replaces, and what makes it. */
const HASHES = [
  { plain: "secret", hash: "secretHash", command: "tickerplant key NAME --stdin" },
  { plain: "token", hash: "tokenHash", command: "tickerplant key NAME --token --stdin" },
] as const;

/** The keys of a file, and its text. */
export interface KeysFile {
  readonly text: string;
  readonly credentials: readonly Credential[];
}

/**
 * Reads the keys file of a gateway: a JSON array of `{ key, secretHash, feeds?, maxSymbols?, maxConnections? }`, or
 * with `tokenHash` in place of `secretHash`, of which `tickerplant key` makes entries. Rejects plain secrets, because
 * files are copied, backed up and committed.
 *
 * @throws CommandError that names the entry and the field, and never shows a value.
 */
export async function readKeysFile(file: string): Promise<KeysFile> {
  const text = await readTextOrFail("the keys file", file);
  const credentials = parseKeys(file, text);
  if (credentials.length === 0)
    throw failure(`the keys file ${file} must be a JSON array with at least one {"key": …, "secretHash": …}`);
  return { text, credentials };
}

/**
 * Reads the text of a keys file, which may be an empty array.
 *
 * @throws CommandError that names the entry and the field, and never shows a value.
 */
export function parseKeys(file: string, text: string): readonly Credential[] {
  const fault = jsonFault(text);
  if (fault !== undefined)
    throw failure(
      `the keys file ${file} is not JSON from line ${fault.line}, column ${fault.column} on; it must be an array of {"key": …, "secretHash": …}`,
    );
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries))
    throw failure(`the keys file ${file} must be a JSON array of {"key": …, "secretHash": …}`);
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
  for (const { plain, hash, command } of HASHES)
    if (fields[plain] !== undefined)
      return `a plain "${plain}" is not allowed; replace it by "${hash}", which ${command} makes from the ${plain}`;
  const { key, secretHash, tokenHash, feeds } = fields;
  if (secretHash !== undefined && tokenHash !== undefined)
    return 'it has both "secretHash" and "tokenHash"; make two entries of it';
  const hashName = tokenHash === undefined ? "secretHash" : "tokenHash";
  for (const [name, value] of Object.entries({ key, [hashName]: fields[hashName] })) {
    if (value === undefined) return `"${name}" is missing`;
    if (typeof value !== "string" || value === "") return `"${name}" must be a non-empty string`;
  }
  if (hasOuterBlanks(String(key))) return `"key" ${OUTER_BLANKS}`;
  if (parseSecretHash(String(fields[hashName])) === undefined)
    return `"${hashName}" must be a hash such as hmac-sha256$…$…, which tickerplant key makes`;
  for (const name of ["maxSymbols", "maxConnections"]) {
    const value = fields[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= 1))
      return `"${name}" must be a whole number above 0`;
  }
  if (feeds !== undefined && !isFeedArray(feeds)) return `"feeds" must be an array of some of ${FEED_NAMES.join(", ")}`;
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  return unknown === undefined ? undefined : `unknown field "${unknown}"; the fields are ${FIELDS.join(", ")}`;
}

function isFeedArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((feed) => FEED_NAMES.includes(feed));
}
