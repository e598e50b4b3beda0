import { ClusterError } from "../cluster-error.ts";

/** What the payload of a frame is. */
export const FrameKind = {
  /** Live records: a frame of the wire, in msgpack. */
  RECORDS: 1,
  /** The same with records from history, which fill a gap. */
  FILLED: 2,
  /** One {@link FeedEvent} as JSON. */
  EVENT: 3,
  /** Nothing: the ingest lives, and the feed is silent. */
  HEARTBEAT: 4,
} as const;

/** One of the values of {@link FrameKind}; a later version may have others, which a reader skips. */
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** What a frame says of itself and of the feed. */
export interface FrameHeader {
  readonly kind: FrameKind;
  /** Counts the ingests that have led the feed. */
  readonly epoch: number;
  /** The frame's number: the sequence of its message in the stream. */
  readonly number: number;
  /** The number of the epoch's first frame. Frames from there on replace those of an earlier epoch. */
  readonly epochStart: number;
  /**
   * The complete watermark, in milliseconds of market time since the Unix epoch: of every earlier time, each record is
   * in this frame or an earlier one, or is known to be missing. Minus infinity before the first record.
   */
  readonly completeMs: number;
  /** Whether the feed has no open gap: the watermark is that of its newest record. */
  readonly isComplete: boolean;
  /** When the frame was made, by the ingest's clock, in milliseconds since the Unix epoch. */
  readonly madeMs: number;
  /** How many records the payload has. */
  readonly recordCount: number;
}

/** A frame as it was read. The payload is good as long as the message is. */
export interface Frame extends FrameHeader {
  readonly payload: Uint8Array;
}

/** The first byte of every frame. */
const MAGIC = 0x54;

/**
 * The version of the format. A reader accepts frames of this version with more fields at the header's end, of further
 * kinds, and with further events: those need no new version. A new version is for what it would misread.
 */
export const FRAME_VERSION = 1;

const HEADER_BYTES = 48;
const COMPLETE_BIT = 1;

/** Returns header and payload as one message. */
export function encodeFrame(header: FrameHeader, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = MAGIC;
  bytes[1] = FRAME_VERSION;
  bytes[2] = HEADER_BYTES;
  bytes[3] = header.kind;
  view.setUint32(4, header.epoch);
  view.setFloat64(8, header.number);
  view.setFloat64(16, header.epochStart);
  view.setFloat64(24, header.completeMs);
  view.setFloat64(32, header.madeMs);
  view.setUint32(40, header.recordCount);
  bytes[44] = header.isComplete ? COMPLETE_BIT : 0;
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/**
 * Reads a message of a stream.
 *
 * @throws ClusterError `not_a_frame` for anything else, `unknown_version` for a frame of a later version.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const [magic, version = 0, headerBytes = 0, kind] = bytes;
  if (magic !== MAGIC || version === 0)
    throw new ClusterError(
      "not_a_frame",
      "the stream has a message that is no frame of an ingest: who else writes to it?",
    );
  if (version > FRAME_VERSION)
    throw new ClusterError(
      "unknown_version",
      `the ingest writes frames of version ${version}, and this process reads up to ${FRAME_VERSION}: update it`,
    );
  if (headerBytes < HEADER_BYTES || bytes.length < headerBytes)
    throw new ClusterError("not_a_frame", "the stream has a frame that is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  return {
    kind: kind as FrameKind, // or a later one, see the type
    epoch: view.getUint32(4),
    number: view.getFloat64(8),
    epochStart: view.getFloat64(16),
    completeMs: view.getFloat64(24),
    madeMs: view.getFloat64(32),
    recordCount: view.getUint32(40),
    isComplete: ((bytes[44] ?? 0) & COMPLETE_BIT) !== 0,
    payload: bytes.subarray(headerBytes),
  };
}
