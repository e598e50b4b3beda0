import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import type { UpstreamAnswer, UpstreamHistory, UpstreamRequest } from "../../../src/feeds/feed.ts";
import { DemandFeed } from "./demand-feed.ts";

/** Newest records that were requested, and what the test answers. */
export interface NewestRequest {
  readonly symbols: ChannelSymbols;
  answer(...records: MarketRecord[]): void;
  fail(): void;
}

/** A feed with demand, whose upstream has a history that the test answers. */
export class ScriptedUpstream extends DemandFeed {
  /** The requests for newest records, as they came. */
  readonly newest: NewestRequest[] = [];
  /** The requests that were passed on. */
  readonly passed: UpstreamRequest[] = [];
  /** Answers those. */
  answer: (request: UpstreamRequest) => UpstreamAnswer = () => ({ status: 200, headers: {}, body: Buffer.from("{}") });
  isCurrent = true;
  /** How often its history was closed. */
  closed = 0;
  acceptsWildcard = false;

  readonly history: UpstreamHistory = this.#makeHistory();

  #makeHistory(): UpstreamHistory {
    const acceptsWildcard = (): boolean => this.acceptsWildcard;
    return {
      get acceptsWildcard() {
        return acceptsWildcard();
      },
      close: () => {
        this.closed++;
      },
      get: async (request) => {
        this.passed.push(request);
        return this.answer(request);
      },
      newest: (symbols) =>
        new Promise((resolve, reject) => {
          const answer = (...records: MarketRecord[]): void => resolve(records);
          this.newest.push({ symbols, answer, fail: () => reject(new Error("upstream failed")) });
        }),
    };
  }
}
