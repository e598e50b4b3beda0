import { redacted } from "../connection/credentials.ts";
import * as LIMITS from "../limits.ts";
import type { Clock } from "../platform/clock.ts";
import type { Fetch, FetchResponse } from "../platform/fetch.ts";
import { parseTimestamp, StreamError, toNanoseconds } from "../wire/index.ts";
import { answerError, connectionError, type ErrorContext, retryAfterMs, timeoutError } from "./answer-errors.ts";
import { Priority, type RateReport, type RequestBudget } from "./request-budget.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** What a {@link RestClient} is made of, every option resolved. */
export interface RestSettings extends ErrorContext {
  /** Where the server is, without a path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly budget: RequestBudget;
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

/** A server's answer as it came. */
export interface HistoryAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Not compressed. */
  readonly body: Uint8Array;
}

/** A successful answer. */
export interface RestAnswer {
  readonly body: Uint8Array;
  /** Set by a gateway whose history begins within the range that was requested: from then on it has everything. */
  readonly completeFromNs: bigint | undefined;
}

/** Sends requests within one budget, and retries those that meet a server in trouble. */
export class RestClient {
  readonly #settings: RestSettings;
  #acceptsWildcard = false;

  constructor(settings: RestSettings) {
    this.#settings = settings;
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
    return (await this.#retry(() => this.attempt(request, Priority.USER, signal), signal)).body;
  }

  /**
   * Requests an answer once, when the budget allows it.
   *
   * @throws StreamError; the signal's reason when it is aborted.
   */
  async attempt(request: RestRequest, priority: Priority, signal?: AbortSignal): Promise<RestAnswer> {
    const target = targetOf(request);
    const answer = await this.#exchange(target, priority, signal);
    if (answer.status !== 200) throw this.#errorOf(target, answer, request.key);
    const completeFrom = parseTimestamp(answer.headers.get("x-tickerplant-complete-from") ?? "");
    return {
      body: answer.body,
      completeFromNs: completeFrom && toNanoseconds(completeFrom.seconds, completeFrom.nanos),
    };
  }

  /**
   * Requests a path with its query, with retries. Returns the answer as it came, unless it is one after which another
   * attempt may succeed. The body of an error does not repeat the keys.
   *
   * @throws StreamError when the last attempt has met a server in trouble; the signal's reason when it is aborted.
   */
  request(target: string, signal?: AbortSignal): Promise<HistoryAnswer> {
    return this.#retry(async () => {
      const answer = await this.#exchange(target, Priority.USER, signal);
      if (answer.status === 200) return answer;
      const error = this.#errorOf(target, answer, target);
      if (isTransient(error)) throw error;
      return { ...answer, body: redactedBytes(answer.body, this.#settings) };
    }, signal);
  }

  async #retry<T>(send: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await send();
      } catch (error) {
        if (!isTransient(error)) throw error;
        const isRateLimited = error.code === "rate_limited";
        if (attempt >= (isRateLimited ? LIMITS.rateLimitedAttempts : LIMITS.historyAttempts)) throw error;
        // The budget itself waits after "too many requests".
        if (!isRateLimited)
          await this.#wait(retryDelayMs(attempt, error.retryAfterMs, this.#settings.clock.random()), signal);
      }
    }
  }

  /** Sends a request when the budget allows it, and lets the budget know how it was answered. */
  #exchange(target: string, priority: Priority, signal: AbortSignal | undefined): Promise<HistoryAnswer> {
    const { budget } = this.#settings;
    return budget.run(priority, signal, async () => {
      const answer = await this.#send(`${this.#settings.url}${target}`, signal);
      if (answer.headers.get("x-tickerplant-wildcard") !== null) this.#acceptsWildcard = true;
      if (answer.status === 200) budget.accepted(rateReport(answer));
      if (answer.status === 429) budget.rejected(retryAfterMs(answer.headers.get("retry-after")));
      return answer;
    });
  }

  async #send(url: string, signal: AbortSignal | undefined): Promise<HistoryAnswer> {
    const { clock, requestTimeoutMs } = this.#settings;
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    let isLate = false;
    const timer = clock.setTimer(() => {
      isLate = true;
      controller.abort();
    }, requestTimeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await this.#fetch(url, controller.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (isLate) throw timeoutError(url, requestTimeoutMs);
      throw error instanceof StreamError ? error : connectionError(url, error);
    } finally {
      clock.clearTimer(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  async #fetch(url: string, signal: AbortSignal): Promise<HistoryAnswer> {
    const { fetch, headers } = this.#settings;
    const response = await fetch(url, { headers: { ...headers }, signal, redirect: "manual" });
    const { status } = response;
    const body =
      status === 200
        ? await readBody(response, LIMITS.maxPageBytes)
        : await readBody(response, LIMITS.maxErrorBytes).catch(() => new Uint8Array(0)); // the status is enough
    return { status, headers: response.headers, body };
  }

  #errorOf(target: string, { status, headers, body }: HistoryAnswer, key: string): StreamError {
    const answer = {
      url: `${this.#settings.url}${target}`,
      status,
      type: headers.get("content-type") ?? "",
      retryAfter: headers.get("retry-after"),
      body,
    };
    return answerError(answer, key, this.#settings);
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

function isTransient(error: unknown): error is StreamError {
  return error instanceof StreamError && TRANSIENT.includes(error.code);
}

/** The body of an error without the keys, which a server may repeat. */
function redactedBytes(body: Uint8Array, { credentials }: RestSettings): Uint8Array {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  const clean = redacted(text, credentials);
  return clean === text ? body : new TextEncoder().encode(clean);
}

/** The path of a request with its query. */
function targetOf({ path, query }: RestRequest): string {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return `${path}${parameters.length === 0 ? "" : "?"}${parameters.join("&")}`;
}

function rateReport({ headers }: HistoryAnswer): RateReport {
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
