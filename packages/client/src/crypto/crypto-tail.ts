import { StreamTail, type TailOptions } from "../continuity/backfill/stream-tail.ts";
import { CRYPTO_STREAM } from "./crypto-stream.ts";
import { CRYPTO_FILL_RULES } from "./fill-rules.ts";

/** What an earlier stream of crypto has delivered, for the option `resume` of the `CryptoDataStream` that continues it. */
export class CryptoTail extends StreamTail {
  /** @throws TypeError for an option with a wrong value. */
  constructor(options: TailOptions = {}) {
    super({ name: "CryptoTail", schema: CRYPTO_STREAM, rules: CRYPTO_FILL_RULES }, options);
  }
}
