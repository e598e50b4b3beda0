import { getHeapStatistics } from "node:v8";
import { FrameDecoder } from "@tickerplant/client/wire";
import { ASSET_CLASSES } from "./asset-class.ts";
import { HUGE_CLAIMS } from "./hostile.ts";

/** Room for an error or two, and for the values before the claim. A claim of 65,535 values would allocate half a megabyte. */
const ALLOWED_BYTES = 16_384;
const TIMES = 101;

/** Returns a sentence for each header with a huge claim whose decoding allocates too many bytes. */
export function excessiveClaims(): string[] {
  const wrong: string[] = [];
  for (const { name, schema } of ASSET_CLASSES) {
    const decoder = new FrameDecoder(schema);
    for (const frame of HUGE_CLAIMS) {
      const bytes = medianAllocated(() => decodeEveryWay(decoder, frame));
      if (bytes > ALLOWED_BYTES)
        wrong.push(`${Buffer.from(frame).toString("hex")} of ${name} allocates ${bytes} bytes`);
    }
  }
  return wrong;
}

function decodeEveryWay(decoder: FrameDecoder, frame: Uint8Array): void {
  const sink = { record: () => {}, control: () => {}, fault: () => {} };
  decoder.decode(frame, sink);
  decoder.decode(frame, sink, true);
  try {
    decoder.decodeClient(frame);
  } catch {
    // rejected: only its allocation is measured
  }
}

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
