import { element } from "../ui/dom.ts";

/** The keys of the page, the same as those of the board in the terminal. */
const KEYS = [
  ["/", "add a symbol"],
  ["↑ ↓ j k", "move in the watch list"],
  ["Enter", "open a symbol"],
  ["x", "remove a symbol"],
  ["s S", "sort, reverse"],
  ["w", "watch list, on a narrow page"],
  ["t", "theme"],
  ["?", "this help"],
  ["Esc", "back"],
] as const;

/** Makes the dialog with the keys; `showModal` opens it, and Esc closes it. */
export function helpDialog(): HTMLDialogElement {
  const rows = KEYS.map(([key, meaning]) => [element("dt", "help-key", key), element("dd", "", meaning)]);
  const close = element("button", "help-close", "Close");
  close.type = "button";
  const dialog = element(
    "dialog",
    "help",
    element("h2", "help-title", "Keys"),
    element("dl", "help-keys", ...rows.flat()),
    close,
  );
  dialog.ariaLabel = "Keys";
  close.addEventListener("click", () => dialog.close());
  return dialog;
}
