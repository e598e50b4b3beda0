import { type AnyRecord, STOCK_SCHEMA } from "@tickerplant/client";
import {
  Codec,
  type FrameDecoder,
  FrameEncoder,
  MarketRecord,
  type RawRecord,
  type ServerMessage,
  type StreamError,
} from "@tickerplant/client/wire";
import { countFrameFault } from "./target.ts";

/** A decoded frame. */
export interface Decoded {
  readonly messages: (AnyRecord | ServerMessage)[];
  readonly raw: RawRecord[];
  readonly faults: StreamError[];
}

/** Decodes a server's frame into messages, raw records and faults; throws any other error. */
export function decode(decoder: FrameDecoder, frame: Uint8Array, raw = false): Decoded {
  const decoded: Decoded = { messages: [], raw: [], faults: [] };
  const sink = {
    record: (record: AnyRecord | RawRecord) => {
      if (record instanceof MarketRecord) decoded.messages.push(record);
      else decoded.raw.push(record);
    },
    control: (message: ServerMessage) => decoded.messages.push(message),
    fault: (error: StreamError) => {
      countFrameFault(error);
      decoded.faults.push(error);
    },
  };
  decoder.decode(frame, sink, raw);
  return decoded;
}

const json = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);
const msgpack = new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA);
const utf8 = new TextDecoder();

/** A message as a frame of its own. */
export function encode(message: AnyRecord | ServerMessage, codec: Codec): Uint8Array {
  const encoder = codec === Codec.JSON ? json : msgpack;
  return message instanceof MarketRecord ? encoder.frame([message]) : encoder.serverFrame(message);
}

/** A message as JSON: equal messages give equal strings. */
export function canonical(message: AnyRecord | ServerMessage): string {
  return utf8.decode(encode(message, Codec.JSON));
}
