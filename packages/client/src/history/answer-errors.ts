import { shownAddress } from "../checks/shown-address.ts";
import { type Credentials, redacted } from "../connection/credentials.ts";
import * as LIMITS from "../limits.ts";
import { StreamError, type StreamErrorCode } from "../wire/index.ts";

/** An answer that is not a success. */
export interface FailedAnswer {
  readonly url: string;
  readonly status: number;
  /** The media type, "" if there is none. */
  readonly type: string;
  readonly body: Uint8Array;
  /** The header `Retry-After`, if there is one. */
  readonly retryAfter: string | null;
}

interface Reason {
  readonly code: StreamErrorCode;
  readonly advice: string;
  /** Whether another attempt is pointless. */
  readonly terminal: boolean;
}

const BY_STATUS: Readonly<Record<number, Reason>> = {
  400: { code: "invalid_request", terminal: true, advice: "Check the times, the limit and the symbols." },
  401: {
    code: "auth_failed",
    terminal: true,
    advice: "Check the key and the secret, and that they belong to this server.",
  },
  403: {
    code: "not_entitled",
    terminal: true,
    advice: "The plan does not include this history.",
  },
  404: { code: "http_rejected", terminal: true, advice: "Check that urlOverride is the address of a data API." },
  422: { code: "invalid_request", terminal: true, advice: "Check the times, the limit and the symbols." },
  429: { code: "rate_limited", terminal: false, advice: "Request less, or in larger pages, or upgrade the plan." },
};

const SERVER_FAILED: Reason = { code: "server_error", terminal: false, advice: "Try again later." };

const REDIRECTED: Reason = {
  code: "http_rejected",
  terminal: true,
  advice: "It redirects to another address, to which no keys are sent: set urlOverride to the right one.",
};

const UNEXPECTED: Reason = { code: "http_rejected", terminal: true, advice: "Check urlOverride." };

const INVALID_SYMBOL: Reason = {
  code: "invalid_symbol",
  terminal: true,
  advice: "One such symbol rejects the whole request: leave it out, or write it as Alpaca lists it.",
};

/** What errors need to know of the client. */
export interface ErrorContext {
  /** Removed from the messages of the server. */
  readonly credentials: Credentials;
  /** What to do about history that the plan does not include. */
  readonly planAdvice: string;
}

/** Makes the error for an answer that is not a success. Its text is read only if it is JSON. */
export function answerError(answer: FailedAnswer, key: string, { credentials, planAdvice }: ErrorContext): StreamError {
  const { status, url } = answer;
  const { message, serverCode } = messageOf(answer);
  const symbol = status === 400 ? /invalid symbol:? ?(\S+)/i.exec(message)?.[1] : undefined;
  const { code, terminal, advice } = symbol === undefined ? reasonOf(status) : INVALID_SYMBOL;
  const text = redacted(message, credentials).slice(0, LIMITS.maxErrorLength);
  const what = `${shownAddress(url)} answered ${status}${text === "" ? "" : ` ${JSON.stringify(text)}`}`;
  return new StreamError(code, `${what}. ${advice}${code === "not_entitled" ? ` ${planAdvice}` : ""}`, {
    status,
    serverCode,
    terminal,
    retryAfterMs: retryAfterMs(answer.retryAfter),
    symbols: symbol === undefined ? undefined : { [key]: [symbol] },
  });
}

function reasonOf(status: number): Reason {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return SERVER_FAILED;
  return status < 400 && (status >= 300 || status === 0) ? REDIRECTED : UNEXPECTED; // 0: a redirect in browsers
}

function messageOf({ type, body }: FailedAnswer): { message: string; serverCode: number | undefined } {
  const nothing = { message: "", serverCode: undefined };
  if (!/\bjson\b/i.test(type)) return nothing;
  try {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: false });
    const answer: unknown = JSON.parse(decoder.decode(body));
    const { message, code } = (answer ?? {}) as { readonly message?: unknown; readonly code?: unknown }; // looked at below
    return {
      message: typeof message === "string" ? message : "",
      serverCode: typeof code === "number" ? code : undefined,
    };
  } catch {
    return nothing; // cut off, or no JSON in spite of its type
  }
}

/** Milliseconds of a `Retry-After` in seconds; its other form, a date, is not followed. */
export function retryAfterMs(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
}

/** Makes the error for a request that had no answer. */
export function connectionError(url: string, cause: unknown): StreamError {
  return new StreamError(
    "connection_lost",
    `no answer from ${shownAddress(url)}: ${causeOf(cause)}. Check the address and the network; a page in a browser also needs the server's consent (CORS).`,
    { cause },
  );
}

/** Node reports only "fetch failed", and why in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const { cause } = error;
  const code = (cause as { readonly code?: unknown } | undefined)?.code; // of Node's errors
  if (typeof code === "string") return code;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}

/** Makes the error for a request whose answer took too long. */
export function timeoutError(url: string, timeoutMs: number): StreamError {
  return new StreamError(
    "timeout",
    `no complete answer from ${shownAddress(url)} within ${timeoutMs} ms (requestTimeoutMs)`,
  );
}
