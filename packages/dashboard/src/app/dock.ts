import type { RequestBudget } from "@tickerplant/client/history";
import { GatewayAbsence, type GatewayStatus } from "../gateway/gateway-status.ts";
import { gatewayView } from "../health/gateway-view.ts";
import type { HealthModel } from "../health/health-model.ts";
import { HealthPanel } from "../health/health-panel.ts";
import { StatusCounters } from "../health/status-counters.ts";
import type { Panel } from "../ui/panel.ts";

/** The health dock and the counters of the status bar. Their figures change once a second. */
export class Dock implements Panel {
  readonly counters: StatusCounters = new StatusCounters();
  readonly #model: HealthModel;
  readonly #status: GatewayStatus;
  readonly #panel: HealthPanel;
  #isSampled = true;

  constructor(model: HealthModel, status: GatewayStatus, budget: RequestBudget) {
    this.#model = model;
    this.#status = status;
    this.#panel = new HealthPanel({
      model,
      gateway: () => {
        const { latest } = status;
        return typeof latest === "string" ? latest : gatewayView(latest, Date.now());
      },
      budget: () => budget.usage,
    });
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  /** Reads the counters and requests the gateway's report. Called once a second. */
  sample(): void {
    this.#model.sample(performance.now());
    // A page in a hidden tab sends no requests.
    if (document.visibilityState === "visible" || this.#status.latest === GatewayAbsence.LOADING)
      void this.#status.refresh();
    this.#isSampled = true;
  }

  draw(nowMs: number): void {
    if (!this.#isSampled) return;
    this.#isSampled = false;
    this.#panel.draw(nowMs);
    this.counters.draw(this.#model);
  }

  key(key: string): boolean {
    return this.#panel.key(key);
  }
}
