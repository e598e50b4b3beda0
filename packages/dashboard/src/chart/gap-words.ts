import type { Gap } from "../market/gap-ledger.ts";
import { counted, duration } from "../ui/figures.ts";
import { clock } from "../ui/new-york.ts";
import type { GapPlace } from "./gap-places.ts";

/** What the tooltip of a gap says: a title, and lines of a label and a value. */
export interface GapWords {
  readonly title: string;
  readonly lines: readonly (readonly [label: string, value: string])[];
}

/** Describes the gaps of one place. Several are described by their number and by the one that needs most attention. */
export function gapWords({ gaps, state }: GapPlace, nowMs: number): GapWords | undefined {
  const shown = gaps.findLast((gap) => gap.state === state);
  if (shown === undefined) return undefined;
  const words = wordsOf(shown, nowMs);
  if (gaps.length === 1) return words;
  return { ...words, lines: [...words.lines, ["Also here", `${counted(gaps.length - 1, "other gap")}: zoom in`]] };
}

/** One sentence for screen readers. */
export function gapSentence(place: GapPlace, nowMs: number): string {
  const words = gapWords(place, nowMs);
  if (words === undefined) return "";
  return `${words.title}. ${words.lines.map(([label, value]) => `${label}: ${value}`).join(". ")}`;
}

function wordsOf(gap: Gap, nowMs: number): GapWords {
  const lines: [string, string][] = [
    [gap.state === "filled" ? "Range" : "Missing", `${what(gap)}, ${range(gap)}`],
    ["Cause", gap.cause.message],
  ];
  if (gap.state === "filled") lines.push(["Filled", `${counted(gap.recordCount, "record")} from history`]);
  if (gap.openCause !== undefined) lines.push(["Not filled", `${gap.openCause.code}: ${gap.openCause.message}`]);
  return { title: title(gap, nowMs), lines };
}

function title(gap: Gap, nowMs: number): string {
  if (gap.state === "filled") {
    const noun = gap.channels.length === 1 ? nounOf(gap.channels[0] ?? "") : "record";
    const how = gap.fillMs === undefined ? "by the gateway" : duration(gap.fillMs);
    return `Gap filled: ${counted(gap.recordCount, noun)}, ${how}`;
  }
  const length = duration((gap.toMs ?? nowMs) - gap.fromMs);
  return gap.state === "filling" ? `Gap being filled: ${length}` : `Gap open: ${length}`;
}

/** A channel's name for one of its records: `trade` of `trades`. */
function nounOf(channel: string): string {
  return channel.endsWith("s") ? channel.slice(0, -1) : "record";
}

function what({ channels, symbols }: Gap): string {
  if (symbols.length === 0) return "everything subscribed";
  const of = symbols.includes("*") ? "all symbols" : symbols.length === 1 ? symbols[0] : `${symbols.length} symbols`;
  return `${channels.join(", ")} of ${of}`;
}

function range({ fromMs, toMs }: Gap): string {
  return `${clock(fromMs)} – ${toMs === undefined ? "now" : clock(toMs)} ET`;
}
