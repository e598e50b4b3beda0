import type { Ground, Style, Tone } from "./styled-text.ts";

/** What a terminal can show: true colours on a dark or a light background, 16 colours, or none. */
export type ColourMode = "dark" | "light" | "sixteen" | "none";

/** The part of a terminal that is about colours. */
export interface ColourTerminal {
  getColorDepth?(env?: NodeJS.ProcessEnv): number;
}

/** Bits of a colour from which a terminal shows true colours, and 16. */
const TRUE_COLOUR_BITS = 24;
const SIXTEEN_COLOURS_BITS = 4;

/** Returns what a terminal can show. NO_COLOR and FORCE_COLOR count; COLORFGBG names a light background. */
export function colourModeOf(terminal: ColourTerminal, env: NodeJS.ProcessEnv): ColourMode {
  const bits = terminal.getColorDepth?.(env) ?? 1;
  if (bits < SIXTEEN_COLOURS_BITS) return "none";
  if (bits < TRUE_COLOUR_BITS) return "sixteen";
  return /;(7|15)$/.test(env.COLORFGBG ?? "") ? "light" : "dark";
}

/** Colours of text: dark and light theme, and the code of 16 colours. Undefined is the terminal's own colour. */
// biome-ignore format: a table is read across
const TONES: Readonly<Record<Tone, readonly [dark: string | undefined, light: string | undefined, sixteen: number]>> = {
  text: [undefined, undefined, 39],
  muted: ["#A9B3C0", "#465161", 39],
  faint: ["#818C9B", "#626E7F", 90],
  accent: ["#82AAFF", "#2258D0", 94],
  up: ["#1FC7B6", "#007066", 36],
  down: ["#FF6F5E", "#BF331B", 31],
  warn: ["#F0B34A", "#875000", 33],
  filled: ["#7396C2", "#4A7099", 34],
  simulated: ["#C0A3FF", "#6A3FCF", 35],
  replay: ["#6CC7F0", "#0B6A94", 36],
  trendUp: ["#178F84", "#4FA79F", 36],
  trendDown: ["#B85246", "#D98474", 31],
  line: ["#353E4C", "#BFC8D4", 90],
  hatch: ["#6B5430", "#D9B36A", 33],
};

/** Backgrounds, with the text colour that belongs to each; 16 colours and none have inverse text or nothing. */
// biome-ignore format: a table is read across
const GROUNDS: Readonly<Record<Ground, { dark: readonly [string, string]; light: readonly [string, string]; isInverse: boolean }>> = {
  header: { dark: ["#1A2029", "#E6EAF0"], light: ["#EAEEF3", "#12171E"], isInverse: false },
  selected: { dark: ["#1F2D4A", "#E6EAF0"], light: ["#DCE6F9", "#12171E"], isInverse: true },
  simulatedChip: { dark: ["#4A3A78", "#E5DAFF"], light: ["#E4DBF8", "#4A2A9A"], isInverse: true },
  replayChip: { dark: ["#1F4A60", "#C5ECFF"], light: ["#D3EAF5", "#07506F"], isInverse: true },
  haltChip: { dark: ["#E6EAF0", "#0A0D12"], light: ["#12171E", "#FFFFFF"], isInverse: true },
  warnChip: { dark: ["#F0B34A", "#1C1403"], light: ["#F5B942", "#241800"], isInverse: true },
  blockUp: { dark: ["#12332F", "#E6EAF0"], light: ["#DDEFED", "#12171E"], isInverse: false },
  blockDown: { dark: ["#3F1F1C", "#E6EAF0"], light: ["#F9E4E0", "#12171E"], isInverse: false },
  haltBand: { dark: ["#20262E", "#A9B3C0"], light: ["#E8EAEE", "#465161"], isInverse: false },
  filledBand: { dark: ["#18232F", "#A9B3C0"], light: ["#E6EDF4", "#465161"], isInverse: false },
  popover: { dark: ["#1A2029", "#E6EAF0"], light: ["#F3F5F8", "#12171E"], isInverse: false },
  upTag: { dark: ["#1FC7B6", "#04211E"], light: ["#007066", "#FFFFFF"], isInverse: true },
  downTag: { dark: ["#FF6F5E", "#2B0A06"], light: ["#BF331B", "#FFFFFF"], isInverse: true },
};

const BOLD = 1;
const INVERSE = 7;
const STRUCK = 9;

/** Returns the escape code that begins a style, after a reset. An empty string for plain text. */
export class Palette {
  readonly #mode: ColourMode;
  readonly #codes = new Map<string, string>();

  constructor(mode: ColourMode) {
    this.#mode = mode;
  }

  code(style: Style): string {
    const { tone = "text", ground = "", isBold = false, isStruck = false } = style;
    const key = `${tone} ${ground} ${isBold} ${isStruck}`;
    let code = this.#codes.get(key);
    if (code === undefined) {
      const parts = this.#parts(style);
      code = parts.length === 0 ? "" : `\u001b[${parts.join(";")}m`;
      this.#codes.set(key, code);
    }
    return code;
  }

  #parts({ tone = "text", ground, isBold, isStruck }: Style): (string | number)[] {
    const parts: (string | number)[] = [];
    if (isBold) parts.push(BOLD);
    if (isStruck) parts.push(STRUCK);
    const mode = this.#mode;
    const [dark, light, sixteen] = TONES[tone];
    if (mode === "none" || mode === "sixteen") {
      const isInverse = ground !== undefined && GROUNDS[ground].isInverse;
      if (isInverse) parts.push(INVERSE);
      if (mode === "sixteen" && sixteen !== 39) parts.push(sixteen);
      return parts;
    }
    const [back, front] = ground === undefined ? [undefined, undefined] : GROUNDS[ground][mode];
    const colour = (mode === "dark" ? dark : light) ?? front;
    if (colour !== undefined) parts.push(`38;2;${channelsOf(colour)}`);
    if (back !== undefined) parts.push(`48;2;${channelsOf(back)}`);
    return parts;
  }
}

/** Converts `#RRGGBB` to the form of an escape code. */
function channelsOf(colour: string): string {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(";");
}
