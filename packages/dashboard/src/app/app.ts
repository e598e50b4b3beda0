import "./bars.css";
import "./keys.css";
import { VERSION } from "@tickerplant/client";
import type { GatewayFeed } from "../gateway/gateway-info.ts";
import type { GapLedger } from "../market/gap-ledger.ts";
import type { Market } from "../market/market.ts";
import { element } from "../ui/dom.ts";
import { emptyState } from "../ui/empty-state.ts";
import type { Panel } from "../ui/panel.ts";
import { Announcer } from "./announcer.ts";
import { areLettersOn, helpDialog } from "./help.ts";
import { SLOT_LABELS, SLOTS, type SlotName, VIEWS, type ViewName } from "./slots.ts";
import { SourceStrip } from "./source-strip.ts";
import { toggleTheme } from "./theme.ts";
import { TopBar } from "./top-bar.ts";

/** Ages tick ten times a second, whether or not records come. */
const AGE_TICK_MS = 100;

/** The page as a whole: its bars, the places of its panels, and the frame in which they draw. */
export class App {
  readonly element: HTMLElement;
  readonly #slots = new Map<SlotName, HTMLElement>();
  readonly #panels = new Map<SlotName, Panel>();
  readonly #viewButtons = new Map<ViewName, HTMLButtonElement>();
  readonly #main: HTMLElement;
  readonly #help = helpDialog();
  readonly #strip = new SourceStrip();
  readonly #topBar = new TopBar(() => this.#help.showModal());
  readonly #announcer = new Announcer();
  #market: Market | undefined;
  #gaps: GapLedger | undefined;
  readonly #counters = element("div", "status-counts");
  #isFrameRequested = false;

  constructor() {
    for (const name of SLOTS) this.#slots.set(name, makeSlot(name));
    this.#main = element("main", "panels", ...this.#slots.values());
    const bars = element("div", "bars", this.#strip.element, this.#topBar.element);
    this.element = element("div", "app", bars, this.#main, this.#viewBar(), statusBar(this.#counters), this.#help);
    this.element.append(this.#announcer.element);
    this.show("chart");
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.requestDraw(), AGE_TICK_MS);
  }

  /** Puts a panel into its place. It replaces the one that is there. */
  mount(name: SlotName, panel: Panel): void {
    this.#panels.set(name, panel);
    this.#slots.get(name)?.replaceChildren(panel.element);
    this.requestDraw();
  }

  /** Shows the source and the connection of a market in the bars, and its counters in the status bar. */
  showMarket(market: Market, gaps: GapLedger, feed: GatewayFeed, counters: HTMLElement): void {
    this.#market = market;
    this.#gaps = gaps;
    this.#counters.replaceChildren(counters);
    this.#strip.show(market.source, feed.sourceDetail);
    this.#topBar.show(market, feed.name);
    this.requestDraw();
  }

  /** Sets what returns why the gateway has no records; undefined if it has. */
  set problem(problem: () => string | undefined) {
    this.#topBar.problem = problem;
  }

  /** Draws bars and panels in the next frame: once, however often this is called until then. */
  requestDraw(): void {
    if (this.#isFrameRequested) return;
    this.#isFrameRequested = true;
    requestAnimationFrame(() => {
      this.#isFrameRequested = false;
      const nowMs = Date.now();
      this.#topBar.draw(nowMs);
      if (this.#market !== undefined && this.#gaps !== undefined) this.#announcer.draw(this.#market, this.#gaps, nowMs);
      for (const [name, panel] of this.#panels) this.#drawPanel(name, panel, nowMs);
    });
  }

  /** A panel that fails is replaced by the reason, and the others go on. */
  #drawPanel(name: SlotName, panel: Panel, nowMs: number): void {
    try {
      panel.draw(nowMs);
    } catch (error) {
      console.error(error);
      this.mount(name, emptyState("This panel has failed", `${String(error)}. Reload the page to try again.`));
    }
  }

  /** Selects a view of a narrow page. A wide page shows all of them. */
  show(view: ViewName): void {
    this.#main.dataset.view = view;
    for (const [name, button] of this.#viewButtons)
      if (name === view) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
  }

  #key(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || this.#help.open || isForTarget(event)) return;
    if (key.length === 1 && key !== "?" && !areLettersOn()) return;
    if (!this.#ownKey(key) && !this.#panelKey(key)) return;
    event.preventDefault();
    this.requestDraw();
  }

  /** Offers a key to the panels. A narrow page shows the dock whose tab the key selects. */
  #panelKey(key: string): boolean {
    for (const [name, panel] of this.#panels) {
      if (panel.key?.(key) !== true) continue;
      if (name === "dock") this.show("dock");
      return true;
    }
    return false;
  }

  /** Handles the keys of the page itself. Returns whether the key is one of them. */
  #ownKey(key: string): boolean {
    if (key === "?") this.#help.showModal();
    else if (key === "t") toggleTheme();
    else if (key === "w") this.show("watch");
    else return false;
    return true;
  }

  #viewBar(): HTMLElement {
    for (const { name, label } of VIEWS) {
      const button = element("button", "view-button", label);
      button.type = "button";
      button.dataset.view = name;
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

/** Whether a key is for the element that has the focus: a form field, or a button that the space bar presses. */
function isForTarget({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  return target.matches("input, select, textarea") || (target.matches("button, a") && (key === " " || key === "Enter"));
}

function statusBar(counters: HTMLElement): HTMLElement {
  const link = element("a", "", "TradingView Lightweight Charts™");
  link.href = "https://www.tradingview.com/";
  link.rel = "noreferrer";
  const notice = element("a", "", "Notice");
  notice.href = "assets/NOTICE.txt";
  const charts = element("span", "attribution", "Charts: ", link, " · ", notice);
  return element("footer", "status-bar", counters, charts, element("span", "version", `tickerplant ${VERSION}`));
}
