import { STOCK_SCHEMA } from "@tickerplant/client";
import { type ClientMessage, Codec, FrameDecoder, FrameEncoder } from "@tickerplant/client/wire";
import type { Input } from "./input.ts";
import { countFrameFault, must, type Target } from "./target.ts";

const decoder = new FrameDecoder(STOCK_SCHEMA);
const encoders = [new FrameEncoder(Codec.JSON, STOCK_SCHEMA), new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA)];

/** A client's frame through `FrameDecoder.decodeClient`. */
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
    if (/\\ud[89a-f]/.test(text)) continue; // half a surrogate pair: JSON has an escape for it, UTF-8 nothing
    for (const encoder of encoders) {
      const again = decoder.decodeClient(encoder.clientFrame(message)).map(canonical);
      must(again.join() === text, `${text} written in ${encoder.codec} is read as ${again.join()}`);
    }
  }
}

/** A message as JSON; what names no channel is not written. */
function canonical(message: ClientMessage): string {
  return Buffer.from((encoders[0] as FrameEncoder).clientFrame(message)).toString(); // the list above has it
}
