import type { BarMinutes } from "../model/board-bars.ts";
import type { Key } from "../terminal/screen.ts";

/** A view of the board. */
export type View = "list" | "symbol" | "health" | "gaps" | "log";

/** What a key does. */
export type Action =
  | { readonly kind: "move"; readonly by: number }
  | { readonly kind: "page"; readonly by: -1 | 1 }
  | { readonly kind: "edge"; readonly at: "first" | "last" }
  | { readonly kind: "neighbour"; readonly by: -1 | 1 }
  | { readonly kind: "show"; readonly view: View }
  | { readonly kind: "bars"; readonly minutes: BarMinutes }
  | { readonly kind: "type"; readonly text: string }
  | { readonly kind: SimpleKind };

type SimpleKind =
  | "open"
  | "back"
  | "filter"
  | "erase"
  | "accept"
  | "sort"
  | "reverse"
  | "pause"
  | "smallestSize"
  | "copy"
  | "help"
  | "redraw"
  | "suspend"
  | "quit"
  | "interrupt";

const simple = (kind: SimpleKind): Action => ({ kind });

/** Keys with Ctrl: those that a terminal in raw mode does not handle itself. */
const CONTROL_KEYS: Readonly<Record<string, Action>> = {
  c: simple("interrupt"),
  z: simple("suspend"),
  l: simple("redraw"),
  f: { kind: "page", by: 1 },
  b: { kind: "page", by: -1 },
};

const NAMED_KEYS: Readonly<Record<string, Action>> = {
  up: { kind: "move", by: -1 },
  down: { kind: "move", by: 1 },
  pageup: { kind: "page", by: -1 },
  pagedown: { kind: "page", by: 1 },
  home: { kind: "edge", at: "first" },
  end: { kind: "edge", at: "last" },
  left: { kind: "neighbour", by: -1 },
  right: { kind: "neighbour", by: 1 },
  return: simple("open"),
  enter: simple("open"),
  escape: simple("back"),
  backspace: simple("back"),
  space: simple("pause"),
};

/** By the character: upper and lower case differ. */
const CHARACTERS: Readonly<Record<string, Action>> = {
  j: { kind: "move", by: 1 },
  k: { kind: "move", by: -1 },
  "/": simple("filter"),
  s: simple("sort"),
  S: simple("reverse"),
  p: simple("pause"),
  z: simple("smallestSize"),
  c: simple("copy"),
  w: { kind: "show", view: "list" },
  h: { kind: "show", view: "health" },
  g: { kind: "show", view: "gaps" },
  l: { kind: "show", view: "log" },
  "1": { kind: "bars", minutes: 1 },
  "5": { kind: "bars", minutes: 5 },
  f: { kind: "bars", minutes: 15 },
  d: { kind: "bars", minutes: 1440 },
  "?": simple("help"),
  q: simple("quit"),
};

/** Keys while a filter is typed; other characters are its text. */
const TYPING_KEYS: Readonly<Record<string, Action>> = {
  return: simple("accept"),
  enter: simple("accept"),
  escape: simple("back"),
  backspace: simple("erase"),
  up: { kind: "move", by: -1 },
  down: { kind: "move", by: 1 },
};

/** Returns what a key does; undefined for a key that does nothing. */
export function actionOf(text: string | undefined, key: Key, isTyping: boolean): Action | undefined {
  const { name = "", ctrl = false, meta = false } = key;
  if (ctrl) return own(CONTROL_KEYS, name);
  if (isTyping) {
    const isText = text !== undefined && /^[!-~]$/.test(text) && !meta;
    return own(TYPING_KEYS, name) ?? (isText ? { kind: "type", text } : undefined);
  }
  if (meta && name !== "escape") return undefined;
  return own(NAMED_KEYS, name) ?? own(CHARACTERS, text ?? "");
}

function own(actions: Readonly<Record<string, Action>>, name: string): Action | undefined {
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
}
