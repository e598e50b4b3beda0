import { createHash, timingSafeEqual } from "node:crypto";
import type { DataFeed } from "@tickerplant/client";

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
  readonly #credentials: Map<string, { credential: Omit<Credential, "secret">; digest: Buffer }> | undefined;

  /** Without credentials every key is taken: for simulators and replays on one's own machine. */
  constructor(credentials: readonly Credential[] | undefined) {
    this.#credentials =
      credentials &&
      new Map(
        credentials.map(({ secret, ...credential }) => [credential.key, { credential, digest: digestOf(secret) }]),
      );
  }

  /** The credential of a key and its secret; undefined when they are not known. */
  check(key: string, secret: string): Omit<Credential, "secret"> | undefined {
    if (this.#credentials === undefined) return key === "" || secret === "" ? undefined : { key };
    const known = this.#credentials.get(key);
    // An unknown key takes as long as a wrong secret.
    const isRight = timingSafeEqual(digestOf(secret), known?.digest ?? digestOf(""));
    return isRight && known !== undefined ? known.credential : undefined;
  }
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
