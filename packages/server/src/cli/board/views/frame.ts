import { fitted, type Line, rule } from "../terminal/styled-text.ts";
import { countersLine, keysLine } from "./footer-lines.ts";
import { gapsView } from "./gaps-view.ts";
import { headerLine } from "./header-line.ts";
import { healthView } from "./health-view.ts";
import { helpOver } from "./help-view.ts";
import { listView } from "./list-view.ts";
import { logView } from "./log-view.ts";
import { bodyRows, ROOMY_ROWS, type Scene, type Size } from "./scene.ts";
import { symbolView } from "./symbol-view.ts";

/** Draws the board: exactly as many lines as the terminal has, none wider than it. */
export function drawFrame(scene: Scene, size: Size): Line[] {
  const { columns, rows } = size;
  const height = bodyRows(size);
  const isRoomy = rows >= ROOMY_ROWS;
  const drawn = Array.from({ length: height }, (_, index) => index);
  const view = viewOf(scene, { columns: Math.max(1, columns - 2), rows: height });
  const body = drawn.map((index): Line => inset(view[index] ?? []));
  const lines: Line[] = [
    headerLine(scene, columns),
    ...(isRoomy ? [[]] : []),
    ...body,
    ...(isRoomy ? [inset(rule(columns - 2))] : []),
    inset(countersLine(scene, columns - 2)),
    inset(keysLine(scene, columns - 2)),
  ];
  const shown = scene.controls.isHelpShown ? helpOver(lines, scene, size) : lines;
  return shown.slice(0, rows).map((line) => fitted(line, columns));
}

function inset(line: Line): Line {
  return [{ text: " " }, ...line];
}

function viewOf(scene: Scene, size: Size): readonly Line[] {
  switch (scene.controls.view) {
    case "list":
      return listView(scene, size);
    case "symbol":
      return symbolView(scene, size);
    case "health":
      return healthView(scene, size);
    case "gaps":
      return gapsView(scene, size);
    case "log":
      return logView(scene, size);
  }
}
