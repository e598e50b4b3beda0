import { frameStep, type Input } from "./input.ts";

/** The most attempts to shrink an input. */
const MAX_TRIES = 3000;

/** Returns the smallest input found that still fails, without the steps and bytes that make no difference. */
export function minimise(input: Input, fails: (input: Input) => boolean): Input {
  let smallest = input;
  let tries = 0;
  const isSmaller = (candidate: Input): boolean => {
    if (tries++ >= MAX_TRIES || !fails(candidate)) return false;
    smallest = candidate;
    return true;
  };
  for (let index = smallest.length - 1; index >= 0; index--) isSmaller(smallest.filter((_, at) => at !== index));
  for (let index = 0; index < smallest.length; index++) {
    const step = smallest[index];
    if (step?.type !== "frame") continue;
    let { bytes } = step;
    for (let size = bytes.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < bytes.length; ) {
        const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        if (isSmaller(smallest.with(index, frameStep(shorter)))) bytes = shorter;
        else at += size;
      }
    }
  }
  return smallest;
}
