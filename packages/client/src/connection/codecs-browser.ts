import { Codec } from "../wire/codec.ts";
import { fromClientMessage } from "../wire/control-messages.ts";
import { decodeFrame } from "../wire/frame-decoder.ts";
import { JsonReader } from "../wire/json/json-reader.ts";
import type { Codecs } from "./codecs.ts";

const encoder = new TextEncoder();

/**
 * JSON alone. A browser cannot set the header that requests msgpack, so a page would load the other
 * codec for nothing; a frame of it is a `bad_frame` here.
 */
export const codecs: Codecs = {
  names: [Codec.JSON],
  decoder: (schema) => {
    const reader = new JsonReader(schema.fastPaths?.json?.());
    const counts = { fast: 0, general: 0 };
    return { decode: (frame, sink, raw = false) => decodeFrame(reader, schema, frame, sink, raw, counts) };
  },
  clientFrame: (message) => encoder.encode(JSON.stringify(fromClientMessage(message))),
};
