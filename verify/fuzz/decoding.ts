import {
  Codec,
  type FrameDecoder,
  MarketRecord,
  type RawRecord,
  type ServerMessage,
  type StreamError,
} from "@tickerplant/client/wire";
import type { AssetClass } from "./asset-class.ts";
import { countFrameFault } from "./target.ts";

/** A decoded message of a server. */
export type Message = MarketRecord | ServerMessage;

/** A decoded frame. */
export interface Decoded {
  readonly messages: Message[];
  readonly raw: RawRecord[];
  readonly faults: StreamError[];
}

/** Decodes a server's frame into messages, raw records and faults; throws any other error. */
export function decode(decoder: FrameDecoder, frame: Uint8Array, raw = false): Decoded {
  const decoded: Decoded = { messages: [], raw: [], faults: [] };
  const sink = {
    record: (record: MarketRecord | RawRecord) => {
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

const utf8 = new TextDecoder();

/** A message as a frame of its own. */
export function encode({ encoders }: AssetClass, message: Message, codec: Codec): Uint8Array {
  const encoder = encoders[codec];
  return message instanceof MarketRecord ? encoder.frame([message]) : encoder.serverFrame(message);
}

/** A message as JSON: equal messages give equal strings. */
export function canonical(assetClass: AssetClass, message: Message): string {
  return utf8.decode(encode(assetClass, message, Codec.JSON));
}
