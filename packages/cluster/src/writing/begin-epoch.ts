import type { Clock } from "@tickerplant/client";
import { ClusterError, hasCode } from "../cluster-error.ts";
import { decodeEvent, encodeEvent, type IngestInfo } from "../frames/feed-event.ts";
import { decodeFrame, encodeFrame, type Frame, FrameKind } from "../frames/frame.ts";
import type { MessageLog } from "../log/message-log.ts";

/** A new epoch. */
export interface Epoch {
  readonly epoch: number;
  /** The number of its first frame, which is in the log: no earlier writer can append behind it. */
  readonly epochStart: number;
  /** The watermark that the epoch before has reached; minus infinity without one. */
  readonly completeMs: number;
}

/**
 * Appends the first frame of an epoch, which fences off the writers before. `epoch` is the lease's; it is raised where
 * the log has a later one, because the leases were removed.
 *
 * @throws ClusterError `unreachable` if NATS does not answer: the frame may be there, and the next attempt finds it.
 * `lease_lost` if `isHeld` returns false before the frame is sent: the process was paused, and another one may lead.
 */
export async function beginEpoch(
  log: MessageLog,
  epoch: number,
  ingest: IngestInfo,
  clock: Clock,
  isHeld: () => boolean = () => true,
): Promise<Epoch> {
  for (;;) {
    const { lastSequence } = await log.state();
    const last = await lastFrame(log, lastSequence);
    if (last?.epoch === epoch && isFirstOf(last, ingest)) return epochOf(last);
    const own = last !== undefined && last.epoch >= epoch ? last.epoch + 1 : epoch;
    const completeMs = last?.completeMs ?? Number.NEGATIVE_INFINITY;
    const epochStart = lastSequence + 1;
    const header = {
      kind: FrameKind.EVENT,
      epoch: own,
      number: epochStart,
      epochStart,
      completeMs,
      isComplete: false,
      madeMs: clock.now(),
      recordCount: 0,
    };
    const event = encodeEvent({ type: "epoch", ingest, previousEpoch: last?.epoch });
    if (!isHeld()) throw new ClusterError("lease_lost", "the lease was lost before its epoch had begun");
    try {
      await log.append(encodeFrame(header, event), lastSequence, header);
      return { epoch: own, epochStart, completeMs };
    } catch (error) {
      // The leader before has written one more frame.
      if (!hasCode(error, "fenced")) throw error;
    }
  }
}

/** Whether a frame begins an epoch of an ingest: an attempt whose answer was lost has written it. */
function isFirstOf({ kind, number, epochStart, payload }: Frame, { id }: IngestInfo): boolean {
  if (kind !== FrameKind.EVENT || number !== epochStart) return false;
  const event = decodeEvent(payload);
  return event.type === "epoch" && event.ingest.id === id;
}

function epochOf({ epoch, epochStart, completeMs }: Epoch): Epoch {
  return { epoch, epochStart, completeMs };
}

async function lastFrame(log: MessageLog, lastSequence: number): Promise<Frame | undefined> {
  if (lastSequence === 0) return undefined;
  const message = await log.get(lastSequence);
  if (message === undefined) return undefined; // removed, by its age
  const frame = decodeFrame(message.bytes);
  if (frame.number !== lastSequence)
    throw new ClusterError(
      "not_a_frame",
      `message ${lastSequence} of the stream has the frame ${frame.number}: was it copied?`,
    );
  return frame;
}
