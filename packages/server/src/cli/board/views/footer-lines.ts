import { showCount } from "../../output/numbers.ts";
import { bold, type Line, span, widthOf } from "../terminal/styled-text.ts";
import { lag } from "./figures.ts";
import type { Scene } from "./scene.ts";

/** Joins parts with blanks; the last ones are left out where they do not fit. */
function joined(parts: readonly Line[], separator: string, width: number): Line {
  const line = [...(parts[0] ?? [])];
  for (const part of parts.slice(1)) {
    if (widthOf(line) + separator.length + widthOf(part) > width) break;
    line.push(span(separator), ...part);
  }
  return line;
}

/** The counters of the stream, which every view shows. */
export function countersLine({ model }: Scene, width: number): Line {
  const { metrics, recordsPerSecond, gaps } = model;
  const open = gaps.openCount;
  const isWide = width >= 100;
  return joined(
    [
      [bold(showCount(Math.round(recordsPerSecond))), span(" rec/s", "faint")],
      ...(isWide
        ? [[span("lag p50 ", "faint"), span(lag(metrics.lag.p50)), span(" p99 ", "faint"), span(lag(metrics.lag.p99))]]
        : []),
      open > 0
        ? [bold(`▨ ${open} ${open === 1 ? "gap" : "gaps"} open`, "warn")]
        : [span("0", "text"), span(" gaps open", "faint")],
      [span(showCount(gaps.filledCount)), span(" filled", "faint")],
      [metrics.dropped > 0 ? bold(showCount(metrics.dropped), "warn") : span("0"), span(" dropped", "faint")],
      [span("queue ", "faint"), span(showCount(metrics.queued))],
      [span(showCount(metrics.reconnects)), span(" reconnects", "faint")],
    ],
    "   ",
    width,
  );
}

type KeyHint = readonly [key: string, words: string];

/** The keys of the view; in their place what the user types, or a notice. */
export function keysLine(scene: Scene, width: number): Line {
  const { controls, notice, hasKeys } = scene;
  if (controls.isTyping)
    return [bold("/ ", "accent"), span(controls.filter), span("▏", "accent"), span("  ↵ keep  esc clear", "faint")];
  if (notice !== undefined) return [span(notice, "warn")];
  if (!hasKeys) return [bold("Ctrl-C", "accent"), span(" quit", "faint")];
  const hints = hintsOf(scene).map(([key, words]): Line => [bold(key, "accent"), span(` ${words}`, "faint")]);
  return joined(hints, "  ", width);
}

function hintsOf({ controls, isPaused }: Scene): readonly KeyHint[] {
  const pause: KeyHint = ["p", isPaused ? "resume" : "pause"];
  const end: readonly KeyHint[] = [
    ["?", "help"],
    ["q", "quit"],
  ];
  if (controls.isHelpShown)
    return [
      ["?", "close"],
      ["esc", "close"],
    ];
  switch (controls.view) {
    case "list":
      return [
        ["↑↓", "select"],
        ["↵", "open"],
        ["/", controls.filter === "" ? "filter" : `filter "${controls.filter}"`],
        ["s", `sort by ${controls.sortKey}`],
        pause,
        ...end,
        ["h", "health"],
        ["g", "gaps"],
        ["l", "log"],
      ];
    case "symbol":
      return [
        ["esc", "back"],
        ["←→", "symbol"],
        ["1 5 f d", "bars"],
        ["z", controls.smallestSize === 0 ? "all sizes" : `from ${showCount(controls.smallestSize)}`],
        pause,
        ...end,
        ["↑↓", "scroll tape"],
        ["h", "health"],
        ["g", "gaps"],
      ];
    case "health":
    case "gaps":
    case "log":
      return [["esc", "back"], ["↑↓", "scroll"], ["h", "health"], ["g", "gaps"], ["l", "log"], ...end];
  }
}
