import * as LIMITS from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { Fetch, FetchResponse } from "../platform/fetch.ts";
import { parseTimestamp, StreamError, toNanoseconds } from "../wire/index.ts";
import { answerError, connectionError, type ErrorContext, timeoutError } from "./answer-errors.ts";
import { Priority, type RateReport, RequestBudget } from "./request-budget.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** What a {@link RestClient} is made of, every option resolved. */
export interface RestSettings extends ErrorContext {
  /** Where the server is, without a path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestsPerMinute: number;
  readonly requestTimeoutMs: number;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** One GET request. */
export interface RestRequest {
  readonly path: string;
  /** Parameters; those that are undefined are left out. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** What is requested, such as a channel: the key of an error's symbols. */
  readonly key: string;
}

/** Errors after which another attempt may succeed. */
const TRANSIENT: readonly string[] = ["rate_limited", "server_error", "timeout", "connection_lost"];

/** What a server answered. */
export interface RestAnswer {
  readonly body: Uint8Array;
  /** Set by a gateway whose history begins within the range that was requested: from then on it has everything. */
  readonly completeFromNs: bigint | undefined;
}

/** Sends requests within one budget, and retries those that meet a server in trouble. */
export class RestClient {
  readonly #settings: RestSettings;
  readonly #budget: RequestBudget;
  #acceptsWildcard = false;

  constructor(settings: RestSettings) {
    this.#settings = settings;
    this.#budget = new RequestBudget(settings.clock, settings.requestsPerMinute);
  }

  /** Where the requests go, without a path. */
  get url(): string {
    return this.#settings.url;
  }

  /** Whether an answer has shown that the server accepts `*` as a symbol. */
  get acceptsWildcard(): boolean {
    return this.#acceptsWildcard;
  }

  /**
   * Requests an answer, with retries.
   *
   * @throws StreamError with the code of the last attempt; the signal's reason when it is aborted.
   */
  async get(request: RestRequest, signal?: AbortSignal): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.attempt(request, Priority.USER, signal)).body;
      } catch (error) {
        if (!(error instanceof StreamError) || !TRANSIENT.includes(error.code)) throw error;
        const isRateLimited = error.code === "rate_limited";
        if (attempt >= (isRateLimited ? LIMITS.rateLimitedAttempts : LIMITS.historyAttempts)) throw error;
        // The budget itself waits after "too many requests".
        if (!isRateLimited)
          await this.#wait(retryDelayMs(attempt, error.retryAfterMs, this.#settings.clock.random()), signal);
      }
    }
  }

  /**
   * Requests an answer once, when the budget allows it.
   *
   * @throws StreamError; the signal's reason when it is aborted.
   */
  attempt(request: RestRequest, priority: Priority, signal?: AbortSignal): Promise<RestAnswer> {
    return this.#budget.run(priority, signal, () => this.#send(request, signal));
  }

  async #send(request: RestRequest, signal: AbortSignal | undefined): Promise<RestAnswer> {
    const { clock, requestTimeoutMs } = this.#settings;
    const url = addressOf(this.#settings.url, request);
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    let isLate = false;
    const timer = clock.setTimer(() => {
      isLate = true;
      controller.abort();
    }, requestTimeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await this.#exchange(url, request, controller.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (isLate) throw timeoutError(url, requestTimeoutMs);
      throw error instanceof StreamError ? error : connectionError(url, error);
    } finally {
      clock.clearTimer(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  async #exchange(url: string, { key }: RestRequest, signal: AbortSignal): Promise<RestAnswer> {
    const { fetch, headers } = this.#settings;
    const response = await fetch(url, { headers: { ...headers }, signal, redirect: "manual" });
    const { status } = response;
    if (response.headers.get("x-tickerplant-wildcard") !== null) this.#acceptsWildcard = true;
    if (status === 200) {
      this.#budget.accepted(rateReport(response));
      const completeFrom = parseTimestamp(response.headers.get("x-tickerplant-complete-from") ?? "");
      return {
        body: await readBody(response, LIMITS.maxPageBytes),
        completeFromNs: completeFrom && toNanoseconds(completeFrom.seconds, completeFrom.nanos),
      };
    }
    const answer = {
      url,
      status,
      type: response.headers.get("content-type") ?? "",
      retryAfter: response.headers.get("retry-after"),
      body: await readBody(response, LIMITS.maxErrorBytes).catch(() => new Uint8Array(0)), // the status is enough
    };
    const error = answerError(answer, key, this.#settings);
    if (error.code === "rate_limited") this.#budget.rejected(error.retryAfterMs);
    throw error;
  }

  #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#settings;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = (): void => {
        clock.clearTimer(timer);
        reject(signal?.reason);
      };
      const timer = clock.setTimer(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, delayMs);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}

function addressOf(url: string, { path, query }: RestRequest): string {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return `${url}${path}${parameters.length === 0 ? "" : "?"}${parameters.join("&")}`;
}

function rateReport({ headers }: FetchResponse): RateReport {
  const count = (name: string): number | undefined => {
    const text = headers.get(name);
    return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  // A limit of 0 would end all requests.
  return { perMinute: count("x-ratelimit-limit") || undefined, remaining: count("x-ratelimit-remaining") };
}

/**
 * Reads an answer as one piece of memory.
 *
 * @throws StreamError `bad_page` for one of more than `maxBytes`.
 */
async function readBody({ body }: FetchResponse, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const chunk = read.value ?? new Uint8Array(0);
    chunks.push(chunk);
    length += chunk.length;
    if (length <= maxBytes) continue;
    void reader.cancel().catch(() => {}); // the answer is given up in any case
    throw new StreamError("bad_page", `the server's answer has more than ${maxBytes} bytes`, { terminal: true });
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
