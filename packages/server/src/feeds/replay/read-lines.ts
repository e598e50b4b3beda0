import { REPLAY_LIMITS } from "./limits.ts";

const LINE_FEED = 0x0a;

/**
 * Splits a stream into lines and yields the lines of a chunk together, without their line feeds. A
 * carriage return stays: JSON takes it for a blank, and in quotes of CSV it may belong to the text.
 *
 * @throws RangeError when a line is longer than any record.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      lines.push(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > REPLAY_LIMITS.maxLineBytes)
      throw new RangeError(`a line has over ${REPLAY_LIMITS.maxLineBytes} bytes`);
    yield lines;
  }
  yield [rest];
}
