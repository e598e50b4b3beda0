import { styleText } from "node:util";

/** A colour or another style of text. */
export type Style = "bold" | "dim" | "inverse" | "red" | "green" | "yellow" | "cyan";

/** Adds a style to text, or returns it unchanged. */
export type Paint = (style: Style, text: string) => string;

/** The part of a stream that is about colours: terminals have `hasColors`, files and pipes do not. */
export interface Paintable {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

/** Returns styles for a terminal with colours, which NO_COLOR and FORCE_COLOR can change, and no styles otherwise. */
export function paintFor(stream: Paintable): Paint {
  if (stream.isTTY !== true || stream.hasColors?.() !== true) return (_style, text) => text;
  // `hasColors` was checked above, because Node 20.19 would check standard output instead of this stream.
  return (style, text) => styleText(style, text, { validateStream: false });
}
