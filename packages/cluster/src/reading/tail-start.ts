import { decodeFrame } from "../frames/frame.ts";
import type { MessageLog } from "../log/message-log.ts";

/**
 * Returns the sequence from which a log has every record of the last `lookBackMs` of market time before its watermark: a
 * search by halves, because frames know their watermark and nothing else is an index.
 *
 * @throws ClusterError `unreachable`.
 */
export async function tailStart(log: MessageLog, lookBackMs: number): Promise<number> {
  const { firstSequence, lastSequence } = await log.state();
  const watermark = await watermarkAt(log, lastSequence);
  if (watermark === undefined) return lastSequence + 1;
  const wantedMs = watermark - lookBackMs;
  let low = firstSequence; // where to begin if nothing is found
  let high = lastSequence;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const middleMs = await watermarkAt(log, middle);
    if (middleMs === undefined || middleMs <= wantedMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The watermark of a frame; undefined for one that the log has removed. */
async function watermarkAt(log: MessageLog, sequence: number): Promise<number | undefined> {
  const message = await log.get(sequence);
  return message && decodeFrame(message.bytes).completeMs;
}
