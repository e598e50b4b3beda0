import type { Gap } from "../market/gap-ledger.ts";
import type { HaltSpan } from "../market/halt-log.ts";
import { element } from "../ui/dom.ts";
import { price, shares } from "../ui/figures.ts";
import { datedMinute, isoDate } from "../ui/new-york.ts";
import type { Slot } from "./candles.ts";
import * as LIMITS from "./limits.ts";

const DAY_MS = 86_400_000;
const HEADINGS = ["Time ET", "Open", "High", "Low", "Close", "Volume", "Note"] as const;

/** The slots of the chart as a table, newest first, with gaps and halts in words. */
export class BarTable {
  readonly element: HTMLElement;
  readonly #caption = element("caption", "visually-hidden");
  readonly #body = element("tbody", "");

  constructor() {
    const head = element("thead", "", element("tr", "", ...HEADINGS.map(heading)));
    const table = element("table", "chart-table", this.#caption, head, this.#body);
    this.element = element("div", "chart-table-scroll", table);
    this.element.tabIndex = 0; // what scrolls must be reached by the keyboard
    this.element.setAttribute("role", "region");
    this.element.setAttribute("aria-label", "Bars as a table");
    this.element.hidden = true;
  }

  /** Draws the newest slots. */
  draw(
    caption: string,
    slots: readonly Slot[],
    stepMs: number,
    gaps: readonly Gap[],
    halts: readonly HaltSpan[],
    nowMs: number,
  ): void {
    this.#caption.textContent = caption;
    const shown = slots.slice(-LIMITS.maxTableRows).reverse();
    this.#body.replaceChildren(
      ...shown.map((slot) => row(slot, timeOf(slot, stepMs, nowMs), note(slot.startMs, stepMs, gaps, halts))),
    );
  }
}

/** What is to say of a slot: its gaps and halts. */
export function note(startMs: number, stepMs: number, gaps: readonly Gap[], halts: readonly HaltSpan[]): string {
  const touches = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number | undefined }): boolean =>
    fromMs < startMs + stepMs && (toMs ?? Number.POSITIVE_INFINITY) > startMs;
  const states = new Set(gaps.filter(touches).map(({ state }) => state));
  const words: string[] = [];
  if (halts.some(touches)) words.push("Halted");
  if (states.has("open")) words.push("Gap open");
  if (states.has("filling")) words.push("Gap being filled");
  if (states.has("filled")) words.push("Gap filled");
  return words.join(", ");
}

function heading(text: string): HTMLElement {
  const cell = element("th", "", text);
  cell.scope = "col";
  return cell;
}

function timeOf({ startMs }: Slot, stepMs: number, nowMs: number): string {
  return stepMs >= DAY_MS ? isoDate(startMs) : datedMinute(startMs, nowMs);
}

function row({ candle }: Slot, timeText: string, words: string): HTMLElement {
  const time = element("th", "", timeText);
  time.scope = "row";
  const { open, high, low, close, volume } = candle ?? {};
  const cells = [price(open), price(high), price(low), price(close), shares(volume), words];
  return element("tr", "", time, ...cells.map((text) => element("td", "", text)));
}
