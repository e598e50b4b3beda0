import { type ClientMessage, Codec, FrameDecoder } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import type { Corpus } from "./corpus.ts";
import { makeFrame } from "./generate.ts";
import { frameStep, type Input } from "./input.ts";
import { countFrameFault, must, type Target } from "./target.ts";

/** Decodes a client's frame with `FrameDecoder.decodeClient`. */
export class ClientFrameTarget implements Target {
  readonly name: string;
  readonly share = 2;
  readonly firstInputs: readonly Input[];
  readonly #encoders: AssetClass["encoders"];
  readonly #frames: readonly Uint8Array[];
  readonly #decoder: FrameDecoder;

  constructor({ name, schema, encoders }: AssetClass, { client }: Corpus) {
    this.name = `client frame, ${name}`;
    this.firstInputs = client.map((frame) => [frameStep(frame)]);
    this.#encoders = encoders;
    this.#frames = client;
    this.#decoder = new FrameDecoder(schema);
  }

  makeInput(random: Random): Input {
    return [frameStep(makeFrame(this.#frames, random))];
  }

  run(input: Input): void {
    for (const step of input) if (step.type === "frame") this.#check(step.bytes);
  }

  #check(frame: Uint8Array): void {
    let messages: ClientMessage[];
    try {
      messages = this.#decoder.decodeClient(frame);
    } catch (error) {
      countFrameFault(error);
      return;
    }
    for (const message of messages) {
      const text = this.#textOf(message);
      if (/\\ud[89a-f]/.test(text)) continue; // half a surrogate pair: JSON can escape it, UTF-8 cannot encode it
      for (const encoder of Object.values(this.#encoders)) {
        const again = this.#decoder.decodeClient(encoder.clientFrame(message)).map((one) => this.#textOf(one));
        must(again.join() === text, `${text} encoded as ${encoder.codec} is decoded as ${again.join()}`);
      }
    }
  }

  /** A message as JSON, without its unknown channels. */
  #textOf(message: ClientMessage): string {
    return Buffer.from(this.#encoders[Codec.JSON].clientFrame(message)).toString();
  }
}
