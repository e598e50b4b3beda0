import { isUtf8 } from "node:buffer";

/** A frame, or a piece of one, at the front of the bytes received. */
export interface Piece {
  /** Whether it is a plain frame, whole: see {@link FrameSplitter}. */
  readonly isPlain: boolean;
  /** Offset of a plain frame's payload. */
  readonly payload: number;
  /** Offset behind the piece. */
  readonly end: number;
}

const FIN = 0x80;
const RSV = 0x70;
const OPCODE = 0x0f;
const MASK = 0x80;
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;

/**
 * Finds the frames in the bytes that a server sends, sans-I/O, on a connection without extensions.
 *
 * A plain frame is a whole message, text or binary, with a valid header and valid text. All others
 * (fragments, control frames, large frames, invalid frames) are for another parser, piece by piece as
 * they come: the splitter only knows where they end, and for an invalid one not even that, because
 * the connection ends with it.
 *
 * Source: RFC 6455, section 5.2.
 */
export class FrameSplitter {
  readonly #maxPayloadBytes: number;
  #isFragmented = false;
  /** Bytes to come of a frame that is not plain. */
  #bytesToCome = 0;

  /** A frame with a longer payload is none of the plain ones. */
  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /**
   * The piece of `bytes` at `start`, of those before `end`. Undefined if more bytes are needed: the next
   * call starts at the same byte.
   */
  next(bytes: Buffer, start: number, end: number): Piece | undefined {
    if (this.#bytesToCome > 0 && end > start) return this.#otherPiece(start, end);
    if (end - start < 2) return undefined;
    const first = bytes.readUInt8(start);
    const second = bytes.readUInt8(start + 1);
    if (!this.#isDataFrame(first, second)) return this.#otherFrame(start, end, 2 + (second & ~MASK));

    const payload = start + headerBytes(second);
    if (payload > end) return undefined;
    const length = payloadBytes(bytes, start, second);
    const isMessage = (first & FIN) !== 0 && !this.#isFragmented;
    if (isMessage && length <= this.#maxPayloadBytes) {
      if (payload + length > end) return undefined;
      if ((first & OPCODE) === BINARY || isUtf8(bytes.subarray(payload, payload + length)))
        return { isPlain: true, payload, end: payload + length };
    }
    this.#isFragmented = (first & FIN) === 0;
    return this.#otherFrame(start, end, payload - start + length);
  }

  /** Whether a header is that of a data frame in its place, without extensions and unmasked. */
  #isDataFrame(first: number, second: number): boolean {
    if ((first & RSV) !== 0 || (second & MASK) !== 0) return false;
    const opcode = first & OPCODE;
    return this.#isFragmented ? opcode === CONTINUATION : opcode === TEXT || opcode === BINARY;
  }

  #otherFrame(start: number, end: number, frameBytes: number): Piece {
    this.#bytesToCome = frameBytes;
    return this.#otherPiece(start, end);
  }

  #otherPiece(start: number, end: number): Piece {
    const pieceBytes = Math.min(this.#bytesToCome, end - start);
    this.#bytesToCome -= pieceBytes;
    return { isPlain: false, payload: start, end: start + pieceBytes };
  }
}

function headerBytes(second: number): number {
  if (second < 126) return 2;
  return second === 126 ? 4 : 10;
}

function payloadBytes(bytes: Buffer, start: number, second: number): number {
  if (second < 126) return second;
  if (second === 126) return bytes.readUInt16BE(start + 2);
  return bytes.readUInt32BE(start + 2) * 2 ** 32 + bytes.readUInt32BE(start + 6);
}
