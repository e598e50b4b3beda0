/** How messages are written. */
export const Codec = { MSGPACK: "msgpack", JSON: "json" } as const;

/** How messages are written: `msgpack` (binary frames) or `json` (text frames). */
export type Codec = (typeof Codec)[keyof typeof Codec];

/** @throws TypeError for an unknown codec. */
export function checkCodec(codec: Codec): void {
  if (codec !== Codec.MSGPACK && codec !== Codec.JSON)
    throw new TypeError(`codec must be msgpack or json, got ${JSON.stringify(codec)}`);
}

/** The codec of a frame, by its first byte that is not white space: `[` and `{` start no msgpack. */
export function sniffCodec(frame: Uint8Array): Codec {
  for (let at = 0; at < frame.length; at++) {
    const byte = frame[at];
    if (byte === 0x5b || byte === 0x7b) return Codec.JSON;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return Codec.MSGPACK;
  }
  return Codec.MSGPACK;
}
