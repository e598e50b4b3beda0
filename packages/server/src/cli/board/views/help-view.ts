import { bold, fitted, grounded, type Line, type Span, span, widthOf } from "../terminal/styled-text.ts";
import { bodyRows, type Scene, type Size } from "./scene.ts";

const WIDTH = 76;
const KEY_WIDTH = 11;
const HALF = 36;

type Entry = readonly [keys: string, words: string];

// biome-ignore format: a table is read across
const KEYS: readonly (readonly [Entry, Entry])[] = [
  [["↑ ↓  j k", "select, scroll"], ["h", "health"]],
  [["↵", "open a symbol"], ["g", "gaps"]],
  [["esc", "back"], ["l", "log"]],
  [["← →", "next symbol"], ["w", "watch list"]],
  [["/", "filter"], ["1 5 f d", "bars: 1, 5, 15 min, day"]],
  [["s  S", "sort, reverse"], ["z", "smallest size on the tape"]],
  [["p  space", "pause, resume"], ["c", "copy the symbol as JSON"]],
  [["ctrl-z", "suspend"], ["q", "quit"]],
];

/** The keys and signs, over the dimmed board. */
export function helpOver(lines: readonly Line[], scene: Scene, size: Size): Line[] {
  const box = helpLines(scene).slice(0, bodyRows(size));
  const width = Math.min(WIDTH, size.columns - 4);
  const x = Math.floor((size.columns - width) / 2);
  const y = Math.max(1, Math.floor((size.rows - box.length) / 2) - 1);
  return lines.map((line, row) => {
    if (row === 0 || row === size.rows - 1) return line;
    const dimmed = fitted(
      line.map(({ text }) => span(text, "faint")),
      size.columns,
    );
    const inside = box[row - y];
    if (inside === undefined) return dimmed;
    return [
      ...fitted(dimmed, x),
      ...grounded(fitted([span("  "), ...inside], width), "popover"),
      ...cutBefore(dimmed, x + width),
    ];
  });
}

/** The part of a line from a cell on. */
function cutBefore(line: Line, cells: number): Line {
  const text = line.map((each) => each.text).join("");
  return [span(text.slice(cells), "faint")];
}

function helpLines({ model, address }: Scene): Line[] {
  const source = {
    simulated: [span("Simulated market: prices are made up.", "simulated")],
    replay: [span("Replay: these records are from the past.", "replay")],
    live: [],
  };
  return [
    [],
    [bold("Keys")],
    [],
    ...KEYS.map(([one, other]): Line => [...entry(one, HALF), ...entry(other, HALF)]),
    [],
    [...fitted([span("▲ ", "up"), span("at or above the ask, or up")], HALF), span("▨ ", "warn"), span("gap, open")],
    [
      ...fitted([span("▼ ", "down"), span("at or below the bid, or down")], HALF),
      span("▬ ", "filled"),
      span("gap, filled"),
    ],
    [
      ...fitted([span("· between")], HALF),
      { text: " HALT ", ground: "haltChip", isBold: true },
      span(" halted by the market"),
    ],
    [],
    [span("Change, trend and volume count from the start of the board.", "muted")],
    ...(model.source === undefined || model.source === "live" ? [] : [source[model.source]]),
    ...(address === undefined ? [] : [[span("Page in a browser: "), span(address, "accent")]]),
    [],
  ];
}

function entry([keys, words]: Entry, width: number): Line {
  const key: Span = bold(keys.padEnd(KEY_WIDTH), "accent");
  const line = [key, span(words)];
  return widthOf(line) < width ? fitted(line, width) : line;
}
