import { dirname } from "node:path";
import { isFolderLocked } from "../folder-lock.ts";
import { segmentsIn } from "./recording-files.ts";

/** A recorder begins the next segment before it closes the last one. */
const MOST_GROWING = 2;

/**
 * Whether a recorder may be writing to a segment, so that its end need not be complete. Ask before the segment is read:
 * a recorder that ends in between has closed it.
 */
export async function isGrowing(segment: string): Promise<boolean> {
  const log = dirname(segment);
  const newest = (await segmentsIn(log)).slice(-MOST_GROWING);
  return newest.includes(segment) && (await isFolderLocked(dirname(log)));
}
