import { STATUS_CODES } from "node:http";
import type { Clock } from "@tickerplant/client";
import { formatTimestamp } from "@tickerplant/client/wire";
import type { Feed, UpstreamHistory, UpstreamRequest } from "../feeds/feed.ts";
import { UPSTREAM_LIMITS } from "../feeds/upstream-history/limits.ts";
import { UpstreamError } from "../feeds/upstream-history/upstream-error.ts";
import type { Entitlement } from "../gateway/auth/keyring.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { GatewayEvent } from "../gateway/gateway-events.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../gateway/http-route.ts";
import { searchOf } from "../gateway/upgrade.ts";
import type { Body, Call, ReadRecording } from "./answers.ts";
import type { FeedHistory } from "./feed-history.ts";
import { HISTORY_LIMITS } from "./limits.ts";
import { PageTokens } from "./page-token.ts";
import { rangeQuery, readTime } from "./range-query.ts";
import { ReadingTurns } from "./recorded/reading-turns.ts";
import type { RecordedHistory } from "./recorded/recorded-history.ts";
import { RequestBudget } from "./request-budget.ts";
import { JSON_TYPE, RestError, rejection } from "./rest-error.ts";
import { upstreamTarget } from "./upstream-target.ts";

/** The plan whose limits the gateway keeps: that of a free account, or none. */
export type Plan = "free";

/** A feed whose history is served. */
export interface ServedFeed {
  /** Its name in requests, such as `sip`. */
  readonly name: string;
  /** Its name in entitlements, such as `crypto/us`. */
  readonly entitlement: string;
  readonly history: FeedHistory;
  /** What the feed's recorder has, if there is one. */
  readonly recorded: RecordedHistory | undefined;
  /** What publishes its records, and may have a history upstream. */
  readonly source: Feed;
  /** Whether a free account gets its data only when they are 15 minutes old. */
  readonly isDelayedIfFree: boolean;
}

/**
 * Chooses the feed of a request.
 *
 * @throws RestError 400 for one that the gateway does not serve.
 */
export type ChooseFeed = (
  request: HttpRequest,
  query: URLSearchParams,
  isInPlan: (feed: ServedFeed) => boolean,
) => ServedFeed;

/** What one kind of request answers. */
export interface Answer {
  /** What it is about: a range of time, or now. */
  readonly about: "range" | "latest";
  /**
   * Whether everything of what was asked for is known to be held. Without it, nothing is: where there is an upstream, it
   * answers.
   */
  isHeld?(call: Call): boolean;
  /** Returns what reads the recording; undefined if memory has everything of what was asked for. */
  fromRecording?(call: Call, recorded: RecordedHistory): ReadRecording | undefined;
  body(call: Call): Body;
}

/** Answers a request of a key that the gateway knows. */
type MakeAnswer = (request: HttpRequest, entitlement: Entitlement) => HttpResponse | Promise<HttpResponse>;

/** Headers of our own, and those of Alpaca's, which pages of other origins may read. */
const EXPOSED = [
  "x-tickerplant-complete-from",
  "x-tickerplant-wildcard",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
].join(", ");

/** Statuses of requests that a key does not permit. */
const REPORTED: ReadonlySet<number> = new Set([401, 403, 429]);

const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
  "Access-Control-Allow-Headers": "Authorization, *", // the asterisk alone does not stand for it
  "Access-Control-Max-Age": "600",
};

/** What every request for history goes through: origin, faults, key, rate and feed. */
export class HistoryApi {
  readonly #gateway: Gateway;
  readonly #clock: Clock;
  readonly #plan: Plan | undefined;
  readonly #budget = new RequestBudget(HISTORY_LIMITS.freeRequestsPerMinute);
  readonly #tokens = new PageTokens();
  readonly #turns = new ReadingTurns();
  readonly #onEvent: (event: GatewayEvent) => void;
  /** Feeds whose upstream rejects the gateway's requests. */
  readonly #rejectedFeeds = new Set<string>();

  /** `onEvent` is called with what happens to requests that are passed upstream. */
  constructor(gateway: Gateway, clock: Clock, plan: Plan | undefined, onEvent: (event: GatewayEvent) => void) {
    this.#gateway = gateway;
    this.#clock = clock;
    this.#plan = plan;
    this.#onEvent = onEvent;
  }

  /** Adds a path that answers from the histories. */
  add(path: string, choose: ChooseFeed, answer: Answer): void {
    this.#addRoute(path, (request, entitlement) => this.#answer(path, request, entitlement, choose, answer));
  }

