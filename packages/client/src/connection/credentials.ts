import * as LIMITS from "../limits.ts";

/** A key and its secret. */
export interface Credentials {
  readonly apiKey: string;
  readonly secretKey: string;
}

const KEY_VARIABLES = { apiKey: "APCA_API_KEY_ID", secretKey: "APCA_API_SECRET_KEY" } as const;

/**
 * The key or the secret of an option, or else of the environment.
 *
 * @param caller The class that users construct, for messages.
 * @throws TypeError when there is none, and for one that {@link cleanCredential} rejects.
 */
export function requiredCredential(
  caller: string,
  option: keyof typeof KEY_VARIABLES,
  value: string | undefined,
): string {
  const variable = KEY_VARIABLES[option];
  const clean = cleanCredential(value === undefined ? variable : option, value ?? environment(variable) ?? "");
  if (clean !== "") return clean;
  throw new TypeError(
    `${option} is missing: pass it to ${caller} or set ${variable}. Keys come from alpaca.markets; the gateway's simulator takes any.`,
  );
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }; // absent in browsers
  return process?.env?.[name];
}

/** Anything but printable ASCII: no key has it. Text editors make `“` and `–` of `"` and `-`. */
const NEVER_IN_A_KEY = /[^!-~]/u;

/** A pair of quotation marks around a key, as files of settings have it. */
const QUOTED = /^(["'`]).*\1$/;

/**
 * Removes white space around a pasted key or secret, such as the line feed at the end of a file.
 *
 * @throws TypeError for one with anything but printable ASCII inside, or in quotation marks, without showing
 *   it; and for `undefined` and `null`, which strings made from unset variables have.
 */
export function cleanCredential(name: string, value: string): string {
  const clean = value.trim();
  if (clean === "undefined" || clean === "null")
    throw new TypeError(`${name} is the word "${clean}": the variable that it was made from is not set`);
  const index = clean.search(NEVER_IN_A_KEY);
  if (index >= 0) {
    const code = (clean.codePointAt(index) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    throw new TypeError(
      `${name} has white space or another character that no key has: U+${code} at position ${index + 1} of ${clean.length}. Copy it again, on one line.`,
    );
  }
  if (QUOTED.test(clean))
    throw new TypeError(`${name} is in quotation marks, which count as part of it: leave them out.`);
  return clean;
}

/**
 * Removes the secret, and most of the key, from a server's message, which may repeat what it was sent.
 * The start of the key stays: it identifies the key, and discloses little if key and secret were swapped.
 */
export function redacted(text: string, { apiKey, secretKey }: Credentials): string {
  let clean = text;
  if (secretKey.length >= LIMITS.minRedactedLength) clean = clean.replaceAll(secretKey, "[secret]");
  if (apiKey.length >= LIMITS.minRedactedLength) clean = clean.replaceAll(apiKey, `${apiKey.slice(0, 4)}…`);
  return clean;
}
