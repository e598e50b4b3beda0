// Records

export {
  type AnyRecord,
  Bar,
  type BarChannel,
  type Id,
  Imbalance,
  Luld,
  MarketRecord,
  type PlainRecord,
  Quote,
  type RawRecord,
  type RecordByChannel,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "../stocks/records.ts";

// Channels and control messages

export {
  CHANNELS,
  type Channel,
  type ChannelSymbols,
  IMPLIED_CHANNELS,
  type ImpliedChannel,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
  WILDCARD,
} from "../stocks/channels.ts";
export { type ClientMessage, isChannel, isSymbol, type ServerMessage } from "./control-messages.ts";

// Frames

export { Codec, sniffCodec } from "./codec.ts";
export { FrameDecoder, type FrameSink } from "./frame-decoder.ts";
export { FrameBuilder, FrameEncoder } from "./frame-encoder.ts";
export * as WIRE_LIMITS from "./limits.ts";

// Errors

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