  /** Adds a path that answers with an object, which no feed decides. */
  addObject(path: string, answer: (request: HttpRequest, query: URLSearchParams) => object): void {
    this.#addRoute(path, (request) => ({
      status: 200,
      headers: JSON_TYPE,
      body: JSON.stringify(answer(request, searchOf(request))),
    }));
  }

  #addRoute(path: string, answer: MakeAnswer): void {
    const GET: HttpHandler = (request) => this.#guard(path, request, answer);
    this.#gateway.addHttpRoute(path, { GET, OPTIONS: (request) => this.#preflight(request) });
  }

  async #guard(path: string, request: HttpRequest, answer: MakeAnswer): Promise<HttpResponse> {
    const { historyDelayMs, historyStatus } = this.#gateway.faults;
    if (!this.#gateway.allowsOrigin(request)) return rejection(new RestError(403, "this origin is not allowed"));
    if (historyDelayMs !== undefined)
      await new Promise<void>((resolve) => void this.#clock.setTimer(resolve, historyDelayMs));
    const origin = originHeaders(request);
    try {
      if (historyStatus !== undefined) throw faultOf(historyStatus);
      const entitlement = this.#gateway.entitlementOf(request);
      if (entitlement === undefined) throw new RestError(401, "unauthorized");
      const rate = this.#spend(entitlement.key);
      const response = await answer(request, entitlement);
      return { ...response, headers: { ...response.headers, ...rate, ...origin } };
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (REPORTED.has(error.status)) this.#gateway.reportRejection(error, { path });
      const response = rejection(error);
      return { ...response, headers: { ...response.headers, ...origin } };
    }
  }

  #answer(
    path: string,
    request: HttpRequest,
    entitlement: Entitlement,
    choose: ChooseFeed,
    answer: Answer,
  ): HttpResponse | Promise<HttpResponse> {
    const query = searchOf(request);
    const feed = choose(request, query, (served) => {
      return isEntitled(entitlement, served.entitlement) && !(answer.about === "latest" && this.#isDelayed(served));
    });
    if (!isEntitled(entitlement, feed.entitlement)) throw notPermitted(feed.name);
    const call = this.#call(request, query, feed, answer);
    const { history: upstream } = feed.source;
    if (upstream === undefined) return this.#answerHeld(call, answer, "symbols=*");
    if (answer.isHeld?.(call) === true)
      return this.#answerHeld({ ...call, isHeld: true }, answer, upstream.acceptsWildcard ? "symbols=*" : undefined);
    const keepMs = this.#keepMs(call, answer);
    const target = upstreamTarget(path, call, answer.about);
    return this.#pass(upstream, feed.entitlement, { target, client: entitlement.key, keepMs });
  }

  #call(request: HttpRequest, query: URLSearchParams, feed: ServedFeed, answer: Answer): Call {
    const { faults } = this.#gateway;
    const nowSeconds = this.#clock.now() / 1000;
    return {
      history: feed.history,
      feed: feed.entitlement,
      query,
      symbol: request.params.symbol,
      nowSeconds,
      lastSeconds: this.#lastSeconds(feed, answer, query, nowSeconds),
      tokens: feed.recorded?.tokens ?? this.#tokens,
      lagMs: faults.historyLagMs ?? 0,
      dropEvery: faults.historyDropEvery ?? Number.POSITIVE_INFINITY,
      loops: faults.historyLoops ?? false,
      isCurrent: (feed.source.isCurrent ?? true) && !this.#hasEndedWithError(feed),
      isHeld: false,
      recorded: feed.recorded,
    };
  }

  #hasEndedWithError({ entitlement }: ServedFeed): boolean {
    return this.#gateway.endpoints.some(({ feed, state }) => feed === entitlement && state === "failed");
  }

  /** Answers from what is held. `wildcard`: the value of a header that shows that `*` is accepted. */
  async #answerHeld(call: Call, answer: Answer, wildcard: string | undefined): Promise<HttpResponse> {
    if (call.history.hasFailed) throw new RestError(500, "the history of this feed has failed; see the gateway's log");
    const { recorded } = call;
    const read = recorded && answer.fromRecording?.(call, recorded);
    const body = answer.body(read === undefined ? call : await this.#fromRecording(call.feed, read));
    const headers = { ...JSON_TYPE, ...(wildcard && { "x-tickerplant-wildcard": wildcard }), ...completeHeader(body) };
    return { status: 200, headers, body: body.bytes };
  }

  /** @throws RestError 503 if the recording cannot be read, or too many requests read it. */
  async #fromRecording(feed: string, read: ReadRecording): Promise<Call> {
    try {
      return await this.#turns.run(read);
    } catch (error) {
      if (error instanceof RestError) throw error;
      this.#onEvent({ type: "recordingUnreadable", feed, error });
      throw new RestError(503, "the recording cannot be read; see the gateway's log");
    }
  }

  /** Passes a request upstream. That upstream rejects the gateway itself is reported once, until it accepts it again. */
  async #pass(upstream: UpstreamHistory, feed: string, request: UpstreamRequest): Promise<HttpResponse> {
    try {
      const { status, headers, body } = await upstream.get(request);
      this.#rejectedFeeds.delete(feed);
      return { status, headers: { ...JSON_TYPE, ...headers }, body };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const { status, message, retryAfterSeconds } = error;
      if (status === 502 && !this.#rejectedFeeds.has(feed)) {
        this.#rejectedFeeds.add(feed);
        this.#onEvent({ type: "historyRejected", feed, error });
      }
      throw new RestError(status, message, undefined, retryAfterSeconds);
    }
  }

  /** How long upstream's answer is good. The past is settled a day later, in the market's time and in the clock's. */
  #keepMs({ query, history, nowSeconds, lastSeconds }: Call, { about }: Answer): number {
    if (about === "latest") return UPSTREAM_LIMITS.keepLatestMs;
    const { to } = rangeQuery(query, nowSeconds, lastSeconds, history.assetClass.dayOf);
    const isSettled = to.seconds + UPSTREAM_LIMITS.settledSeconds < Math.min(history.marketSeconds, nowSeconds);
    return isSettled ? UPSTREAM_LIMITS.keepSettledMs : 0;
  }

  /**
   * Returns the newest second of a range that names no end.
   *
   * @throws RestError 403 on the free plan for data of the last 15 minutes: the request is rejected as a whole.
   */
  #lastSeconds(feed: ServedFeed, answer: Answer, query: URLSearchParams, nowSeconds: number): number {
    if (!this.#isDelayed(feed)) return nowSeconds;
    const limit = nowSeconds - HISTORY_LIMITS.freeDelaySeconds;
    if (answer.about === "latest") throw notPermitted(feed.name);
    const end = readTime(query, "end", feed.history.assetClass.dayOf);
    if (end !== undefined && end.seconds + end.nanos / 1e9 > limit) throw notPermitted(feed.name);
    return limit;
  }

  #isDelayed({ isDelayedIfFree }: ServedFeed): boolean {
    return this.#plan === "free" && isDelayedIfFree;
  }

  /** @throws RestError 429 for a key that has asked too often; without headers, as from Alpaca. */
  #spend(key: string): Readonly<Record<string, string>> {
    if (this.#plan !== "free") return {};
    const left = this.#budget.spend(key, this.#clock.monotonic());
    if (left === undefined) throw tooMany();
    return {
      "x-ratelimit-limit": `${HISTORY_LIMITS.freeRequestsPerMinute}`,
      "x-ratelimit-remaining": `${left}`,
      "x-ratelimit-reset": `${Math.ceil(this.#clock.now() / 1000)}`,
    };
  }

  #preflight(request: HttpRequest): HttpResponse {
    if (!this.#gateway.allowsOrigin(request)) return rejection(new RestError(403, "this origin is not allowed"));
    return { status: 200, headers: { ...PREFLIGHT_HEADERS, ...originHeaders(request) }, body: "" };
  }
}

function isEntitled({ feeds }: Entitlement, name: string): boolean {
  return feeds === undefined || feeds.includes(name);
}

function notPermitted(feed: string): RestError {
  return new RestError(403, `subscription does not permit querying recent ${feed.toUpperCase()} data`, 42_210_000);
}

function tooMany(): RestError {
  return new RestError(429, "too many requests.");
}

function faultOf(status: number): RestError {
  if (status === 429) return tooMany();
  return new RestError(status, (STATUS_CODES[status] ?? "rejected").toLowerCase());
}

/** Lets the page that asked read the answer. Source: fetch.spec.whatwg.org, "CORS protocol". */
function originHeaders({ headers: { origin } }: HttpRequest): Readonly<Record<string, string>> {
  if (typeof origin !== "string") return {};
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, Vary: "Origin" };
}

function completeHeader({ completeFromSeconds }: Body): Readonly<Record<string, string>> {
  if (completeFromSeconds === undefined) return {};
  return { "x-tickerplant-complete-from": formatTimestamp(completeFromSeconds, 0) };
}
