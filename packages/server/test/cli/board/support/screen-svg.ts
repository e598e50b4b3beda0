import type { Cell } from "./screen-model.ts";

/** Colours of a dark terminal. */
const GROUND = "#0a0d12";
const TEXT = "#e6eaf0";

const FONT_SIZE = 14;
/** Width of a character of the font size, which `textLength` enforces whatever font there is. */
const CHARACTER_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const MARGIN = 16;

/** Cells of a screen in true colours as an SVG; the title is for readers without the picture. */
export function screenSvg(title: string, lines: readonly (readonly Cell[])[]): string {
  const width = Math.ceil((lines[0]?.length ?? 0) * CHARACTER_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const font = `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    `<g ${font} font-size="${FONT_SIZE}" fill="${TEXT}" xml:space="preserve">`,
    ...lines.flatMap((cells, row) => [...grounds(cells, row), ...words(cells, row)]),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** Neighbouring cells for which `key` is the same. */
function runs(cells: readonly Cell[], key: (cell: Cell) => string): { start: number; cells: Cell[] }[] {
  const result: { start: number; cells: Cell[] }[] = [];
  let before: string | undefined;
  for (const [column, cell] of cells.entries()) {
    const now = key(cell);
    const last = result.at(-1);
    if (last !== undefined && now === before) last.cells.push(cell);
    else result.push({ start: column, cells: [cell] });
    before = now;
  }
  return result;
}

function grounds(cells: readonly Cell[], row: number): string[] {
  return runs(cells, ({ back }) => String(back)).flatMap(({ start, cells: run }) => {
    const back = run[0]?.back;
    if (back === undefined) return [];
    const place = `x="${x(start)}" y="${MARGIN + row * LINE_HEIGHT}" width="${(run.length * CHARACTER_WIDTH).toFixed(1)}"`;
    return [`<rect ${place} height="${LINE_HEIGHT}" fill="${back}"/>`];
  });
}

/** A word an element: blanks need none, and each word stands in its column in every font. */
function words(cells: readonly Cell[], row: number): string[] {
  const style = ({ text, front, isBold, isStruck }: Cell): string => `${text === " "} ${front} ${isBold} ${isStruck}`;
  return runs(cells, style).flatMap(({ start, cells: run }) => {
    const [first] = run;
    if (first === undefined || first.text === " ") return [];
    const length = (run.length * CHARACTER_WIDTH).toFixed(1);
    const attributes = [
      `x="${x(start)}" y="${MARGIN + row * LINE_HEIGHT + FONT_SIZE}" textLength="${length}"`,
      ...(first.front === undefined ? [] : [`fill="${first.front}"`]),
      ...(first.isBold ? [`font-weight="bold"`] : []),
      ...(first.isStruck ? [`text-decoration="line-through"`] : []),
    ];
    return [`<text ${attributes.join(" ")}>${escaped(run.map(({ text }) => text).join(""))}</text>`];
  });
}

function x(column: number): string {
  return (MARGIN + column * CHARACTER_WIDTH).toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
