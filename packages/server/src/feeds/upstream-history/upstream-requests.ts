import { type Clock, systemClock } from "@tickerplant/client";
import { type HistoryAnswer, RequestBudget, StreamError } from "@tickerplant/client/history";
import type { MarketRecord } from "@tickerplant/client/wire";
import type { UpstreamAnswer, UpstreamRequest } from "../feed.ts";
import { AnswerCache } from "./answer-cache.ts";
import { FairQueue, QueueFullError } from "./fair-queue.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { passedAnswer } from "./passed-answer.ts";
import { SharedRequest } from "./shared-request.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Options of {@link UpstreamRequests}. */
export interface UpstreamRequestsOptions {
  /**
   * Requests in a minute, until an answer names another limit.
   *
   * @defaultValue 200, as Alpaca's free plan has
   */
  readonly requestsPerMinute?: number | undefined;
  /**
   * Bytes of answers that are kept.
   *
   * @defaultValue 32 MiB, some twenty long pages
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Clock and timers; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock | undefined;
}

/** The turn of the gateway's own requests. No client has an empty key. */
const GATEWAYS_KEY = "";

/** Sends a request with the gateway's own key. */
export type Send = (target: string, signal: AbortSignal) => Promise<HistoryAnswer>;

/**
 * What all feeds of one key at one upstream share: the budget, the turns of the clients' keys, and the answers that are
 * kept. The streams of the key get the same budget, and fill their gaps before clients' requests.
 */
export class UpstreamRequests {
  readonly budget: RequestBudget;
  readonly #clock: Clock;
  readonly #queue = new FairQueue(UPSTREAM_LIMITS);
  readonly #cache: AnswerCache;
  /** Requests that are not answered yet, by target. */
  readonly #open = new Map<string, SharedRequest<UpstreamAnswer>>();
  /** Newest records that are requested, or were a moment ago. */
  readonly #newest = new Map<
    string,
    { readonly request: SharedRequest<readonly MarketRecord[]>; readonly untilMs: number }
  >();

  constructor(options: UpstreamRequestsOptions = {}) {
    const { clock = systemClock, requestsPerMinute, cacheBytes = UPSTREAM_LIMITS.cacheBytes } = options;
    this.#clock = clock;
    this.budget = new RequestBudget({ requestsPerMinute, clock, first: "fill" });
    this.#cache = new AnswerCache(clock, cacheBytes);
  }

  /**
   * Returns an answer that is kept; otherwise requests it, when the turn of the client's key has come, or that of
   * another key with the same request.
   *
   * @throws UpstreamError when there is none that could be passed on.
   */
  async get({ target, client, keepMs }: UpstreamRequest, send: Send): Promise<UpstreamAnswer> {
    const kept = this.#cache.get(target);
    if (kept !== undefined) return kept;
    const open = this.#open.get(target);
    const request =
      open === undefined || open.isOver
        ? this.#share(async (signal) => this.#answered(target, keepMs, passedAnswer(await send(target, signal))))
        : open;
    this.#open.set(target, request);
    try {
      return await request.join(client, UPSTREAM_LIMITS.timeoutMs);
    } catch (error) {
      throw upstreamError(error);
    } finally {
      if (request.isOver && this.#open.get(target) === request) this.#open.delete(target);
    }
  }

  /**
   * Requests newest records with a task, in turn with the clients' requests. Clients that ask for the same within a
   * second share one task.
   *
   * @throws what the task throws; UpstreamError when a second was not enough.
   */
  async newest(
    name: string,
    task: (signal: AbortSignal) => Promise<readonly MarketRecord[]>,
  ): Promise<readonly MarketRecord[]> {
    const nowMs = this.#clock.monotonic();
    for (const [known, { request, untilMs }] of this.#newest)
      if (untilMs <= nowMs && request.isOver) this.#newest.delete(known);
    const known = this.#newest.get(name) ?? {
      request: this.#share(task),
      untilMs: nowMs + UPSTREAM_LIMITS.keepLatestMs,
    };
    this.#newest.set(name, known);
    try {
      return await known.request.join(GATEWAYS_KEY, UPSTREAM_LIMITS.newestTimeoutMs);
    } catch (error) {
      if (known.request.isOver && this.#newest.get(name) === known) this.#newest.delete(name);
      throw error;
    }
  }

  /** Ends what is under way or waits, of all feeds, with an UpstreamError. */
  end(): void {
    const newest = [...this.#newest.values()].map(({ request }) => request);
    for (const request of [...this.#open.values(), ...newest])
      request.end(new UpstreamError(503, "the gateway closes"));
  }

  #share<T>(send: (signal: AbortSignal) => Promise<T>): SharedRequest<T> {
    return new SharedRequest(this.#queue, this.#clock, send);
  }

  #answered(target: string, keepMs: number, answer: UpstreamAnswer): UpstreamAnswer {
    if (answer.status === 200) this.#cache.set(target, answer, keepMs);
    // Upstream may not know the token any more, which the client would get again with the first page.
    if (answer.status === 400) this.#cache.delete(firstPage(target));
    return answer;
  }
}

/** The request for the page with which a chain of pages begins. */
function firstPage(target: string): string {
  const [path = "", query] = target.split("?");
  const parameters = new URLSearchParams(query);
  parameters.delete("page_token");
  return `${path}?${parameters}`;
}

function upstreamError(error: unknown): unknown {
  if (error instanceof QueueFullError) return new UpstreamError(429, "too many requests.", undefined, error);
  if (!(error instanceof StreamError)) return error;
  const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000) || UPSTREAM_LIMITS.retryAfterSeconds;
  if (error.code === "timeout") return new UpstreamError(504, "upstream has not answered in time", seconds, error);
  if (error.code === "bad_page") return new UpstreamError(502, "upstream's answer is too long", undefined, error);
  if (error.code === "rate_limited") return new UpstreamError(503, "upstream limits the rate", seconds, error);
  const what = error.code === "server_error" ? `upstream fails (${error.status})` : "upstream cannot be reached";
  return new UpstreamError(503, what, seconds, error);
}
