import { DataFeed } from "@tickerplant/client";
import { checkLimit, checkList, checkOptions, type ExpectedOptions, kindOf } from "../../option-checks.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import { hashSecret, isSecret, parseSecretHash, type SecretHash, unknownSecretHash } from "./secret-hash.ts";

/** The key that stands for OAuth; the token is the secret. Source: github.com/alpacahq/alpaca-java. */
export const OAUTH_KEY = "oauth";

/** A key, and how far it reaches. */
export interface Entitlement {
  /** The API key. */
  readonly key: string;
  /** Feeds it is entitled to; others are refused with 409. Default: all. */
  readonly feeds?: readonly DataFeed[];
  /** Symbols of one connection; more are refused with 405. Default: the gateway's. */
  readonly maxSymbols?: number;
  /** Connections to one feed at a time; more are refused with 406. Default: the gateway's. */
  readonly maxConnections?: number;
}

/** Who may connect, and how far: a key with its secret, or with the secret's hash. */
export type Credential = Entitlement &
  (
    | {
        /** The API secret; hashed at once, and not kept. */
        readonly secret: string;
        readonly secretHash?: never;
      }
    | {
        /** What `hashSecret` or `tickerplant key` made of the API secret. */
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
   * Without credentials every key is taken: for simulators and replays on one's own machine.
   *
   * Throws a `TypeError` for a key that is there twice, for one without exactly one of `secret` and
   * `secretHash`, for white space at the ends of a key or a secret, and for unknown fields and wrong
   * values: a limit that is misspelt would be none.
   */
  constructor(credentials: readonly Credential[] | undefined) {
    if (credentials === undefined) return;
    if (!Array.isArray(credentials)) throw new TypeError(`keys must be an array, got ${kindOf(credentials)}`);
    this.#entries = new Map();
    for (const [index, credential] of credentials.entries()) {
      checkCredential(`keys[${index}]`, credential);
      const { secret, secretHash, ...entitlement } = credential;
      const { key } = entitlement;
      if (hasOuterBlanks(key)) throw new TypeError(`the key ${JSON.stringify(key)} ${OUTER_BLANKS}`);
      if (this.#entries.has(key))
        throw new TypeError(`keys names ${JSON.stringify(key)} twice; each key has one secret`);
      this.#entries.set(key, { entitlement, hash: hashOf(key, secret, secretHash) });
    }
  }

  /** What a key with its secret is entitled to; undefined when they are not known. */
  check(key: string, secret: string): Entitlement | undefined {
    if (this.#entries === undefined) return isPlausible(key) && secret !== "" ? { key } : undefined;
    const known = this.#entries.get(key);
    // An unknown key takes as long as a wrong secret.
    const isRight = isSecret(secret, known?.hash ?? this.#unknown);
    return isRight && known !== undefined ? known.entitlement : undefined;
  }
}

function checkCredential(name: string, credential: Credential): void {
  checkOptions(name, credential, FIELDS);
  const { key, feeds } = credential;
  if (typeof key !== "string" || key === "")
    throw new TypeError(`${name} needs a key, got ${key === "" ? '""' : kindOf(key)}`);
  if (feeds !== undefined) checkList(`${name}.feeds`, feeds, Object.values(DataFeed));
  for (const limit of ["maxSymbols", "maxConnections"] as const) checkLimit(`${name}.${limit}`, credential[limit]);
}

/** The messages name the key and never show a secret, nor what stands where a hash should. */
function hashOf(key: string, secret: string | undefined, secretHash: string | undefined): SecretHash {
  const name = JSON.stringify(key);
  if ((secret === undefined) === (secretHash === undefined))
    throw new TypeError(`the key ${name} needs either a secret or a secretHash`);
  if (secret !== undefined && hasOuterBlanks(secret))
    throw new TypeError(`the secret of the key ${name} ${OUTER_BLANKS}`);
  if (secret === "") throw new TypeError(`the secret of the key ${name} is empty`);
  const hash = parseSecretHash(secretHash ?? hashSecret(secret ?? ""));
  if (hash === undefined)
    throw new TypeError(`the secretHash of the key ${name} is none: it looks like hmac-sha256$…$…, see hashSecret`);
  return hash;
}

/** What is wrong with a key or a secret of which {@link hasOuterBlanks} is true. */
export const OUTER_BLANKS = "begins or ends with white space, such as the line feed of a file: trim it";

/** Whether a key or a secret has white space at an end, which a header cannot carry and no key is meant to have. */
export function hasOuterBlanks(text: string): boolean {
  return text !== text.trim();
}

/** Whether a text can be a key where any is taken: it will be shown in logs. */
function isPlausible(key: string): boolean {
  return key.length <= GATEWAY_LIMITS.maxKeyLength && /^[ -~]+$/.test(key);
}
