import type { Connection } from "../market/connection.ts";
import type { GapLedger } from "../market/gap-ledger.ts";
import type { Market } from "../market/market.ts";
import { element, setText } from "../ui/dom.ts";

/** A reader of the screen hears a message to its end before the next. */
const MIN_INTERVAL_MS = 5_000;

const CONNECTION_WORDS: Readonly<Record<Connection["state"], string>> = {
  connecting: "",
  connected: "Connected.",
  lost: "", // the top bar is an alert of its own
  ended: "",
};

/** Says to readers of the screen what has changed: connection, gaps, halts and rejections, never prices. */
export class Announcer {
  readonly element: HTMLElement = element("p", "visually-hidden");
  readonly #known = new Map<string, string>();
  readonly #waiting = new Map<string, string>();
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor() {
    this.element.role = "status";
  }

  /** Looks for changes, and says one of them. Called with each drawing of the page. */
  draw(market: Market, gaps: GapLedger, nowMs: number): void {
    this.#note("connection", CONNECTION_WORDS[market.connection.state]);
    const open = gaps.all.filter(({ state }) => state === "open").length;
    this.#note("gaps", open === 0 ? "" : `${open === 1 ? "1 gap is" : `${open} gaps are`} open.`);
    for (const { symbol, state, halt, rejection } of market.symbols.values()) {
      if (state === "halted") this.#note(symbol, `${symbol} is halted. ${halt?.reason ?? ""}`);
      else if (state === "rejected") this.#note(symbol, `${symbol} was rejected. ${rejection?.message ?? ""}`);
      else this.#note(symbol, "");
    }
    const [next] = this.#waiting;
    if (next === undefined || nowMs - this.#saidAtMs < MIN_INTERVAL_MS) return;
    this.#saidAtMs = nowMs;
    this.#waiting.delete(next[0]);
    setText(this.element, next[1]);
  }

  /** A state that has ended before it was said is not said. */
  #note(subject: string, words: string): void {
    if ((this.#known.get(subject) ?? "") === words) return;
    this.#known.set(subject, words);
    if (words === "") this.#waiting.delete(subject);
    else this.#waiting.set(subject, words);
  }
}
