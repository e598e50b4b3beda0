import {
  decode,
  decodeTimestampToTimeSpec,
  ExtData,
  ExtensionCodec,
  encode,
  encodeTimeSpecToTimestamp,
} from "@msgpack/msgpack";

/** A timestamp of the independent codec. */
export interface WireTime {
  readonly sec: number;
  readonly nsec: number;
}

const TIMESTAMP = -1;

/** Encodes one value with an independent encoder. Times are given with {@link wireTime}. */
export function independentlyEncoded(value: unknown): Uint8Array {
  return encode(value, { useBigInt64: true });
}

/** A time for {@link independentlyEncoded}, in the narrowest of the three forms. */
export function wireTime(sec: number, nsec: number): ExtData {
  return new ExtData(TIMESTAMP, encodeTimeSpecToTimestamp({ sec, nsec }));
}

const lossless = new ExtensionCodec();
lossless.register({
  type: TIMESTAMP,
  encode: () => null,
  decode: (bytes): WireTime => decodeTimestampToTimeSpec(bytes),
});

/** Decodes a frame with an independent decoder: times as {@link WireTime}, 64-bit integers as `bigint`. */
export function independentlyDecoded(frame: Uint8Array): unknown {
  return decode(frame, { extensionCodec: lossless, useBigInt64: true });
}
