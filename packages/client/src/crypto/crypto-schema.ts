import type { WritableSchema } from "../wire/stream-schema.ts";
import { CRYPTO_STREAM } from "./crypto-stream.ts";
import { writeRecord } from "./write-record.ts";

/** Cryptocurrencies, to read and to write: for the decoder, the encoder and the gateway. */
export const CRYPTO_SCHEMA: WritableSchema = { ...CRYPTO_STREAM, write: writeRecord };
