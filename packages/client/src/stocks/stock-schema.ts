import type { WritableSchema } from "../wire/stream-schema.ts";
import { STOCK_STREAM } from "./stock-stream.ts";
import { writeRecord } from "./write-record.ts";

/** US stocks, to read and to write: for the decoder, the encoder and the gateway. */
export const STOCK_SCHEMA: WritableSchema = { ...STOCK_STREAM, write: writeRecord };
