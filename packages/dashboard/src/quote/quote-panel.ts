import "./quote.css";
import type { Market } from "../market/market.ts";
import { element, setText } from "../ui/dom.ts";
import { age, price, UNKNOWN } from "../ui/figures.ts";
import type { Panel } from "../ui/panel.ts";
import { askWords, bidShare, bidWords, type SideWords, spreadWords } from "./quote-words.ts";

/** Nothing reads ages and sizes faster than this, in milliseconds. */
const DRAW_EVERY_MS = 100;

/** The quote of the selected symbol: bid, ask, sizes, spread, LULD bands and age. */
export class QuotePanel implements Panel {
  readonly element: HTMLElement;
  readonly #market: Market;
  readonly #bid = sideOf("Bid");
  readonly #ask = sideOf("Ask");
  readonly #bar = element("div", "quote-bar-bid");
  readonly #spread = element("dd", "");
  readonly #bands = element("dd", "");
  readonly #age = element("dd", "quote-age");
  #drawnSymbol: string | undefined;
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(market: Market) {
    this.#market = market;
    this.element = element(
      "div",
      "quote",
      element("div", "quote-sides", this.#bid.element, this.#ask.element),
      element("div", "quote-bar", this.#bar),
      element(
        "dl",
        "quote-facts",
        fact("Spread", this.#spread),
        fact("LULD bands", this.#bands),
        fact("Age", this.#age),
      ),
    );
  }

  draw(nowMs: number): void {
    const { selected, isStale } = this.#market;
    if (selected?.symbol === this.#drawnSymbol && nowMs - this.#drawnAtMs < DRAW_EVERY_MS) return;
    this.#drawnSymbol = selected?.symbol;
    this.#drawnAtMs = nowMs;
    const quote = selected?.quote;
    this.#bid.show(bidWords(quote));
    this.#ask.show(askWords(quote));
    setText(this.#spread, spreadWords(quote));
    const luld = selected?.luld;
    const bands = luld && `${price(luld.limitDownPrice)} – ${price(luld.limitUpPrice)}`;
    setText(this.#bands, bands ?? UNKNOWN);
    const marketMs = this.#market.nowMs();
    const ageMs = quote === undefined || marketMs === undefined ? undefined : marketMs - quote.timestamp.getTime();
    setText(this.#age, age(ageMs));
    this.#bar.style.width = `${bidShare(quote) ?? 50}%`;
    this.element.classList.toggle("quote-stale", isStale);
  }
}

interface Side {
  readonly element: HTMLElement;
  show(words: SideWords): void;
}

function sideOf(name: string): Side {
  const figure = element("span", "quote-price");
  const size = element("span", "quote-size");
  const exchange = element("span", "quote-exchange");
  const line = element("span", "quote-line", size, exchange);
  return {
    element: element("div", "quote-side", element("span", "quote-label", name), figure, line),
    show: (words) => {
      setText(figure, words.price);
      setText(size, words.size);
      setText(exchange, words.exchange);
    },
  };
}

function fact(name: string, value: HTMLElement): HTMLElement {
  return element("div", "", element("dt", "quote-label", name), value);
}
