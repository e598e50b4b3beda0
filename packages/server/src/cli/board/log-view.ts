import { stripVTControlCharacters } from "node:util";
import type { Scene, Size } from "./scene.ts";
import { foreign, type Line, span } from "./styled-text.ts";

/** The lines of the log, the newest last. */
export function logView({ log, controls }: Scene, { rows }: Size): Line[] {
  if (log.length === 0) return [[span("The log is empty.", "muted")]];
  const end = Math.max(Math.min(rows, log.length), log.length - controls.scroll);
  return log.slice(Math.max(0, end - rows), end).map((line): Line => {
    const text = foreign(stripVTControlCharacters(line));
    return [span(text, /^\S+ warning:|^error:/.test(text) ? "warn" : "text")];
  });
}
