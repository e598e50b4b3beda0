import { type CryptoHistory, type RequestUsage, type StockHistory, StreamError } from "@tickerplant/client/history";
import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import type { UpstreamAnswer, UpstreamHistory, UpstreamRequest } from "../feed.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import type { UpstreamRequests } from "./upstream-requests.ts";

/**
 * Makes the member `history` of a feed that comes from upstream.
 *
 * @param history The feed's history, with the budget of `requests`: also the one with which its stream fills gaps.
 * @param requests What the feeds of the same key share.
 * @example
 * const requests = new UpstreamRequests();
 * const past = new StockHistory({ feed: "sip", budget: requests.budget });
 * const history = upstreamHistory(past, requests);
 */
export function upstreamHistory(history: StockHistory | CryptoHistory, requests: UpstreamRequests): UpstreamHistory {
  return new SharedHistory(history, requests);
}

class SharedHistory implements UpstreamHistory {
  readonly #history: StockHistory | CryptoHistory;
  readonly #requests: UpstreamRequests;
  acceptsWildcard = false;

  constructor(history: StockHistory | CryptoHistory, requests: UpstreamRequests) {
    this.#history = history;
    this.#requests = requests;
  }

  async get(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const answer = await this.#requests.get(request, (target, signal) => this.#history.request(target, { signal }));
    if (answer.headers["x-tickerplant-wildcard"] !== undefined) this.acceptsWildcard = true;
    return answer;
  }

  async newest({ quotes = [] }: ChannelSymbols): Promise<readonly MarketRecord[]> {
    const parts: Promise<readonly MarketRecord[]>[] = [];
    for (let at = 0; at < quotes.length; at += UPSTREAM_LIMITS.maxNewestSymbols) {
      const symbols = quotes.slice(at, at + UPSTREAM_LIMITS.maxNewestSymbols);
      const name = `${this.#history.fillSource.feed} ${symbols.join()}`;
      parts.push(this.#requests.newest(name, (signal) => this.#newest(symbols, signal)));
    }
    return (await Promise.all(parts)).flat();
  }

  get usage(): RequestUsage {
    return this.#requests.budget.usage;
  }

  close(): void {
    this.#requests.end();
  }

  /** Requests the newest quotes. A symbol that upstream rejects must not cost the others theirs. */
  async #newest(symbols: readonly string[], signal: AbortSignal): Promise<readonly MarketRecord[]> {
    let left = symbols;
    for (let attempt = 1; left.length > 0; attempt++) {
      try {
        const found = await this.#history.latestQuotes(left, { signal });
        return [...found.values()];
      } catch (error) {
        const wrong = error instanceof StreamError ? Object.values(error.symbols ?? {}).flat() : [];
        if (wrong.length === 0 || attempt >= UPSTREAM_LIMITS.newestAttempts) throw error;
        left = left.filter((symbol) => !wrong.includes(symbol));
      }
    }
    return [];
  }
}
