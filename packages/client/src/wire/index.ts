// Records

export { type ChannelSymbols, WILDCARD } from "./channel-symbols.ts";
export { type ChannelTraits, channelTraits } from "./channel-traits.ts";
export type { Column, ColumnKind, ColumnReader } from "./columns.ts";
export { type Id, MarketRecord, type PlainRecord, type RawRecord } from "./market-record.ts";
export type { PriceLevel } from "./price-levels.ts";
export type { FastPath, FastPaths, StreamSchema, WritableSchema } from "./stream-schema.ts";

// Control messages

export { type ClientMessage, type GapMessage, isSymbol, type ServerMessage } from "./control-messages.ts";

// Strings that repeat

export { internConditions, internText } from "./interning.ts";

// Frames

export { Codec, sniffCodec } from "./codec.ts";
export { FrameDecoder, type FrameSink, type MessageCounts } from "./frame-decoder.ts";
export { clientFrame, FrameBuilder, FrameEncoder } from "./frame-encoder.ts";
export * as WIRE_LIMITS from "./limits.ts";
export { type FrameTap, TappedDecoder } from "./tapped-decoder.ts";

// Errors

export { SERVER_ERROR_TEXTS } from "./server-error-texts.ts";
export {
  isServerErrorNumber,
  SERVER_ERRORS,
  type ServerErrorNumber,
  StreamError,
  type StreamErrorCode,
  type StreamErrorDetails,
} from "./stream-error.ts";

// Time

export {
  formatNanoseconds,
  formatTimestamp,
  fromNanoseconds,
  parseTimestamp,
  type TimestampParts,
  toNanoseconds,
} from "./timestamp.ts";

// Names

export { nearMiss } from "../checks/near-miss.ts";
