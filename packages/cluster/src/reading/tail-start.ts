import { decodeFrame, type Frame } from "../frames/frame.ts";
import type { MessageLog } from "../log/message-log.ts";

/**
 * Returns the sequence from which a log has every record of the last `lookBackMs` of market time before its watermark: a
 * search by halves, because frames know their watermark and nothing else is an index. While the feed had an open gap its
 * watermark stood still, and later records were in those frames: then all frames with that watermark are included, as
 * they are before the first watermark.
 *
 * @throws ClusterError `unreachable`.
 */
export async function tailStart(log: MessageLog, lookBackMs: number): Promise<number> {
  const { firstSequence, lastSequence } = await log.state();
  const watermark = (await frameAt(log, lastSequence))?.completeMs;
  if (watermark === undefined) return lastSequence + 1;
  const wantedMs = watermark - lookBackMs;
  const early = await lastThat(log, firstSequence, lastSequence, ({ completeMs }) => completeMs <= wantedMs);
  const newest = Math.max(firstSequence, early);
  const frame = await frameAt(log, newest);
  if (frame === undefined || frame.completeMs > wantedMs) return newest;
  if (frame.isComplete && Number.isFinite(frame.completeMs)) return newest;
  const before = await lastThat(log, firstSequence, newest, ({ completeMs }) => completeMs < frame.completeMs);
  return before + 1;
}

/** Returns the last frame of a range with a watermark that is early enough; the one before the range if none has. */
async function lastThat(
  log: MessageLog,
  first: number,
  last: number,
  isEarly: (frame: Frame) => boolean,
): Promise<number> {
  let low = first - 1;
  let high = last;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const frame = await frameAt(log, middle);
    // One that the log has removed is older than those that it has.
    if (frame === undefined || isEarly(frame)) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function frameAt(log: MessageLog, sequence: number): Promise<Frame | undefined> {
  const message = await log.get(sequence);
  return message && decodeFrame(message.bytes);
}
