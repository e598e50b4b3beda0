import { element, setText } from "../ui/dom.ts";
import { price, shares } from "../ui/figures.ts";
import type { Candle } from "./candles.ts";
import type { LayerName } from "./layers/scene.ts";

const LAYERS: readonly (readonly [name: LayerName, label: string])[] = [
  ["bands", "LULD bands"],
  ["sessions", "Extended hours"],
  ["openGaps", "Gap"],
  ["filledGaps", "Filled gap"],
];

const VALUES = ["O", "H", "L", "C", "V"] as const;

/** The values of the candle under the crosshair, and the switches of the layers, which explain their colours. */
export class ChartLegend {
  readonly element: HTMLElement;
  readonly #time = element("span", "chart-legend-time");
  readonly #values: readonly HTMLElement[] = VALUES.map(() => element("b", ""));

  constructor(onSwitch: (layer: LayerName, isShown: boolean) => void) {
    const values = VALUES.map((label, index) => element("span", "chart-value", `${label} `, this.#values[index] ?? ""));
    const switches = LAYERS.map(([name, label]) => layerSwitch(name, label, onSwitch));
    const group = element("div", "chart-switches", ...switches);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Layers of the chart");
    this.element = element("div", "chart-legend", element("div", "chart-values", ...values, this.#time), group);
  }

  /** Draws the values of a candle; a dash for each if there is none at this place. The time is empty for the newest. */
  draw(candle: Candle | undefined, time: string): void {
    const { open, high, low, close, volume } = candle ?? {};
    const texts = [price(open), price(high), price(low), price(close), shares(volume)];
    for (const [index, text] of texts.entries()) {
      const target = this.#values[index];
      if (target !== undefined) setText(target, text);
    }
    setText(this.#time, time);
  }
}

function layerSwitch(
  name: LayerName,
  label: string,
  onSwitch: (layer: LayerName, isShown: boolean) => void,
): HTMLButtonElement {
  const button = element("button", "chart-switch", element("span", `chart-swatch chart-swatch-${name}`), label);
  button.type = "button";
  button.setAttribute("aria-pressed", "true");
  button.title = `Show or hide: ${label}`;
  button.addEventListener("click", () => {
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isShown));
    onSwitch(name, isShown);
  });
  return button;
}
