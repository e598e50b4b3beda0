import type { Source } from "../market/market.ts";
import { element, setText } from "../ui/dom.ts";

/** What the badge and the strip say of each source. The market itself and an unknown source have no strip. */
const WORDS = {
  live: { badge: "LIVE", strip: undefined },
  simulated: { badge: "SIMULATED", strip: ["Simulated market", "Prices are made up."] },
  replay: { badge: "REPLAY", strip: ["Replay", "Prices are of an earlier time."] },
  unknown: { badge: "SOURCE UNKNOWN", strip: undefined },
} as const;

/** The badge in the top bar. Hidden until the source is known. */
export class SourceBadge {
  readonly element: HTMLElement = element("span", "badge");

  constructor() {
    this.element.hidden = true;
  }

  show(source: Source): void {
    const name = source ?? "unknown";
    this.element.className = `badge badge-${name}`;
    setText(this.element, WORDS[name].badge);
    this.element.hidden = false;
  }
}

/** The strip above the page, so that nothing mistakes made-up or old prices for the market. It cannot be closed. */
export class SourceStrip {
  readonly element: HTMLElement = element("p", "strip");

  constructor() {
    this.element.hidden = true;
  }

  /** `detail` says more of the source, such as `seed 1, speed 1`. */
  show(source: Source, detail: string | undefined): void {
    const words = WORDS[source ?? "unknown"].strip;
    this.element.hidden = words === undefined;
    if (words === undefined) return;
    this.element.className = `strip strip-${source}`;
    this.element.replaceChildren(
      element("strong", "", words[0]),
      ` · ${detail === undefined ? "" : `${detail}. `}${words[1]}`,
    );
  }
}
