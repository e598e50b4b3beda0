import { isDeepStrictEqual } from "node:util";
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

/** A key that may connect: with its secret, or a bearer token alone; each of them as it is, or as its hash. */
export type Credential = Entitlement &
  (
    | {
        /** The API secret; hashed at once, and not kept. */
        readonly secret: string;
        readonly secretHash?: never;
        readonly token?: never;
        readonly tokenHash?: never;
      }
    | {
        /** The hash of the API secret, by `hashSecret` or `tickerplant key`. */
        readonly secretHash: string;
        readonly secret?: never;
        readonly token?: never;
        readonly tokenHash?: never;
      }
    | {
        /** A bearer token, for clients of OAuth; hashed at once, and not kept. The key is its name in limits and logs. */
        readonly token: string;
        readonly tokenHash?: never;
        readonly secret?: never;
        readonly secretHash?: never;
      }
    | {
        /** The hash of a bearer token, by `hashSecret` or `tickerplant key --token`. */
        readonly tokenHash: string;
        readonly token?: never;
        readonly secret?: never;
        readonly secretHash?: never;
      }
  );

const FIELDS: ExpectedOptions<Credential> = {
  key: "string",
  secret: "string",
  secretHash: "string",
  token: "string",
  tokenHash: "string",
  feeds: "array",
  maxSymbols: "checked",
  maxConnections: "checked",
};

interface Entry {
  readonly entitlement: Entitlement;
  readonly hash: SecretHash;
  /** Whether the hash is that of a token, which is sent without the key. */
  readonly isToken: boolean;
}

/** What became of a key: `entitlement` is what it is entitled to now, if its secret is still the same. */
export interface KeyChange {
  readonly key: string;
  readonly type: "added" | "changed" | "secretChanged" | "removed";
  readonly entitlement: Entitlement | undefined;
}

/**
 * The keys of a gateway. Checks credentials in constant time, and keeps secrets as salted hashes only. Changes
 * concern open connections at once: those of a key that is withdrawn, or whose secret changes, get error 402 and are
 * closed; those to a feed that the key loses get 409.
 */
export class Keyring {
  #entries: ReadonlyMap<string, Entry> | undefined;
  /** The hashes that a token is compared with. */
  #tokens: readonly Entry[] = [];
  readonly #feedNames: readonly string[];
  readonly #changed: (change: KeyChange) => void;
  readonly #unknown: SecretHash = unknownSecretHash();

  /**
   * Without credentials every key is accepted: for simulators and replays on the user's own machine. `changed` is
   * called after each change of a key.
   *
   * @throws TypeError for a key that is there twice, for one without exactly one of `secret`, `secretHash`, `token`
   * and `tokenHash`, for white space at the ends of a key or a secret, for unknown fields and wrong
   * values (a misspelt limit would be none), and for a feed that is not in `feedNames`.
   */
  constructor(
    credentials: readonly Credential[] | undefined,
    feedNames: readonly string[],
    changed: (change: KeyChange) => void = () => {},
  ) {
    this.#feedNames = feedNames;
    this.#changed = changed;
    if (credentials !== undefined) this.#keep(this.#read(credentials));
  }

  /** The keys; undefined if any is accepted. */
  get keys(): readonly string[] | undefined {
    return this.#entries && [...this.#entries.keys()];
  }

  /**
   * Adds a key, or changes the one of the same name.
   *
   * @throws TypeError for a credential that makes no sense, and Error if the gateway accepts any key.
   */
  set(credential: Credential): void {
    const [added] = this.#read([credential]);
    this.#change(new Map([...this.#known, ...(added ? [added] : [])]));
  }

