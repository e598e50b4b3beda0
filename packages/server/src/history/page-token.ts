import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { RestError } from "./rest-error.ts";
import type { Place } from "./store/channel-history.ts";

/** The last record of a page: the next page begins behind it. */
export interface PageEnd extends Place {
  readonly symbol: string;
}

const MAC_BYTES = 9;
const TEXT = /^(.+)\|(-?\d+)\|(\d+)\|(\d+)$/;

/**
 * Makes and reads the tokens of pages. A token is signed for the kind of request that it continues, with a key of this
 * process: after a restart the rows have other numbers. Those of a recording have the recording's key.
 */
export class PageTokens {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array = randomBytes(32)) {
    this.#key = key;
  }

  /** Makes a token. `scope` names the kind of request. */
  write(scope: string, { symbol, seconds, nanos, row }: PageEnd): string {
    const text = Buffer.from(`${symbol}|${seconds}|${nanos}|${row}`);
    return Buffer.concat([this.#sign(scope, text), text]).toString("base64url");
  }

  /** @throws RestError 400 for a token of another kind of request, and for anything else. */
  read(scope: string, token: string): PageEnd {
    const end = this.tryRead(scope, token);
    if (end === undefined) throw new RestError(400, "invalid page_token");
    return end;
  }

  /** Returns undefined for a token of another kind of request, and for anything else. */
  tryRead(scope: string, token: string): PageEnd | undefined {
    const bytes = Buffer.from(token, "base64url");
    const text = bytes.subarray(MAC_BYTES);
    const mac = bytes.subarray(0, MAC_BYTES);
    const isOurs = mac.length === MAC_BYTES && timingSafeEqual(mac, this.#sign(scope, text));
    const [, symbol, seconds, nanos, row] = (isOurs && TEXT.exec(text.toString())) || [];
    if (symbol === undefined) return undefined;
    return { symbol, seconds: Number(seconds), nanos: Number(nanos), row: Number(row) };
  }

  #sign(scope: string, text: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(`${scope}\n`).update(text).digest().subarray(0, MAC_BYTES);
  }
}
