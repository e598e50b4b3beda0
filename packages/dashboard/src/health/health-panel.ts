import "./health.css";
import type { RequestUsage } from "@tickerplant/client/history";
import { GatewayAbsence } from "../gateway/gateway-status.ts";
import { element, setText, svg } from "../ui/dom.ts";
import { GapsTab } from "./gaps-tab.ts";
import { clientCount, GatewayTab } from "./gateway-tab.ts";
import type { GatewayView } from "./gateway-view.ts";
import type { HealthModel } from "./health-model.ts";
import { HealthTab } from "./health-tab.ts";
import { LogTab } from "./log-tab.ts";

/** The tabs, in their order, with the keys that select them. */
export const TABS = [
  { id: "health", name: "Health", key: "h" },
  { id: "gaps", name: "Gaps", key: "g" },
  { id: "gateway", name: "Gateway", key: "G" },
  { id: "log", name: "Log", key: "l" },
] as const;

/** The name of a tab. */
export type TabId = (typeof TABS)[number]["id"];

/** The key that enlarges the dock to the whole page, and back. */
export const ENLARGE_KEY = "m";

interface Tab {
  readonly id: TabId;
  readonly button: HTMLButtonElement;
  /** The number beside the name. */
  readonly note: HTMLElement;
  readonly panel: HTMLElement;
}

/** What a {@link HealthPanel} shows. */
export interface HealthPanelOptions {
  readonly model: HealthModel;
  /** The gateway's newest status, or why there is none. Default: it has not arrived yet. */
  readonly gateway?: (() => GatewayView | GatewayAbsence) | undefined;
  /** The budget of the history that fills the gaps; without it, no line is shown. */
  readonly budget?: (() => RequestUsage) | undefined;
}

/** The health dock: tabs Health, Gaps, Gateway and Log. The page calls `draw` at most once a second, and passes keys on. */
export class HealthPanel {
  readonly element: HTMLElement;
  readonly #model: HealthModel;
  readonly #gateway: () => GatewayView | GatewayAbsence;
  readonly #health: HealthTab;
  readonly #gaps = new GapsTab();
  readonly #gatewayTab = new GatewayTab();
  readonly #log = new LogTab();
  readonly #tabs: readonly Tab[];
  readonly #enlarge: HTMLButtonElement;
  #selected: TabId = "health";
  #isEnlarged = false;
  #nowMs: number = Date.now();

