import { STOCK_SCHEMA } from "@tickerplant/client";
import { type ClientMessage, Codec, FrameDecoder, FrameEncoder } from "@tickerplant/client/wire";
import type { Input } from "./input.ts";
import { countFrameFault, must, type Target } from "./target.ts";

const decoder = new FrameDecoder(STOCK_SCHEMA);
const encoders = [new FrameEncoder(Codec.JSON, STOCK_SCHEMA), new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA)];

/** Decodes a client's frame with `FrameDecoder.decodeClient`. */
export const clientFrameTarget: Target = {
  name: "client frame",
  run: (input: Input) => {
    for (const step of input) if (step.type === "frame") check(step.bytes);
  },
};

function check(frame: Uint8Array): void {
  let messages: ClientMessage[];
  try {
    messages = decoder.decodeClient(frame);
  } catch (error) {
    countFrameFault(error);
    return;
  }
  for (const message of messages) {
    const text = canonical(message);
    if (/\\ud[89a-f]/.test(text)) continue; // half a surrogate pair: JSON can escape it, UTF-8 cannot encode it
    for (const encoder of encoders) {
      const again = decoder.decodeClient(encoder.clientFrame(message)).map(canonical);
      must(again.join() === text, `${text} encoded as ${encoder.codec} is decoded as ${again.join()}`);
    }
  }
}

/** A message as JSON, without its unknown channels. */
function canonical(message: ClientMessage): string {
  return Buffer.from((encoders[0] as FrameEncoder).clientFrame(message)).toString(); // the list above has it
}
