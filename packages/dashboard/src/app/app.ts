import { element } from "../ui/dom.ts";
import type { Panel } from "../ui/panel.ts";
import { SLOT_LABELS, SLOTS, type SlotName, VIEWS, type ViewName } from "./slots.ts";
import { toggleTheme } from "./theme.ts";

/** The page as a whole: its bars, the places of its panels, and the frame in which they draw. */
export class App {
  readonly element: HTMLElement;
  readonly #slots = new Map<SlotName, HTMLElement>();
  readonly #panels = new Map<SlotName, Panel>();
  readonly #viewButtons = new Map<ViewName, HTMLButtonElement>();
  readonly #main: HTMLElement;
  #isFrameRequested = false;

  constructor() {
    for (const name of SLOTS) this.#slots.set(name, makeSlot(name));
    this.#main = element("main", "panels", ...this.#slots.values());
    this.element = element("div", "app", topBar(), this.#main, this.#viewBar(), statusBar());
    this.show("chart");
  }

  /** Puts a panel into its place. It replaces the one that is there. */
  mount(name: SlotName, panel: Panel): void {
    this.#panels.set(name, panel);
    this.#slots.get(name)?.replaceChildren(panel.element);
    this.requestDraw();
  }

  /** Draws all panels in the next frame: once, however often this is called until then. */
  requestDraw(): void {
    if (this.#isFrameRequested) return;
    this.#isFrameRequested = true;
    requestAnimationFrame(() => {
      this.#isFrameRequested = false;
      const nowMs = Date.now();
      for (const panel of this.#panels.values()) panel.draw(nowMs);
    });
  }

  /** Selects a view of a narrow page. A wide page shows all of them. */
  show(view: ViewName): void {
    this.#main.dataset.view = view;
    for (const [name, button] of this.#viewButtons)
      if (name === view) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
  }

  #viewBar(): HTMLElement {
    for (const { name, label } of VIEWS) {
      const button = element("button", "view-button", label);
      button.type = "button";
      button.addEventListener("click", () => this.show(name));
      this.#viewButtons.set(name, button);
    }
    const bar = element("nav", "view-bar", ...this.#viewButtons.values());
    bar.setAttribute("aria-label", "Views");
    return bar;
  }
}

function makeSlot(name: SlotName): HTMLElement {
  const slot = element("section", `slot slot-${name}`);
  slot.setAttribute("aria-label", SLOT_LABELS[name]);
  return slot;
}

function topBar(): HTMLElement {
  const theme = element("button", "icon-button", "◐");
  theme.type = "button";
  theme.setAttribute("aria-label", "Change between the light and the dark theme");
  theme.addEventListener("click", toggleTheme);
  const brand = element("span", "brand", "tickerplant");
  const title = element("h1", "visually-hidden", "tickerplant: market and health of this gateway");
  return element("header", "top-bar", title, brand, element("span", "connection", "Not connected"), theme);
}

function statusBar(): HTMLElement {
  const link = element("a", "", "TradingView Lightweight Charts™");
  link.href = "https://www.tradingview.com/";
  link.rel = "noreferrer";
  return element("footer", "status-bar", "Not connected", element("span", "attribution", "Charts: ", link));
}
