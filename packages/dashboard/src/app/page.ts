import { StockDataStream, type StreamError } from "@tickerplant/client";
import { RequestBudget, StockHistory } from "@tickerplant/client/history";
import { type GatewayFeed, type GatewayInfo, gatewayInfo } from "../gateway/gateway-info.ts";
import { feedReport, GatewayStatus } from "../gateway/gateway-status.ts";
import { HealthModel } from "../health/health-model.ts";
import { Market } from "../market/market.ts";
import { QuotePanel } from "../quote/quote-panel.ts";
import { TapePanel } from "../tape/tape-panel.ts";
import { emptyState } from "../ui/empty-state.ts";
import { storedSymbols } from "../watch/stored-symbols.ts";
import { WatchPanel } from "../watch/watch-panel.ts";
import type { App } from "./app.ts";
import { Dock } from "./dock.ts";
import { GatewayGaps } from "./gateway-gaps.ts";
import { keysForm } from "./keys-form.ts";
import { SelectedChart } from "./selected-chart.ts";
import { type Keys, removeKeys, storedKeys, storeKeys } from "./stored-keys.ts";
import { TapeSource } from "./tape-source.ts";

/** What the page watches of a simulated market at the first visit. */
const SIMULATED_SYMBOLS = ["SPY", "QQQ", "NVDA", "TSLA", "AAPL", "AMD", "MSFT", "META"];

/** The longest wait before an attempt to reconnect: the gateway is near, and a reader waits for it. */
const MAX_RECONNECT_DELAY_MS = 5000;

/** How long to wait for a gateway that does not answer, and how often the model looks for silence. */
const SECOND_MS = 1000;

/** Key and secret where the gateway accepts any: they name the page in its logs. */
const ANY_KEYS = { apiKey: "page", secretKey: "page" };

/** The life of the page: it reads what the gateway serves, asks for keys if it must, and connects. */
export class Page {
  readonly #app: App;
  readonly #origin: string;

  constructor(app: App, origin: string) {
    this.#app = app;
    this.#origin = origin;
  }

  async start(): Promise<void> {
    const info = await this.#info();
    const [first] = info.feeds;
    const keys = info.acceptsAnyKey && first !== undefined ? { ...ANY_KEYS, feed: first.name } : storedKeys();
    if (first === undefined)
      this.#app.mount("chart", emptyState("No stocks here", "The gateway serves no feed of stocks."));
    else if (keys === undefined) this.#ask(info, undefined);
    else this.#connect(info, keys);
  }

  /** Retries while the gateway does not answer: it may be starting. */
  async #info(): Promise<GatewayInfo> {
    for (;;) {
      try {
        return await gatewayInfo(this.#origin);
      } catch (error) {
        // Errors of fetch and of the answer have a message.
        this.#app.mount("chart", emptyState("The gateway does not answer", (error as Error).message));
        await new Promise((resolve) => setTimeout(resolve, SECOND_MS));
      }
    }
  }

  #ask(info: GatewayInfo, problem: string | undefined): void {
    const submit = (keys: Keys): void => {
      try {
        this.#connect(info, keys);
        storeKeys(keys);
      } catch (error) {
        this.#ask(info, (error as Error).message); // what was typed cannot be a key, and the client says why
      }
    };
    this.#app.mount("chart", keysForm({ feeds: info.feeds, problem, submit }));
  }

  #connect(info: GatewayInfo, { apiKey, secretKey, feed: feedName }: Keys): void {
    // The keys of this tab may be of an earlier visit, and their feed not be served any more.
    const feed = info.feeds.find(({ name }) => name === feedName) ?? info.feeds[0];
    if (feed === undefined) return;
    const keys = { apiKey, secretKey };
    const budget = new RequestBudget();
    const market = this.#market(feed, keys, budget);
    const health = new HealthModel(market.stream);
    const status = new GatewayStatus(this.#origin, keys);
    const dock = new Dock(health, status, budget);
    const gatewayGaps = new GatewayGaps(health.gaps, feed.name);
    this.#app.showMarket(market, health.gaps, feed, dock.counters.element);
    this.#app.problem = () => feedReport(status.latest, feed.name)?.problem;
    this.#mountPanels(market, health, dock);
    const timer = setInterval(() => {
      market.check(Date.now());
      dock.sample();
      gatewayGaps.read(status.latest, Date.now());
    }, SECOND_MS);
    market.stream.run().catch((error: StreamError) => {
      clearInterval(timer);
      if (info.acceptsAnyKey) return; // the top bar shows why
      removeKeys();
      this.#ask(info, problemOf(error));
    });
  }

  #market(
    { name, path, source }: GatewayFeed,
    keys: { readonly apiKey: string; readonly secretKey: string },
    budget: RequestBudget,
  ): Market {
    const history = new StockHistory({ ...keys, feed: name, urlOverride: this.#origin, budget });
    const stream = new StockDataStream({
      ...keys,
      feed: name,
      // A page cannot send a header: the query asks the gateway to report its own gaps.
      urlOverride: `${this.#origin.replace(/^http/, "ws")}${path}?gaps=1`,
      history,
      reconnect: { maxDelayMs: MAX_RECONNECT_DELAY_MS },
    });
    return new Market({ stream, history, source, changed: () => this.#app.requestDraw() });
  }

  #mountPanels(market: Market, { gaps }: HealthModel, dock: Dock): void {
    const symbols = storedSymbols() ?? (market.source === "simulated" ? SIMULATED_SYMBOLS : []);
    const watch = new WatchPanel(market);
    watch.restore(symbols);
    this.#app.mount("watch", watch);
    this.#app.mount("chart", new SelectedChart(market, gaps));
    this.#app.mount("quote", new QuotePanel(market));
    this.#app.mount("tape", new TapePanel(new TapeSource(market, gaps), () => this.#app.requestDraw()));
    this.#app.mount("dock", dock);
  }
}

/** In the words of the server, by the number that its documents use. */
function problemOf({ code, serverCode, message }: StreamError): string {
  return code === "auth_failed" ? `Key rejected (${serverCode ?? code}). Check the key and secret.` : message;
}
