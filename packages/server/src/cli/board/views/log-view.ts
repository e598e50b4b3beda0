import { stripVTControlCharacters } from "node:util";
import { foreign } from "../model/foreign.ts";
import { type Line, span } from "../terminal/styled-text.ts";
import type { Scene, Size } from "./scene.ts";

/** The lines of the log, the newest last. */
export function logView({ log, controls: { scroll } }: Scene, { columns, rows }: Size): Line[] {
  if (log.length === 0) return [[span("The log is empty.", "muted")]];
  const lines = log.slice(-(rows + scroll)).flatMap((line) => wrapped(line, columns));
  const end = Math.max(Math.min(rows, lines.length), lines.length - scroll);
  return lines.slice(Math.max(0, end - rows), end);
}

/** A line of the log in as many lines of the screen as it takes. */
function wrapped(line: string, columns: number): Line[] {
  const text = foreign(stripVTControlCharacters(line));
  const tone = /^\S+ warning:|^error:/.test(text) ? "warn" : "text";
  const count = Math.max(1, Math.ceil(text.length / columns));
  return Array.from({ length: count }, (_, index) => [span(text.slice(index * columns, (index + 1) * columns), tone)]);
}
