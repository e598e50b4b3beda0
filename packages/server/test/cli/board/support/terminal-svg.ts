/** Colours of a dark terminal. */
const COLOURS = {
  ground: "#0d1117",
  text: "#e6edf3",
  dim: "#7d8590",
  red: "#ff7b72",
  green: "#3fb950",
  yellow: "#d29922",
};

const FONT_SIZE = 14;
/** Width of a character of the font size, which `textLength` enforces whatever font there is. */
const CHARACTER_WIDTH = 8.4;
const LINE_HEIGHT = 20;
const MARGIN = 16;

/** The attributes that each SGR code of the board's styles starts; 22 and 39 end them. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  1: `font-weight="bold"`,
  2: `fill="${COLOURS.dim}"`,
  31: `fill="${COLOURS.red}"`,
  32: `fill="${COLOURS.green}"`,
  33: `fill="${COLOURS.yellow}"`,
  22: "",
  39: "",
};

/** A code that selects a style: ESC [ number m. */
const SGR = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`);

/** Text with a terminal's colours as an SVG of so many columns; the title is for readers without the picture. */
export function terminalSvg(title: string, text: string, columns: number): string {
  const lines = text.split("\n");
  const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const font = `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${COLOURS.ground}"/>`,
    `<g ${font} font-size="${FONT_SIZE}" fill="${COLOURS.text}" xml:space="preserve">`,
    ...lines.flatMap(lineElements),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function lineElements(line: string, index: number): string[] {
  const elements: string[] = [];
  const y = MARGIN + index * LINE_HEIGHT + FONT_SIZE;
  let column = 0;
  let attributes = "";
  // Odd parts are SGR codes.
  for (const [part, text] of line.split(SGR).entries()) {
    if (part % 2 === 1) {
      attributes = attributesOf(text);
      continue;
    }
    // A word an element: blanks need none, and each word stands in its column in every font.
    for (const { 0: word, index: offset } of text.matchAll(/\S+/g)) {
      const x = MARGIN + (column + offset) * CHARACTER_WIDTH;
      const place = `x="${x.toFixed(1)}" y="${y}" textLength="${(word.length * CHARACTER_WIDTH).toFixed(1)}"`;
      elements.push(`<text ${place}${attributes && ` ${attributes}`}>${escaped(word)}</text>`);
    }
    column += text.length;
  }
  return elements;
}

function attributesOf(code: string): string {
  const attributes = ATTRIBUTES[code];
  if (attributes === undefined) throw new Error(`the picture has no style for SGR code ${code}`);
  return attributes;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
