import { styleText } from "node:util";

/** A colour or another style of text. */
export type Style = "bold" | "dim" | "inverse" | "red" | "green" | "yellow" | "cyan";

/** Styles text, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

/** A stream as far as colours go: terminals have `hasColors`, files and pipes do not. */
export interface Paintable {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

/** Colours for a terminal that has them, by its own word and by NO_COLOR and FORCE_COLOR; none for anything else. */
export function paintFor(stream: Paintable): Paint {
  if (stream.isTTY !== true || stream.hasColors?.() !== true) return (_style, text) => text;
  // Checked here: Node 20.19 would ask standard output, whichever stream this is for.
  return (style, text) => styleText(style, text, { validateStream: false });
}
