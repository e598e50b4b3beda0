import { checkLimit, checkList, checkOptions, type ExpectedOptions, kindOf } from "../../option-checks.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { hashSecret, isSecret, parseSecretHash, type SecretHash, unknownSecretHash } from "./secret-hash.ts";

/** The key that stands for OAuth; the token is the secret. Source: github.com/alpacahq/alpaca-java. */
export const OAUTH_KEY = "oauth";

/** A key, and what it is entitled to. */
export interface Entitlement {
  /** The API key. */
  readonly key: string;
  /**
   * Names of the feeds that it is entitled to, such as `iex`; others are rejected with 409.
   *
   * @defaultValue all
   */
  readonly feeds?: readonly string[];
  /**
   * Symbols of one connection; more are rejected with 405.
   *
   * @defaultValue the gateway's limit
   */
  readonly maxSymbols?: number;
  /**
   * Connections to one feed at a time; more are rejected with 406.
   *
   * @defaultValue the gateway's limit
   */
  readonly maxConnections?: number;
}

/** A key that may connect: with its secret, or with the secret's hash. */
export type Credential = Entitlement &
  (
    | {
        /** The API secret; hashed at once, and not kept. */
        readonly secret: string;
        readonly secretHash?: never;
      }
    | {
        /** The hash of the API secret, by `hashSecret` or `tickerplant key`. */
        readonly secretHash: string;
        readonly secret?: never;
      }
  );

const FIELDS: ExpectedOptions<Credential> = {
  key: "string",
  secret: "string",
  secretHash: "string",
  feeds: "array",
  maxSymbols: "checked",
  maxConnections: "checked",
};

/** Checks credentials in constant time. Secrets are kept as salted hashes only. */
export class Keyring {
  readonly #entries: Map<string, { entitlement: Entitlement; hash: SecretHash }> | undefined;
  readonly #unknown: SecretHash = unknownSecretHash();

  /**
   * Without credentials every key is accepted: for simulators and replays on the user's own machine.
   *
   * @throws TypeError for a key that is there twice, for one without exactly one of `secret` and
   * `secretHash`, for white space at the ends of a key or a secret, for unknown fields and wrong
   * values (a misspelt limit would be none), and for a feed that is not in `feedNames`.
   */
  constructor(credentials: readonly Credential[] | undefined, feedNames: readonly string[]) {
    if (credentials === undefined) return;
    if (!Array.isArray(credentials)) throw new TypeError(`keys must be an array, got ${kindOf(credentials)}`);
    this.#entries = new Map();
    for (const [index, credential] of credentials.entries()) {
      checkCredential(`keys[${index}]`, credential, feedNames);
      const { secret, secretHash, ...entitlement } = credential;
      const { key } = entitlement;
      if (hasOuterBlanks(key)) throw new TypeError(`the key ${JSON.stringify(key)} ${OUTER_BLANKS}`);
      if (this.#entries.has(key))
        throw new TypeError(`keys names ${JSON.stringify(key)} twice; each key has one secret`);
      this.#entries.set(key, { entitlement, hash: hashOf(key, secret, secretHash) });
    }
  }

  /** Returns what a key with its secret is entitled to; undefined for an unknown key and for a wrong secret. */
  check(key: string, secret: string): Entitlement | undefined {
    if (this.#entries === undefined) return isPlausible(key) && secret !== "" ? { key } : undefined;
    const known = this.#entries.get(key);
    // An unknown key takes as long as a wrong secret.
    const isRight = isSecret(secret, known?.hash ?? this.#unknown);
    return isRight && known !== undefined ? known.entitlement : undefined;
  }
}

function checkCredential(name: string, credential: Credential, feedNames: readonly string[]): void {
  checkOptions(name, credential, FIELDS);
  const { key, feeds } = credential;
  if (typeof key !== "string" || key === "")
    throw new TypeError(`${name} needs a key, got ${key === "" ? '""' : kindOf(key)}`);
  if (feeds !== undefined) checkList(`${name}.feeds`, feeds, feedNames);
  for (const limit of ["maxSymbols", "maxConnections"] as const) checkLimit(`${name}.${limit}`, credential[limit]);
}

/** The messages name the key. They show neither a secret nor the value of `secretHash`, which may be one by mistake. */
function hashOf(key: string, secret: string | undefined, secretHash: string | undefined): SecretHash {
  const name = JSON.stringify(key);
  if ((secret === undefined) === (secretHash === undefined))
    throw new TypeError(`the key ${name} needs either a secret or a secretHash`);
  if (secret !== undefined && hasOuterBlanks(secret))
    throw new TypeError(`the secret of the key ${name} ${OUTER_BLANKS}`);
  if (secret === "") throw new TypeError(`the secret of the key ${name} is empty`);
  const hash = parseSecretHash(secretHash ?? hashSecret(secret ?? ""));
  if (hash === undefined)
    throw new TypeError(`the secretHash of the key ${name} is no hash: one looks like hmac-sha256$…$…, see hashSecret`);
  return hash;
}

/** What is wrong with a key or a secret of which {@link hasOuterBlanks} is true. */
export const OUTER_BLANKS = "begins or ends with white space, such as the line feed of a file: trim it";

/** Whether a key or a secret has white space at an end, which a header cannot carry and no key is meant to have. */
export function hasOuterBlanks(value: string): boolean {
  return value !== value.trim();
}

/** Whether a string can be a key where any is accepted: it will be shown in logs. */
function isPlausible(key: string): boolean {
  return key.length <= GATEWAY_LIMITS.maxKeyLength && /^[ -~]+$/.test(key);
}
