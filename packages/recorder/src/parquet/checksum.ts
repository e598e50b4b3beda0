import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import * as LIMITS from "../limits.ts";

/*
 * The recorder's Parquet files, all numbers little-endian:
 *
 *   "PAR1" · pages · "TICKSUM\n" · CRC-32 of all bytes but these twelve (32) · footer · length of the footer (32) · "PAR1"
 *
 * A footer has the places of all pages from the file's begin, so that other programs pass over bytes in front of it.
 * Parquet has checksums of pages, but DuckDB neither writes nor checks them: most bits that flip change a value.
 */

const MARKER: Buffer = Buffer.from("TICKSUM\n");
const CHECKSUM_BYTES = MARKER.length + 4;

const PARQUET_END: Buffer = Buffer.from("PAR1");
const END_BYTES = 4 + PARQUET_END.length;

/** What the checksum of a Parquet file says. */
export type ChecksumState =
  /** The file is as the recorder wrote it. */
  | "intact"
  /** Bytes have changed. */
  | "changed"
  /** The file has no checksum: another program wrote it, or the end is damaged. */
  | "missing"
  /** The file does not end as Parquet files do. */
  | "cut";

/** Adds the checksum to a Parquet file that DuckDB has written. */
export async function addChecksum(path: string): Promise<void> {
  await using(await open(path, "r+"), async (file) => {
    const { size } = await file.stat();
    const footerStart = await footerStartOf(file, size);
    if (footerStart === undefined) throw new Error(`${path} is no Parquet file: its end is missing`);
    const footer = await read(file, footerStart, size - footerStart);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(await checksumOf(file, 0, size));
    const end = Buffer.concat([MARKER, checksum, footer]);
    for (let written = 0; written < end.length; )
      written += (await file.write(end, written, end.length - written, footerStart + written)).bytesWritten;
  });
}

/** Reads a whole Parquet file, and compares it with its checksum. */
export async function checkFile(path: string): Promise<ChecksumState> {
  return using(await open(path, "r"), async (file) => {
    const { size } = await file.stat();
    const footerStart = await footerStartOf(file, size);
    if (footerStart === undefined) return "cut";
    if (footerStart < CHECKSUM_BYTES) return "missing";
    const pagesEnd = footerStart - CHECKSUM_BYTES;
    const found = await read(file, pagesEnd, CHECKSUM_BYTES);
    if (!found.subarray(0, MARKER.length).equals(MARKER)) return "missing";
    const checksum = await checksumOf(file, footerStart, size, await checksumOf(file, 0, pagesEnd));
    return checksum === found.readUInt32LE(MARKER.length) ? "intact" : "changed";
  });
}

/** Where the footer begins; undefined if the end is not that of a Parquet file. */
async function footerStartOf(file: FileHandle, size: number): Promise<number | undefined> {
  if (size < END_BYTES) return undefined;
  const end = await read(file, size - END_BYTES, END_BYTES);
  const start = size - END_BYTES - end.readUInt32LE(0);
  return end.subarray(4).equals(PARQUET_END) && start >= 0 ? start : undefined;
}

async function checksumOf(file: FileHandle, start: number, end: number, before = 0): Promise<number> {
  let checksum = before;
  for (let at = start; at < end; ) {
    const bytes = await read(file, at, Math.min(LIMITS.readBytes, end - at));
    checksum = crc32(bytes, checksum);
    at += bytes.length;
  }
  return checksum;
}

async function read(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, start + at);
    if (bytesRead === 0) throw new Error("the file has become shorter while it was read");
    at += bytesRead;
  }
  return bytes;
}

async function using<T>(file: FileHandle, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
