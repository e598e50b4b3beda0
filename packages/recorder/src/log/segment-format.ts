import { crc32 } from "node:zlib";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import * as LIMITS from "../limits.ts";
import { RecorderError } from "../recorder-error.ts";

/*
 * A segment, all numbers little-endian:
 *
 *   header  "TICKLOG\n" · version (32 bits) · length (32) · CRC-32 of the three before and of the JSON (32) · JSON
 *   blocks  "TPBK" · length (32) · length before compression (32) · CRC-32 of both lengths and the bytes (32) · bytes
 *
 * The bytes of a block are its entries, compressed by brotli: of the codecs that Node 20 has, its fastest level is
 * the quickest at this ratio.
 */

const MAGIC: Buffer = Buffer.from("TICKLOG\n");
const VERSION = 1;
const HEADER_BYTES = MAGIC.length + 12;

const MARKER: Buffer = Buffer.from("TPBK");
const BLOCK_HEADER_BYTES = MARKER.length + 12;

/** What a segment is a recording of. */
export interface SegmentHeader {
  /** Where the data come from, without credentials. */
  readonly address: string;
  /** The name of the feed, such as `sip`. */
  readonly feed: string;
  readonly assetClass: "stocks" | "crypto";
  /** The codec of the frames. */
  readonly codec: string;
  /** The version of `@tickerplant/client` whose schema the recorder had. */
  readonly schemaVersion: string;
  /** The symbols that were requested when the segment was begun, by channel. */
  readonly subscription: ChannelSymbols;
  /** When it was begun, in ISO 8601. */
  readonly begunAt: string;
}

/** The bytes in front of the first block. */
export function encodeHeader(header: SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(HEADER_BYTES);
  start.set(MAGIC);
  start.writeUInt32LE(VERSION, 8);
  start.writeUInt32LE(json.length, 12);
  start.writeUInt32LE(crc32(json, crc32(start.subarray(0, 16))), 16);
  return Buffer.concat([start, json]);
}

/**
 * Reads the header of a segment. Returns it and where the first block begins.
 *
 * @throws RecorderError `not_a_segment`, or `unknown_version` for a segment of a newer version.
 */
export function decodeHeader(bytes: Buffer, path: string): { header: SegmentHeader; end: number } {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new RecorderError("not_a_segment", `${path} is no segment of a recording: it does not begin with TICKLOG`);
  const version = bytes.readUInt32LE(8);
  if (version > VERSION)
    throw new RecorderError(
      "unknown_version",
      `${path} has version ${version} of the format, and this package reads versions up to ${VERSION}: update @tickerplant/recorder`,
    );
  const end = HEADER_BYTES + bytes.readUInt32LE(12);
  const json = bytes.subarray(HEADER_BYTES, end);
  if (end > bytes.length || crc32(json, crc32(bytes.subarray(0, 16))) !== bytes.readUInt32LE(16))
    throw new RecorderError("not_a_segment", `the header of ${path} is damaged: its checksum is wrong`);
  return { header: JSON.parse(json.toString()) as SegmentHeader, end }; // written by encodeHeader
}

/** A block as the file has it. */
export function frameBlock(compressed: Buffer, rawLength: number): Buffer {
  const start = Buffer.alloc(BLOCK_HEADER_BYTES);
  start.set(MARKER);
  start.writeUInt32LE(compressed.length, 4);
  start.writeUInt32LE(rawLength, 8);
  start.writeUInt32LE(crc32(compressed, crc32(start.subarray(4, 12))), 12);
  return Buffer.concat([start, compressed]);
}

/** A block, and where the next one begins. */
export interface FoundBlock {
  readonly compressed: Buffer;
  readonly rawLength: number;
  readonly end: number;
}

/** Returns the block that begins at `at`; undefined if there is none, or not all of it. */
export function blockAt(bytes: Buffer, at: number): FoundBlock | undefined {
  const start = at + BLOCK_HEADER_BYTES;
  if (start > bytes.length || !bytes.subarray(at, at + MARKER.length).equals(MARKER)) return undefined;
  const end = start + bytes.readUInt32LE(at + 4);
  const rawLength = bytes.readUInt32LE(at + 8);
  if (end > bytes.length || rawLength > LIMITS.maxBlockBytes) return undefined;
  const compressed = bytes.subarray(start, end);
  if (crc32(compressed, crc32(bytes.subarray(at + 4, at + 12))) !== bytes.readUInt32LE(at + 12)) return undefined;
  return { compressed, rawLength, end };
}

/** Returns where the next undamaged block behind `at` begins; the end of the bytes without one. */
export function nextBlock(bytes: Buffer, at: number): number {
  for (let next = at; ; ) {
    next = bytes.indexOf(MARKER, next + 1);
    if (next === -1) return bytes.length;
    if (blockAt(bytes, next) !== undefined) return next;
  }
}
