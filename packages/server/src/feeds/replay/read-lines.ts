import { REPLAY_LIMITS } from "./limits.ts";

const LINE_FEED = 0x0a;

/**
 * Splits a stream into lines and yields the lines of each chunk together, without line feeds. Keeps carriage
 * returns: they are white space in JSON, and may belong to a quoted cell of CSV.
 *
 * @throws RangeError when a line is longer than the limit.
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
      throw new RangeError(`a line has more than ${REPLAY_LIMITS.maxLineBytes} bytes`);
    yield lines;
  }
  yield [rest];
}
