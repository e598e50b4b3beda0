import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** Bytes in one line. The longest record has a few hundred; what is longer is no file of records. */
const MAX_LINE_BYTES = 1_048_576;

/** Bytes read and unpacked in one go: several hundred records, so that they leave in one frame. */
const CHUNK_BYTES = 131_072;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Reads a file line by line, plain or gzip (told by its first bytes), and yields the lines of a
 * chunk together, without their ends. `onBytes` is told how many bytes of the file itself were read.
 *
 * @throws Error that names the file, when it cannot be read to its end.
 */
export async function* readLines(file: string, onBytes: (count: number) => void): AsyncGenerator<Uint8Array[]> {
  try {
    yield* splitLines(file, onBytes);
  } catch (error) {
    throw new Error(`cannot read ${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function* splitLines(file: string, onBytes: (count: number) => void): AsyncGenerator<Uint8Array[]> {
  const isZipped = await isGzip(file);
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  // The callback is there because it must be: a failure arrives below, where the chunks are read.
  const chunks: Readable = isZipped ? pipeline(source, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : source;
  source.on("data", (chunk) => onBytes(chunk.length));
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      lines.push(bytes.subarray(start, bytes[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES)
      throw new RangeError(`a line has over ${MAX_LINE_BYTES} bytes: it is no file of JSON lines`);
    yield lines;
  }
  yield [rest];
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