  constructor({ model, gateway = () => GatewayAbsence.LOADING, budget }: HealthPanelOptions) {
    this.#model = model;
    this.#gateway = gateway;
    this.#health = new HealthTab(budget);
    const contents = { health: this.#health, gaps: this.#gaps, gateway: this.#gatewayTab, log: this.#log };
    this.#tabs = TABS.map(({ id, name }) => makeTab(id, name, contents[id].element));
    for (const { id, button } of this.#tabs) button.addEventListener("click", () => this.toggle(id));
    const list = element("div", "dock-tablist", ...this.#tabs.map(({ button }) => button));
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Health");
    list.addEventListener("keydown", (event) => this.#moveFocus(event));
    this.#enlarge = enlargeButton(() => this.toggleEnlarged());
    const bar = element("div", "dock-bar-top", list, this.#enlarge);
    this.element = element("section", "dock", bar, ...this.#tabs.map(({ panel }) => panel));
    this.element.setAttribute("aria-label", "Health");
    this.show("health");
    this.element.classList.remove("dock-opened");
    this.#drawEnlarged();
  }

  /** Selects a tab. On a short window, where only the tabs show, this opens the dock. */
  show(id: TabId): void {
    this.#selected = id;
    this.element.classList.add("dock-opened");
    for (const { id: each, button, panel } of this.#tabs) {
      const isSelected = each === id;
      button.setAttribute("aria-selected", String(isSelected));
      button.tabIndex = isSelected ? 0 : -1;
      panel.hidden = !isSelected;
    }
    this.#drawSelected();
  }

  /** As {@link show}; for the selected tab, closes the dock on a short window. */
  toggle(id: TabId): void {
    const isShown = this.#selected === id && this.element.classList.contains("dock-opened");
    this.show(id);
    if (isShown) this.element.classList.remove("dock-opened");
  }

  /** Enlarges the dock to the whole page, or back. */
  toggleEnlarged(): void {
    this.#isEnlarged = !this.#isEnlarged;
    this.#drawEnlarged();
  }

  /** Handles a key of the page. Returns whether it was one of the dock's. */
  key(key: string): boolean {
    const tab = TABS.find((each) => each.key === key);
    if (tab !== undefined) this.show(tab.id);
    else if (key === ENLARGE_KEY) this.toggleEnlarged();
    else if (key === "Escape" && this.#isEnlarged) this.toggleEnlarged();
    else return false;
    return true;
  }

  /** Draws the figures of now. */
  draw(nowMs: number): void {
    this.#nowMs = nowMs;
    const open = this.#model.gaps.all.filter(({ state }) => state === "open").length;
    this.#note("gaps", open === 0 ? "" : `${open} open`, true);
    this.#note("gateway", clientCount(this.#gateway()), false);
    this.#drawSelected();
  }

  #drawSelected(): void {
    if (this.#selected === "health") this.#health.draw(this.#model, this.#nowMs);
    if (this.#selected === "gaps") this.#gaps.draw(this.#model, this.#nowMs);
    if (this.#selected === "gateway") this.#gatewayTab.draw(this.#gateway());
    if (this.#selected === "log") this.#log.draw(this.#model, this.#nowMs);
  }

  #note(id: TabId, text: string, isAlarm: boolean): void {
    const tab = this.#tabs.find((each) => each.id === id);
    if (tab === undefined) return;
    setText(tab.note, text);
    tab.note.classList.toggle("dock-alarm", isAlarm);
  }

  #drawEnlarged(): void {
    this.element.classList.toggle("dock-enlarged", this.#isEnlarged);
    const action = this.#isEnlarged ? "Reduce" : "Enlarge to the whole page";
    this.#enlarge.setAttribute("aria-label", action);
    this.#enlarge.title = `${action} (${ENLARGE_KEY})`;
    this.#enlarge.setAttribute("aria-pressed", String(this.#isEnlarged));
  }

  /** Arrow keys, Home and End move between tabs, as in every tab list. */
  #moveFocus(event: KeyboardEvent): void {
    const index = this.#tabs.findIndex(({ id }) => id === this.#selected);
    const last = this.#tabs.length - 1;
    const targets: Record<string, number> = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    };
    const tab = this.#tabs[targets[event.key] ?? -1];
    if (tab === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // on the page, arrows move the watch list
    this.show(tab.id);
    tab.button.focus();
  }
}

function makeTab(id: TabId, name: string, content: HTMLElement): Tab {
  const note = element("span", "dock-tab-note");
  const button = element("button", "dock-tab", name, note);
  button.type = "button";
  button.id = `dock-tab-${id}`;
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", `dock-panel-${id}`);
  const panel = element("div", "dock-panel", content);
  panel.id = `dock-panel-${id}`;
  panel.tabIndex = 0; // a panel that scrolls must be reached by the keyboard
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", button.id);
  return { id, button, note, panel };
}

function enlargeButton(toggle: () => void): HTMLButtonElement {
  const arrows = svg("path", {
    d: "M9.5 2.5h4v4M13.5 2.5l-4.5 4.5M6.5 13.5h-4v-4M2.5 13.5l4.5-4.5",
    class: "dock-icon",
  });
  const icon = svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, arrows);
  const button = element("button", "dock-enlarge");
  button.type = "button";
  button.append(icon);
  button.addEventListener("click", toggle);
  return button;
}
