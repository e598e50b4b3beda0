import {
  type Check,
  FUNCTION,
  milliseconds,
  type OptionChecks,
  POSITIVE_INTEGER,
  SECRET,
} from "../checks/option-checks.ts";
import { type Credentials, cleanCredential, requiredCredential } from "../connection/credentials.ts";
import * as LIMITS from "../limits.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { type Fetch, platformFetch } from "../platform/fetch.ts";
import type { HistoryKind } from "./history-kind.ts";
import { CLOCK, RequestBudget } from "./request-budget.ts";
import type { RestSettings } from "./rest-client.ts";

/** Where Alpaca's historical data lives. */
const DATA_HOST = "https://data.alpaca.markets";

/** Options of every history. */
export interface HistoryOptions {
  /**
   * API key; white space around it is removed.
   *
   * @defaultValue the environment variable `APCA_API_KEY_ID`
   */
  readonly apiKey?: string | undefined;
  /**
   * API secret; white space around it is removed.
   *
   * @defaultValue the environment variable `APCA_API_SECRET_KEY`
   */
  readonly secretKey?: string | undefined;
  /** Token of OAuth, instead of a key and its secret. */
  readonly oauthToken?: string | undefined;
  /**
   * Address of the server without a path, instead of Alpaca's: a gateway, a proxy, a test.
   *
   * @defaultValue `https://data.alpaca.markets`
   */
  readonly urlOverride?: string | undefined;
  /**
   * Requests in a minute, sent as fast as possible at first and evenly after that. An answer that names
   * another limit replaces it.
   *
   * @defaultValue 200, as Alpaca's free plan has
   */
  readonly requestsPerMinute?: number | undefined;
  /**
   * A budget that several histories with the same key share, instead of `requestsPerMinute`.
   *
   * @defaultValue a budget of its own
   */
  readonly budget?: RequestBudget | undefined;
  /**
   * Time limit from sending a request to the end of its answer, in milliseconds.
   *
   * @defaultValue 30,000
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Sends requests; for proxies, tests and other platforms.
   *
   * @defaultValue the platform's `fetch`
   */
  readonly fetch?: Fetch | undefined;
  /**
   * Clock, timers and randomness; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock | undefined;
}

const BUDGET: Check = { expected: "a RequestBudget", accepts: (value) => value instanceof RequestBudget };

/** What each option must be. A history with options of its own adds theirs. */
export const HISTORY_OPTIONS: OptionChecks<HistoryOptions> = {
  apiKey: SECRET,
  secretKey: SECRET,
  oauthToken: SECRET,
  urlOverride: SECRET,
  requestsPerMinute: POSITIVE_INTEGER,
  budget: BUDGET,
  requestTimeoutMs: milliseconds(1),
  fetch: FUNCTION,
  clock: CLOCK,
};

/**
 * Fills in the defaults of options that were checked against {@link HISTORY_OPTIONS}.
 *
 * @throws TypeError for missing keys, for keys and a token together, for a budget and its limit together, and for an
 *   address that is none of HTTP or has a stream's path.
 */
export function resolveHistory({ name, planAdvice }: HistoryKind, options: HistoryOptions): RestSettings {
  const { requestsPerMinute, clock = systemClock } = options;
  if (options.budget !== undefined && requestsPerMinute !== undefined)
    throw new TypeError("a budget has its own requestsPerMinute: pass either");
  return {
    url: options.urlOverride === undefined ? DATA_HOST : serverUrl(options.urlOverride),
    ...authentication(name, options),
    planAdvice,
    budget: options.budget ?? new RequestBudget({ requestsPerMinute, clock }),
    requestTimeoutMs: options.requestTimeoutMs ?? LIMITS.requestTimeoutMs,
    fetch: options.fetch ?? platformFetch,
    clock,
  };
}

function authentication(name: string, options: HistoryOptions): Pick<RestSettings, "headers" | "credentials"> {
  const { oauthToken } = options;
  if (oauthToken === undefined) {
    const apiKey = requiredCredential(name, "apiKey", options.apiKey);
    const secretKey = requiredCredential(name, "secretKey", options.secretKey);
    const credentials: Credentials = { apiKey, secretKey };
    return { credentials, headers: { "APCA-API-KEY-ID": apiKey, "APCA-API-SECRET-KEY": secretKey } };
  }
  if (options.apiKey !== undefined || options.secretKey !== undefined)
    throw new TypeError("oauthToken stands in place of apiKey and secretKey: pass either");
  const token = cleanCredential("oauthToken", oauthToken);
  if (token === "") throw new TypeError("oauthToken is empty");
  return { credentials: { apiKey: "", secretKey: token }, headers: { Authorization: `Bearer ${token}` } };
}

/** The path of a stream, such as `/v2/iex`. */
const STREAM_PATH = /^\/v\d[^/]*\//;

function serverUrl(urlOverride: string): string {
  const url = URL.canParse(urlOverride) ? new URL(urlOverride) : undefined;
  if (url?.protocol === "ws:" || url?.protocol === "wss:") url.protocol = url.protocol.replace("ws", "http");
  // Not the address itself, which may hold a password.
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new TypeError("urlOverride must be an address such as http://localhost:8765, got one that is none of HTTP");
  if (STREAM_PATH.test(url.pathname))
    throw new TypeError(
      `urlOverride must be an address without a path, such as ${url.protocol}//${url.host}: the paths of history are added to it`,
    );
  if (/[@?#]/.test(urlOverride.slice(urlOverride.indexOf("//") + 2)))
    throw new TypeError("urlOverride must have neither a user nor a query: keys are sent as headers");
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}
