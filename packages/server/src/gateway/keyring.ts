import { createHash, timingSafeEqual } from "node:crypto";
import type { DataFeed } from "@tickerplant/client";
import { GATEWAY_LIMITS } from "./limits.ts";

/** The key that stands for OAuth; the token is the secret. Source: github.com/alpacahq/alpaca-java. */
export const OAUTH_KEY = "oauth";

/** Who may connect, and how far. */
export interface Credential {
  /** The API key. */
  readonly key: string;
  /** The API secret. */
  readonly secret: string;
  /** Feeds it is entitled to; others are refused with 409. Default: all. */
  readonly feeds?: readonly DataFeed[];
  /** Symbols of one connection; more are refused with 405. Default: the gateway's. */
  readonly maxSymbols?: number;
  /** Connections to one feed at a time; more are refused with 406. Default: the gateway's. */
  readonly maxConnections?: number;
}

/** Checks credentials in constant time. Secrets are kept as digests only. */
export class Keyring {
  #credentials: Map<string, { credential: Omit<Credential, "secret">; digest: Buffer }> | undefined;

  /**
   * Without credentials every key is taken: for simulators and replays on one's own machine.
   *
   * Throws a `TypeError` for a key that is there twice.
   */
  constructor(credentials: readonly Credential[] | undefined) {
    if (credentials === undefined) return;
    this.#credentials = new Map();
    for (const { secret, ...credential } of credentials) {
      if (this.#credentials.has(credential.key)) {
        throw new TypeError(`keys names ${JSON.stringify(credential.key)} twice; each key has one secret`);
      }
      this.#credentials.set(credential.key, { credential, digest: digestOf(secret) });
    }
  }

  /** The credential of a key and its secret; undefined when they are not known. */
  check(key: string, secret: string): Omit<Credential, "secret"> | undefined {
    if (this.#credentials === undefined) return isPlausible(key) && secret !== "" ? { key } : undefined;
    const known = this.#credentials.get(key);
    // An unknown key takes as long as a wrong secret.
    const isRight = timingSafeEqual(digestOf(secret), known?.digest ?? digestOf(""));
    return isRight && known !== undefined ? known.credential : undefined;
  }
}

/** Whether a text can be a key where any is taken: it will be shown in logs. */
function isPlausible(key: string): boolean {
  return key.length <= GATEWAY_LIMITS.maxKeyLength && /^[ -~]+$/.test(key);
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
