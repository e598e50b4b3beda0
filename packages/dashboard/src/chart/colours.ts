/** The tokens that the canvas draws with, as `#rrggbb`, and shares of opacity. */
export interface ChartColours {
  readonly panel: string;
  readonly line: string;
  readonly line2: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly up: string;
  readonly down: string;
  readonly warnFill: string;
  readonly fill: string;
  readonly font: string;
  readonly openGapAlpha: number;
  readonly hatchAlpha: number;
  readonly sessionAlpha: number;
}

/** Reads the tokens of the theme that the page has now. */
export function readColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const share = (name: string): number => Number.parseFloat(token(name)) / 100;
  return {
    panel: token("--panel"),
    line: token("--line"),
    line2: token("--line-2"),
    text: token("--text"),
    text2: token("--text-2"),
    text3: token("--text-3"),
    up: token("--up"),
    down: token("--down"),
    warnFill: token("--warn-fill"),
    fill: token("--fill"),
    font: token("--font"),
    openGapAlpha: share("--open-gap"),
    hatchAlpha: share("--gap-hatch"),
    sessionAlpha: share("--session"),
  };
}

/** A colour `#rrggbb` with an opacity from 0 to 1. */
export function withAlpha(colour: string, alpha: number): string {
  const byte = Math.round(alpha * 255);
  return colour + byte.toString(16).padStart(2, "0");
}
