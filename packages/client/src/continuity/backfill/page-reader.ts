import * as LIMITS from "../../limits.ts";
import type { Clock } from "../../platform/clock.ts";
import { StreamError } from "../../wire/index.ts";
import type { HistoryPage, HistoryPageRequest, HistorySource } from "../history-source.ts";
import { PageOrder } from "../page-order.ts";
import { tooLarge } from "./fill-errors.ts";
import { pastRecord } from "./fill-rules.ts";

/** What may work when it is tried again. */
const TRANSIENT: readonly string[] = ["rate_limited", "server_error", "timeout", "connection_lost"];

/** Reads the pages of one request, and tries again what may work a little later. */
export class PageReader {
  readonly #source: HistorySource;
  readonly #clock: Clock;
  #hasProbed = false;

  constructor(source: HistorySource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * The pages of a request, to the last one. Ends early when `signal` is aborted.
   *
   * @throws StreamError for what cannot be had: the source's own after the last attempt, `bad_page` for pages
   *   that do not follow one another, `too_large` for too many.
   */
  async *pages(request: Omit<HistoryPageRequest, "token">, signal: AbortSignal): AsyncGenerator<HistoryPage> {
    const order = new PageOrder();
    let token: string | undefined;
    for (let count = 1; ; count++) {
      const page = await this.#page({ ...request, token }, signal);
      if (page === undefined) return;
      checkOrder(order, page);
      yield page;
      token = page.nextToken;
      if (token === undefined || signal.aborted) return;
      if (count >= LIMITS.maxFillPages) throw tooLarge(request.channel, count);
    }
  }

  /** Requests a page, once, for what the answer shows of the server; a rejection shows enough. */
  async probe(
    { channel, symbols }: Pick<HistoryPageRequest, "channel" | "symbols">,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#hasProbed) return;
    this.#hasProbed = true;
    const nowNs = BigInt(Math.floor(this.#clock.now())) * 1_000_000n;
    const request = { channel, symbols, fromNs: nowNs, toNs: nowNs, token: undefined, raw: false };
    await this.#source.page(request, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      if (!(error instanceof StreamError)) throw error;
      this.#hasProbed = !TRANSIENT.includes(error.code);
    });
  }

  /** Waits before an attempt: the longer, the more have failed. */
  backOff(attempt: number, signal: AbortSignal): Promise<void> {
    const delayMs = Math.min(LIMITS.fillRetryMs * 2 ** attempt, LIMITS.maxFillRetryMs);
    return wait(this.#clock, delayMs * (0.5 + this.#clock.random() / 2), signal);
  }

  /** One page; undefined when the fill was aborted. */
  async #page(request: HistoryPageRequest, signal: AbortSignal): Promise<HistoryPage | undefined> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await this.#source.page(request, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        if (!(error instanceof StreamError) || !TRANSIENT.includes(error.code) || attempt >= LIMITS.fillAttempts)
          throw error;
        await this.backOff(attempt, signal);
      }
    }
    return undefined;
  }
}

/** Resolves after a time, or when `signal` is aborted. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimer(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimer(end, Math.max(0, delayMs));
    signal.addEventListener("abort", end, { once: true });
  });
}

/** @throws StreamError `bad_page` for a page that does not follow the ones before. */
function checkOrder(order: PageOrder, { groups, nextToken }: HistoryPage): void {
  for (const { symbol, records } of groups) {
    order.startSymbol(symbol);
    for (const record of records) {
      const { seconds, nanos } = pastRecord(record);
      order.addRecord(seconds, nanos);
    }
  }
  if (nextToken !== undefined) order.addToken(nextToken);
}
