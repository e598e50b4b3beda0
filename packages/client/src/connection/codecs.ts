import { type ClientMessage, Codec, clientFrame, FrameDecoder, type StreamSchema } from "../wire/index.ts";

/** What reads a server's frames into a sink. */
export type Decoder = Pick<FrameDecoder, "decode">;

/** The codecs of this build, in both directions. */
export interface Codecs {
  /** The codecs that this build of the client has, the preferred one first. */
  readonly names: readonly Codec[];
  /** Makes a decoder of every codec in {@link names}. */
  decoder(schema: StreamSchema): Decoder;
  /** A frame with one message of a client. */
  clientFrame(message: ClientMessage, codec: Codec): Uint8Array;
}

/** Both codecs, everywhere but in a bundle for browsers: `codecs-browser.ts` is chosen there, by `imports`. */
export const codecs: Codecs = {
  names: [Codec.MSGPACK, Codec.JSON],
  decoder: (schema) => new FrameDecoder(schema),
  clientFrame,
};
