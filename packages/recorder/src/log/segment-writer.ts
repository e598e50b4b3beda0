import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { PARTIAL_EXTENSION, syncFolder } from "../durable-files.ts";
import { encodeHeader, frameBlock, type SegmentHeader } from "./segment-format.ts";
import { SEGMENT_EXTENSION } from "./segment-name.ts";

const compress = promisify(brotliCompress);
const FASTEST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** Writes one segment. A write that failed leaves the segment as it was: the next one overwrites its bytes. */
export class SegmentWriter {
  readonly path: string;
  readonly #file: FileHandle;
  #end = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Creates a segment, whose name is on the disk when the promise resolves. */
  static async create(path: string, header: SegmentHeader): Promise<SegmentWriter> {
    const partial = path + PARTIAL_EXTENSION; // so that every segment has a whole header
    const segment = new SegmentWriter(path, await open(partial, "w"));
    try {
      await segment.#write(encodeHeader(header));
      await segment.sync();
      await rename(partial, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await segment.#file.close();
      await rm(partial, { force: true }); // a full disk would collect one with each attempt
      throw error;
    }
    return segment;
  }

  /** Its name without the extension. */
  get name(): string {
    return basename(this.path, SEGMENT_EXTENSION);
  }

  get byteLength(): number {
    return this.#end;
  }

  /** Compresses blocks, in the threads of Node, and writes them together. */
  async writeBlocks(blocks: readonly Buffer[]): Promise<void> {
    const framed = blocks.map(async (block) => frameBlock(await compress(block, FASTEST), block.length));
    await this.#write(Buffer.concat(await Promise.all(framed)));
  }

  /** Waits until what was written is on the disk. */
  async sync(): Promise<void> {
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const left = bytes.length - written;
      written += (await this.#file.write(bytes, written, left, this.#end + written)).bytesWritten;
    }
    this.#end += bytes.length;
  }
}
