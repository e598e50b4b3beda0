import type { Controls } from "../keys/controls.ts";
import type { BoardModel } from "../model/board-model.ts";
import type { BoardSymbol } from "../model/board-symbol.ts";

/** The cells of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Everything that a frame of the board depends on. */
export interface Scene {
  readonly model: BoardModel;
  /** The symbols of the list in its order; copies while the board is paused. */
  readonly rows: readonly BoardSymbol[];
  /** The selected symbol, also where a filter hides it. */
  readonly selected: BoardSymbol | undefined;
  /** Whether the prices of symbols changed up or down a moment ago. */
  readonly moves: ReadonlyMap<string, "up" | "down">;
  readonly controls: Controls;
  readonly isPaused: boolean;
  /** The first row of the list that is shown. */
  readonly top: number;
  /** The newest lines of the log are the last. */
  readonly log: readonly string[];
  /** What the board has to report for a moment, such as a warning. */
  readonly notice: string | undefined;
  /** The feed's name. */
  readonly feed: string;
  /** The address of the page, in a demo. */
  readonly address: string | undefined;
  readonly hasKeys: boolean;
  readonly nowMs: number;
}

/** Terminals with fewer lines have no rule above the counters and no blank line below the header. */
export const ROOMY_ROWS = 30;

/** Columns from which the tape stands beside the list. */
export const WIDE_COLUMNS = 110;

/** Columns from which a symbol has a chart. */
export const CHART_COLUMNS = 140;

/** Lines between header and footer. */
export function bodyRows({ rows }: Size): number {
  return Math.max(0, rows - (rows >= ROOMY_ROWS ? 5 : 3));
}
