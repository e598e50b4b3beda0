import { getHeapStatistics } from "node:v8";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { FrameDecoder } from "@tickerplant/client/wire";
import { HUGE_CLAIMS } from "./hostile.ts";

/** A refusal makes an error or two, and what stood before the claim. A claim of 65,535 values would take half a megabyte. */
const ALLOWED_BYTES = 16_384;
const TIMES = 101;

/** Each header that claims too much, with the bytes that one decoding of it allocates where they are too many. */
export function excessiveClaims(): string[] {
  const wrong: string[] = [];
  for (const frame of HUGE_CLAIMS) {
    const bytes = medianAllocated(() => decodeEveryWay(frame));
    if (bytes > ALLOWED_BYTES) wrong.push(`${Buffer.from(frame).toString("hex")} allocates ${bytes} bytes`);
  }
  return wrong;
}

function decodeEveryWay(frame: Uint8Array): void {
  const decoder = sharedDecoder;
  const sink = { record: () => {}, control: () => {}, fault: () => {} };
  decoder.decode(frame, sink);
  decoder.decode(frame, sink, true);
  try {
    decoder.decodeClient(frame);
  } catch {
    // refused: what it cost is the question here
  }
}

const sharedDecoder = new FrameDecoder(STOCK_SCHEMA);

/** The median, because now and then a collection comes between. */
function medianAllocated(act: () => void): number {
  const figures: number[] = [];
  for (let times = 0; times < TIMES; times++) {
    const before = held();
    act();
    figures.push(held() - before);
  }
  return figures.sort((one, other) => one - other)[TIMES >> 1] ?? 0;
}

function held(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
