import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { describeBinary, WrongFormatError } from "./file-description.ts";

/** A stream whose beginning has been looked at. */
export interface Peeked {
  /** What was read; short only if the stream has ended. */
  readonly head: Buffer;
  /** The whole stream, `head` included. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** Reads a stream's beginning until `isEnough`, or to its end. Nothing is lost and no seeking is needed. */
export async function peek(chunks: AsyncIterable<Buffer>, isEnough: (head: Buffer) => boolean): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (!isEnough(head)) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, chunks: prepend(head, iterator) };
}

async function* prepend(head: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return;
    yield value;
  }
}

/** The longest signature that {@link describeBinary} and the tests below compare. */
const SIGNATURE_BYTES = 8;

/**
 * The text of a file in UTF-8: gzip is unpacked and UTF-16 converted, recognised by their first
 * bytes. A byte order mark at the start of UTF-8 stays, as those of concatenated files do.
 *
 * @throws WrongFormatError for a binary format.
 */
export async function readText(chunks: AsyncIterable<Buffer>, chunkBytes: number): Promise<AsyncIterable<Buffer>> {
  const packed = await peek(chunks, (head) => head.length >= SIGNATURE_BYTES);
  if (!isGzip(packed.head)) return toUtf8(packed);
  return toUtf8(await peek(gunzip(packed.chunks, chunkBytes), (head) => head.length >= SIGNATURE_BYTES));
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function gunzip(chunks: AsyncIterable<Buffer>, chunkBytes: number): Readable {
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  // The callback is there because it must be: a failure arrives where the chunks are read.
  return pipeline(Readable.from(chunks), unpacked, () => {});
}

function toUtf8({ head, chunks }: Peeked): AsyncIterable<Buffer> {
  const encoding = utf16Of(head);
  if (encoding !== undefined) return convert(chunks, encoding);
  const description = describeBinary(head);
  if (description !== undefined) throw new WrongFormatError(description);
  return chunks;
}

/** UTF-16 by its byte order mark, or by the zero that every second byte of ASCII is in it. */
function utf16Of(head: Buffer): "utf-16le" | "utf-16be" | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = head;
  const isUtf32 = head.length >= 4 && third === 0 && (fourth === 0 || (first === 0 && second === 0));
  if (isUtf32 || head.length < 2) return undefined;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0 && fourth === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && third === 0)) return "utf-16be";
  return undefined;
}

/** The text of a whole small file, in UTF-8 or UTF-16 (as `>` of PowerShell 5 writes it), without byte order mark. */
export function decodeText(bytes: Buffer): string {
  return new TextDecoder(utf16Of(bytes)).decode(bytes);
}

async function* convert(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
