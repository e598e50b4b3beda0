import type { Market } from "../market/market.ts";
import { element, setText } from "../ui/dom.ts";
import { clock, date } from "../ui/new-york.ts";
import { connectionWords } from "./connection-words.ts";
import { sessionWords } from "./session-words.ts";
import { SourceBadge } from "./source-strip.ts";
import { toggleTheme } from "./theme.ts";

/** How often the figures of the bar change, in milliseconds: a lost connection counts tenths of seconds. */
const DRAW_EVERY_MS = 100;

/** Name, source, feed, connection and clock. The whole bar is the alarm of a lost connection. */
export class TopBar {
  readonly element: HTMLElement;
  readonly #badge = new SourceBadge();
  readonly #feed = element("span", "top-feed");
  readonly #title = element("span", "connection");
  readonly #detail = element("span", "connection-detail");
  readonly #alert = element("p", "visually-hidden");
  readonly #session = element("span", "top-session");
  readonly #clock = element("span", "top-clock");
  readonly #date = element("span", "top-date");
  /** Returns why the gateway has no records; undefined if it has. */
  problem: () => string | undefined = () => undefined;
  #market: Market | undefined;
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #isAlarm = false;
  #lagMs: number | undefined;
  #lagAtMs = Number.NEGATIVE_INFINITY;

  constructor(help: () => void) {
    this.#alert.role = "alert";
    this.element = element(
      "header",
      "top-bar",
      element("h1", "visually-hidden", "tickerplant: market and health of this gateway"),
      element("span", "brand", "tickerplant"),
      this.#badge.element,
      this.#feed,
      this.#title,
      this.#detail,
      this.#alert,
      element("span", "top-space"),
      this.#session,
      element("span", "top-time", this.#clock, " ET"),
      this.#date,
      iconButton("◐", "Change between the light and the dark theme", toggleTheme),
      iconButton("?", "Show the keys", help),
    );
  }

  /** Shows the connection of a market. */
  show(market: Market, feed: string): void {
    this.#market = market;
    this.#badge.show(market.source);
    this.#feed.replaceChildren("Feed ", element("strong", "", feed), ` at ${location.host}`);
    this.#drawnAtMs = Number.NEGATIVE_INFINITY;
  }

  draw(nowMs: number): void {
    if (nowMs - this.#drawnAtMs < DRAW_EVERY_MS) return;
    this.#drawnAtMs = nowMs;
    const words = connectionWords(this.#market?.connection, this.#lag(nowMs), this.problem(), nowMs);
    setText(this.#title, words.title);
    setText(this.#detail, words.detail);
    this.element.classList.toggle("top-bar-alarm", words.isAlarm);
    if (words.isAlarm && !this.#isAlarm) setText(this.#alert, `${words.title}. ${words.detail}`);
    if (!words.isAlarm) setText(this.#alert, "");
    this.#isAlarm = words.isAlarm;
    this.#drawTime(this.#market === undefined ? nowMs : this.#market.nowMs());
  }

  #drawTime(marketMs: number | undefined): void {
    if (marketMs === undefined) return;
    const isReal = this.#market?.source !== "simulated" && this.#market?.source !== "replay";
    setText(this.#session, isReal ? sessionWords(marketMs) : "");
    setText(this.#clock, clock(marketMs));
    setText(this.#date, date(marketMs));
  }

  /** Once a second: the metrics sort the lags of a minute. */
  #lag(nowMs: number): number | undefined {
    if (this.#market !== undefined && nowMs - this.#lagAtMs >= 1000) {
      this.#lagAtMs = nowMs;
      const { p50 } = this.#market.stream.metrics.lag;
      this.#lagMs = p50 === undefined || Number.isNaN(p50) || this.#market.source === "replay" ? undefined : p50;
    }
    return this.#lagMs;
  }
}

function iconButton(icon: string, label: string, press: () => void): HTMLButtonElement {
  const button = element("button", "icon-button", icon);
  button.type = "button";
  button.ariaLabel = label;
  button.addEventListener("click", press);
  return button;
}
