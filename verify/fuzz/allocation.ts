import { getHeapStatistics } from "node:v8";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { FrameDecoder } from "@tickerplant/client/wire";
import { HUGE_CLAIMS } from "./hostile.ts";

/** Room for an error or two, and for the values before the claim. A claim of 65,535 values would allocate half a megabyte. */
const ALLOWED_BYTES = 16_384;
const TIMES = 101;

/** Returns a sentence for each header with a huge claim whose decoding allocates too many bytes. */
export function excessiveClaims(): string[] {
  const wrong: string[] = [];
  for (const frame of HUGE_CLAIMS) {
    const bytes = medianAllocated(() => decodeEveryWay(frame));
    if (bytes > ALLOWED_BYTES) wrong.push(`${Buffer.from(frame).toString("hex")} allocates ${bytes} bytes`);
  }
  return wrong;
}

function decodeEveryWay(frame: Uint8Array): void {
  const sink = { record: () => {}, control: () => {}, fault: () => {} };
  sharedDecoder.decode(frame, sink);
  sharedDecoder.decode(frame, sink, true);
  try {
    sharedDecoder.decodeClient(frame);
  } catch {
    // rejected: only its allocation is measured
  }
}

const sharedDecoder = new FrameDecoder(STOCK_SCHEMA);

/** The median, because a collection may run in between. */
function medianAllocated(act: () => void): number {
  const figures: number[] = [];
  for (let times = 0; times < TIMES; times++) {
    const before = heapBytes();
    act();
    figures.push(heapBytes() - before);
  }
  return figures.sort((one, other) => one - other)[TIMES >> 1] ?? 0;
}

function heapBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
