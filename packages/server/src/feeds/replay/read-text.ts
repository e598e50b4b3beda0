import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { describeBinary, WrongFormatError } from "./file-description.ts";

/** A stream with its first bytes. */
export interface Peeked {
  /** The first bytes; fewer than requested only if the stream has ended. */
  readonly head: Buffer;
  /** The whole stream, `head` included. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** Reads the start of a stream until `isEnough` returns true, without losing bytes or seeking. */
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

/** Bytes of the longest signature that {@link describeBinary} and the checks below compare. */
const SIGNATURE_BYTES = 8;

/**
 * Returns the text of a file in UTF-8: decompresses gzip and converts UTF-16, both recognised by their first
 * bytes. Keeps byte order marks of UTF-8, which concatenated files have in the middle, too.
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
  // `pipeline` requires the callback; the reader of the chunks receives the error.
  return pipeline(Readable.from(chunks), unpacked, () => {});
}

function toUtf8({ head, chunks }: Peeked): AsyncIterable<Buffer> {
  const encoding = utf16Of(head);
  if (encoding !== undefined) return convert(chunks, encoding);
  const description = describeBinary(head);
  if (description !== undefined) throw new WrongFormatError(description);
  return chunks;
}

/** Recognises UTF-16 by its byte order mark, or by the zero in every second byte of ASCII characters. */
function utf16Of(head: Buffer): "utf-16le" | "utf-16be" | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = head;
  const isUtf32 = head.length >= 4 && third === 0 && (fourth === 0 || (first === 0 && second === 0));
  if (isUtf32 || head.length < 2) return undefined;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0 && fourth === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && third === 0)) return "utf-16be";
  return undefined;
}

/** Decodes a small file in UTF-8 or UTF-16 (as `>` of PowerShell 5 writes it), and removes a byte order mark. */
export function decodeText(bytes: Buffer): string {
  return new TextDecoder(utf16Of(bytes)).decode(bytes);
}

async function* convert(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
