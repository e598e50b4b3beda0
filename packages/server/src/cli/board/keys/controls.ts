import { MAX_FILTER_LENGTH } from "../limits.ts";
import type { BarMinutes } from "../model/board-bars.ts";
import type { Action, View } from "./actions.ts";
import { SORT_KEYS, type SortKey } from "./symbol-order.ts";

/** The smallest sizes of the tape, in shares. */
const SMALLEST_SIZES = [0, 100, 1_000, 10_000] as const;

/** What the user has chosen by keys. */
export interface Controls {
  readonly view: View;
  /** The selected symbol; undefined for the first of the list. */
  readonly selected: string | undefined;
  readonly sortKey: SortKey;
  readonly isReversed: boolean;
  readonly filter: string;
  readonly isTyping: boolean;
  readonly isHelpShown: boolean;
  readonly minutes: BarMinutes;
  readonly smallestSize: number;
  /** Lines by which a view other than the list is scrolled. */
  readonly scroll: number;
}

/** The choices of a new board. */
export const FIRST_CONTROLS: Controls = {
  view: "list",
  selected: undefined,
  sortKey: "volume",
  isReversed: false,
  filter: "",
  isTyping: false,
  isHelpShown: false,
  minutes: 1,
  smallestSize: 0,
  scroll: 0,
};

/** What an action depends on. */
export interface Surroundings {
  /** The symbols of the list, in its order. */
  readonly symbols: readonly string[];
  /** Lines of a page. */
  readonly pageLines: number;
}

/** The choices after an action; the same object for an action that changes none. */
export function controlsAfter(action: Action, controls: Controls, surroundings: Surroundings): Controls {
  if (controls.isHelpShown) return closesHelp(action) ? { ...controls, isHelpShown: false } : controls;
  switch (action.kind) {
    case "move":
      return moved(controls, action.by, surroundings);
    case "page":
      return moved(controls, action.by * Math.max(1, surroundings.pageLines), surroundings);
    case "edge":
      return moved(controls, action.at === "first" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, surroundings);
    case "neighbour":
      return selectedBy(controls, action.by, surroundings);
    case "open":
      return opened(controls, surroundings);
    case "show":
      return { ...controls, view: action.view === controls.view ? "list" : action.view, scroll: 0 };
    case "back":
      return back(controls);
    case "filter":
      return { ...controls, view: "list", isTyping: true };
    case "type":
      return {
        ...controls,
        filter: `${controls.filter}${action.text}`.slice(0, MAX_FILTER_LENGTH),
        selected: undefined,
      };
    case "erase":
      return { ...controls, filter: controls.filter.slice(0, -1) };
    case "accept":
      return { ...controls, isTyping: false };
    case "sort":
      return { ...controls, sortKey: next(SORT_KEYS, controls.sortKey), isReversed: false };
    case "reverse":
      return { ...controls, isReversed: !controls.isReversed };
    case "bars":
      return { ...controls, minutes: action.minutes };
    case "smallestSize":
      return { ...controls, smallestSize: next(SMALLEST_SIZES, controls.smallestSize) };
    case "help":
      return { ...controls, isHelpShown: true };
    case "pause":
    case "copy":
    case "redraw":
    case "suspend":
    case "quit":
    case "interrupt":
      return controls; // the board itself handles these
  }
}

function closesHelp({ kind }: Action): boolean {
  return kind === "help" || kind === "back" || kind === "open" || kind === "pause";
}

function moved(controls: Controls, by: number, surroundings: Surroundings): Controls {
  if (controls.view === "list") return selectedBy(controls, by, surroundings);
  return { ...controls, scroll: Math.max(0, Math.min(controls.scroll + by, MAX_SCROLL)) };
}

/** More lines than any view has. */
const MAX_SCROLL = 10_000;

function selectedBy(controls: Controls, by: number, { symbols }: Surroundings): Controls {
  const at = Math.max(0, symbols.indexOf(controls.selected ?? ""));
  const to = Math.max(0, Math.min(at + by, symbols.length - 1));
  return { ...controls, selected: symbols[to], scroll: 0 };
}

function opened(controls: Controls, { symbols }: Surroundings): Controls {
  if (controls.view !== "list") return controls;
  const selected = controls.selected ?? symbols[0];
  return selected === undefined ? controls : { ...controls, selected, view: "symbol", scroll: 0 };
}

/** One step back: from typing, from a view, from a filter. */
function back(controls: Controls): Controls {
  if (controls.isTyping) return { ...controls, isTyping: false, filter: "" };
  if (controls.view !== "list") return { ...controls, view: "list", scroll: 0 };
  return { ...controls, filter: "" };
}

function next<T>(values: readonly T[], value: T): T {
  return values[(values.indexOf(value) + 1) % values.length] ?? value;
}