  /**
   * Withdraws a key; returns whether it was there.
   *
   * @throws Error if the gateway accepts any key.
   */
  remove(key: string): boolean {
    const left = new Map(this.#known);
    const wasThere = left.delete(key);
    this.#change(left);
    return wasThere;
  }

  /**
   * Makes these the only keys; none closes every connection. Returns what has changed.
   *
   * @throws TypeError for credentials that make no sense, without changing anything, and Error if the gateway accepts
   * any key.
   */
  replace(credentials: readonly Credential[]): readonly KeyChange[] {
    return this.#change(this.#read(credentials));
  }

  /** Returns what a key with its secret is entitled to; undefined for an unknown key and for a wrong secret. */
  check(key: string, secret: string): Entitlement | undefined {
    if (this.#entries === undefined) return isPlausible(key) && secret !== "" ? { key } : undefined;
    if (key === OAUTH_KEY) return this.#checkToken(secret);
    const known = this.#entries.get(key);
    // An unknown key takes as long as a wrong secret.
    const isRight = isSecret(secret, known?.hash ?? this.#unknown);
    return isRight && known?.isToken === false ? known.entitlement : undefined;
  }

  #checkToken(token: string): Entitlement | undefined {
    let entitlement: Entitlement | undefined;
    // Every token is compared, whether or not an earlier one is right.
    for (const known of this.#tokens) if (isSecret(token, known.hash)) entitlement = known.entitlement;
    if (this.#tokens.length === 0) isSecret(token, this.#unknown);
    return entitlement;
  }

  get #known(): ReadonlyMap<string, Entry> {
    if (this.#entries === undefined)
      throw new Error("this gateway accepts any key: to restrict it, give createGateway keys, which may be none yet");
    return this.#entries;
  }

  #read(credentials: readonly Credential[]): Map<string, Entry> {
    if (!Array.isArray(credentials)) throw new TypeError(`keys must be an array, got ${kindOf(credentials)}`);
    const entries = new Map<string, Entry>();
    for (const [index, credential] of credentials.entries()) {
      checkCredential(`keys[${index}]`, credential, this.#feedNames);
      const { secret, secretHash, token, tokenHash, ...entitlement } = credential;
      const { key } = entitlement;
      if (hasOuterBlanks(key)) throw new TypeError(`the key ${JSON.stringify(key)} ${OUTER_BLANKS}`);
      if (entries.has(key)) throw new TypeError(`keys names ${JSON.stringify(key)} twice; each key has one secret`);
      entries.set(key, this.#entryOf(credential, entitlement));
    }
    return entries;
  }

  /** A secret in plain text that is the one from before keeps its hash: the key has not changed then. */
  #entryOf({ key, secret, secretHash, token, tokenHash }: Credential, entitlement: Entitlement): Entry {
    const isToken = token !== undefined || tokenHash !== undefined;
    const plain = secret ?? token;
    const known = this.#entries?.get(key);
    const isKnown = known !== undefined && plain !== undefined && plain !== "" && isSecret(plain, known.hash);
    const hash = isKnown ? known.hash : hashOf(key, { secret, secretHash, token, tokenHash });
    return { entitlement, hash, isToken };
  }

  #keep(entries: ReadonlyMap<string, Entry>): void {
    // The key "oauth" with a secret is the older form of a token.
    const tokens = [...entries].filter(([key, { isToken }]) => isToken || key === OAUTH_KEY).map(([, entry]) => entry);
    if (tokens.length > GATEWAY_LIMITS.maxTokens)
      throw new TypeError(`there are ${tokens.length} tokens, and ${GATEWAY_LIMITS.maxTokens} are possible`);
    this.#tokens = tokens;
    this.#entries = entries;
  }

  #change(entries: ReadonlyMap<string, Entry>): readonly KeyChange[] {
    const changes = changesOf(this.#known, entries);
    this.#keep(entries);
    for (const change of changes) this.#changed(change);
    return changes;
  }
}

function changesOf(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): readonly KeyChange[] {
  const changes: KeyChange[] = [];
  for (const key of before.keys()) if (!after.has(key)) changes.push({ key, type: "removed", entitlement: undefined });
  for (const [key, entry] of after) {
    const old = before.get(key);
    const { entitlement } = entry;
    if (old === undefined) changes.push({ key, type: "added", entitlement });
    else if (!isSameHash(old, entry)) changes.push({ key, type: "secretChanged", entitlement: undefined });
    else if (!isDeepStrictEqual(old.entitlement, entitlement)) changes.push({ key, type: "changed", entitlement });
  }
  return changes;
}

function isSameHash(one: Entry, other: Entry): boolean {
  const { salt, digest } = one.hash;
  return one.isToken === other.isToken && salt.equals(other.hash.salt) && digest.equals(other.hash.digest);
}

function checkCredential(name: string, credential: Credential, feedNames: readonly string[]): void {
  checkOptions(name, credential, FIELDS);
  const { key, feeds } = credential;
  if (typeof key !== "string" || key === "")
    throw new TypeError(`${name} needs a key, got ${key === "" ? '""' : kindOf(key)}`);
  if (feeds !== undefined) checkList(`${name}.feeds`, feeds, feedNames);
  for (const limit of ["maxSymbols", "maxConnections"] as const) checkLimit(`${name}.${limit}`, credential[limit]);
}

/** A secret or a token: plain or hashed. */
type Proof = Partial<Record<"secret" | "secretHash" | "token" | "tokenHash", string | undefined>>;

/** The messages name the key. They show neither a secret nor a hash, which may be a secret by mistake. */
function hashOf(key: string, proof: Proof): SecretHash {
  const name = JSON.stringify(key);
  const given = Object.entries(proof).filter(([, value]) => value !== undefined);
  const [field = "", value = ""] = given[0] ?? [];
  if (given.length !== 1)
    throw new TypeError(`the key ${name} needs exactly one of secret, secretHash, token and tokenHash`);
  const isHashed = field.endsWith("Hash");
  if (!isHashed && hasOuterBlanks(value)) throw new TypeError(`the ${field} of the key ${name} ${OUTER_BLANKS}`);
  if (value === "") throw new TypeError(`the ${field} of the key ${name} is empty`);
  const hash = parseSecretHash(isHashed ? value : hashSecret(value));
  if (hash === undefined)
    throw new TypeError(`the ${field} of the key ${name} is no hash: one looks like hmac-sha256$…$…, see hashSecret`);
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
