import { element } from "../ui/dom.ts";

/** The keys of the page, the same as those of the board in the terminal. */
const KEYS = [
  ["/", "add a symbol"],
  ["↑ ↓ j k", "move in the watch list"],
  ["Enter", "open a symbol"],
  ["x", "remove a symbol"],
  ["s S", "sort, reverse"],
  ["1 5 f d", "candles of 1, 5 and 15 minutes, and of a day"],
  ["← →", "pan the chart, with the focus on it"],
  ["+ −", "zoom the chart"],
  ["v", "chart as a table"],
  ["p Space", "pause the tape"],
  ["z", "smallest size of the tape"],
  ["h g G l", "health, gaps, gateway, log"],
  ["m", "enlarge the dock"],
  ["w", "watch list, on a narrow page"],
  ["t", "theme"],
  ["?", "this help"],
  ["Esc", "back"],
] as const;

/** Kept between visits, if letters are off. */
const STORED = "tickerplant.letters";

/**
 * Whether keys of one character do something. Programs that turn speech into keys press letters by mistake.
 * Source: WCAG 2.2, 2.1.4.
 */
export function areLettersOn(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

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
    lettersSwitch(),
    close,
  );
  dialog.ariaLabel = "Keys";
  close.addEventListener("click", () => dialog.close());
  return dialog;
}

function lettersSwitch(): HTMLElement {
  const box = element("input", "");
  box.type = "checkbox";
  box.checked = areLettersOn();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "off");
  });
  return element("label", "help-letters", box, " Keys of one character are on; ? always opens this help");
}
