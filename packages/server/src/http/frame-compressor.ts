import { constants, createDeflateRaw, type DeflateRaw } from "node:zlib";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";

/** Bytes at the end of every flush of deflate, which a message leaves out. Source: RFC 7692, section 7.2.1. */
const FLUSH_TAIL_BYTES = 4;

/** First byte of a compressed message in one frame: FIN, RSV1 and the opcode. Source: RFC 7692, section 6.1. */
const TEXT_HEAD = 0xc1;
const BINARY_HEAD = 0xc2;

/**
 * Compresses frames for all clients of a port, off the main thread. Each message stands alone
 * (`server_no_context_takeover`), so a frame that many clients are sent is compressed once.
 */
export class FrameCompressor {
  readonly #windowBits: number;
  /** By the frame's identity; an entry lives as long as a client still has to send the frame. */
  readonly #results = new WeakMap<Uint8Array, Promise<Buffer | undefined>>();
  readonly #idle: Deflater[] = [];
  #deflaterCount = 0;
  /** Frames that wait for a deflater: at most one for each client. */
  readonly #waiting: ((deflater: Deflater) => void)[] = [];

  constructor(windowBits: number) {
    this.#windowBits = windowBits;
  }

  /**
   * The compressed message with its head, as bytes for the socket; undefined where compression saves
   * nothing. The frame must not change afterwards.
   */
  compress(frame: Uint8Array, isBinary: boolean): Promise<Buffer | undefined> {
    const known = this.#results.get(frame);
    if (known !== undefined) return known;
    const result = this.#deflate(frame).then(
      (deflated) => (deflated.length < frame.length ? withHead(deflated, isBinary) : undefined),
      () => undefined, // out of memory: the frame goes uncompressed
    );
    this.#results.set(frame, result);
    return result;
  }

  async #deflate(frame: Uint8Array): Promise<Buffer> {
    const deflater = await this.#acquireDeflater();
    try {
      return await deflater.deflate(frame);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(deflater);
      else next(deflater);
    }
  }

  #acquireDeflater(): Deflater | Promise<Deflater> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#deflaterCount < GATEWAY_LIMITS.maxDeflaters) {
      this.#deflaterCount++;
      return new Deflater(this.#windowBits);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** One deflate stream, reset after each message: a new one would cost more than compressing most frames. */
class Deflater {
  readonly #stream: DeflateRaw;
  #chunks: Buffer[] = [];

  constructor(windowBits: number) {
    this.#stream = createDeflateRaw({
      windowBits,
      level: constants.Z_BEST_SPEED, // the default level takes three times as long to save little more
      flush: constants.Z_SYNC_FLUSH,
      chunkSize: GATEWAY_LIMITS.maxFrameBytes,
    });
    this.#stream.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    this.#stream.on("error", () => {}); // the write's callback gets it
  }

  deflate(frame: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#stream.write(frame, (error) => {
        if (error) return reject(error);
        const deflated = Buffer.concat(this.#chunks);
        this.#chunks = [];
        this.#stream.reset();
        resolve(deflated.subarray(0, -FLUSH_TAIL_BYTES));
      });
    });
  }
}

/** A message in one frame, unmasked. Source: RFC 6455, section 5.2. */
function withHead(payload: Buffer, isBinary: boolean): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = isBinary ? BINARY_HEAD : TEXT_HEAD;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}
