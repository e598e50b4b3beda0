import { WILDCARD } from "@tickerplant/client/wire";
import { CHANNELS } from "../feed-history.ts";
import type { RecordedGap } from "./feed-recorder.ts";
import { toNs } from "./nanoseconds.ts";
import type { WantedRange } from "./wanted.ts";

/** Returns the second before which a recording may lack records of a range; negative infinity if it lacks none. */
export function missedBefore(gaps: readonly RecordedGap[], { kind, symbols, range }: WantedRange): number {
  const channels: readonly string[] = CHANNELS[kind];
  const lastNs = toNs(range.to);
  const concerned = gaps.filter(
    (gap) =>
      gap.channels.some((channel) => channels.includes(channel)) &&
      (symbols === undefined || gap.symbols.some((symbol) => symbol === WILDCARD || symbols.includes(symbol))) &&
      (beginOf(gap) ?? lastNs) <= lastNs,
  );
  const ends = concerned.map(({ toNs: endNs, receivedNs }) => Number((endNs ?? receivedNs) / 1_000_000_000n) + 1);
  return Math.max(Number.NEGATIVE_INFINITY, ...ends);
}

/** When a gap begins, in the market's time; undefined if only its place in the recording is known. */
function beginOf({ fromNs, sinceNs }: RecordedGap): bigint | undefined {
  return fromNs ?? sinceNs;
}
