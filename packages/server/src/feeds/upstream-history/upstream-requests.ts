import { type Clock, systemClock } from "@tickerplant/client";
import { type HistoryAnswer, RequestBudget, StreamError } from "@tickerplant/client/history";
import type { MarketRecord } from "@tickerplant/client/wire";
import type { UpstreamAnswer, UpstreamRequest } from "../feed.ts";
import { AnswerCache } from "./answer-cache.ts";
import { FairQueue, QueueFullError } from "./fair-queue.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { passedAnswer } from "./passed-answer.ts";
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
  /** Of what is under way or waits. */
  readonly #controllers = new Set<AbortController>();
  /** Requests that are not answered yet. */
  readonly #open = new Map<string, Promise<UpstreamAnswer>>();
  readonly #newest = new Map<
    string,
    { readonly records: Promise<readonly MarketRecord[]>; readonly untilMs: number }
  >();

  constructor(options: UpstreamRequestsOptions = {}) {
    const { clock = systemClock, requestsPerMinute, cacheBytes = UPSTREAM_LIMITS.cacheBytes } = options;
    this.#clock = clock;
    this.budget = new RequestBudget({ requestsPerMinute, clock, first: "fill" });
    this.#cache = new AnswerCache(clock, cacheBytes);
  }

  /**
   * Returns an answer that is kept or under way; otherwise requests it, when the turn of the client's key has come.
   *
   * @throws UpstreamError when there is none that could be passed on.
   */
  get({ target, client, keepMs }: UpstreamRequest, send: Send): Promise<UpstreamAnswer> {
    const kept = this.#cache.get(target) ?? this.#open.get(target);
    if (kept !== undefined) return Promise.resolve(kept);
    const answer = this.#request(target, client, keepMs, send).finally(() => this.#open.delete(target));
    this.#open.set(target, answer);
    return answer;
  }

  /**
   * Requests newest records with a task, in turn with the clients' requests. Clients that ask for the same within a
   * second share one task.
   *
   * @throws what the task throws; UpstreamError when a second was not enough.
   */
  newest(
    name: string,
    task: (signal: AbortSignal) => Promise<readonly MarketRecord[]>,
  ): Promise<readonly MarketRecord[]> {
    const nowMs = this.#clock.monotonic();
    for (const [known, { untilMs }] of this.#newest) if (untilMs <= nowMs) this.#newest.delete(known);
    const known = this.#newest.get(name);
    if (known !== undefined) return known.records;
    const records = this.#inTime(GATEWAYS_KEY, UPSTREAM_LIMITS.newestTimeoutMs, task);
    this.#newest.set(name, { records, untilMs: nowMs + UPSTREAM_LIMITS.keepLatestMs });
    records.catch(() => this.#newest.delete(name));
    return records;
  }

  /** Ends what is under way or waits, of all feeds, with an UpstreamError. */
  end(): void {
    for (const controller of this.#controllers) controller.abort(new UpstreamError(503, "the gateway closes"));
  }

  async #request(target: string, client: string, keepMs: number, send: Send): Promise<UpstreamAnswer> {
    try {
      const sent = await this.#inTime(client, UPSTREAM_LIMITS.timeoutMs, (signal) => send(target, signal));
      const answer = passedAnswer(sent);
      if (answer.status === 200) this.#cache.set(target, answer, keepMs);
      // Upstream may not know the token any more, which the client would get again with the first page.
      if (answer.status === 400) this.#cache.delete(firstPage(target));
      return answer;
    } catch (error) {
      throw upstreamError(error);
    }
  }

  /** Runs a task in its turn, and ends it when its time is over. */
  async #inTime<T>(key: string, timeoutMs: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#controllers.add(controller);
    const timer = this.#clock.setTimer(() => controller.abort(late(timeoutMs)), timeoutMs);
    try {
      return await this.#queue.run(key, signal, () => task(signal));
    } finally {
      this.#clock.clearTimer(timer);
      this.#controllers.delete(controller);
    }
  }
}

/** The request for the page with which a chain of pages begins. */
function firstPage(target: string): string {
  const [path = "", query] = target.split("?");
  const parameters = new URLSearchParams(query);
  parameters.delete("page_token");
  return `${path}?${parameters}`;
}

function late(timeoutMs: number): UpstreamError {
  const message = `there was no answer of upstream within ${timeoutMs / 1000} s`;
  return new UpstreamError(504, message, UPSTREAM_LIMITS.retryAfterSeconds);
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
