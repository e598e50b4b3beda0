import type { HistoryAnswer } from "@tickerplant/client/history";
import type { UpstreamAnswer } from "../feed.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Headers of a gateway as upstream, which clients need to understand the answer. */
const HEADERS = ["x-tickerplant-complete-from", "x-tickerplant-wildcard"] as const;

/** Errors that concern the request, not the gateway or its key. */
const ABOUT_THE_REQUEST: readonly number[] = [400, 404, 414, 422];

/** What Alpaca answers to a request for more than the plan has. Source: docs.alpaca.markets/docs/market-data-faq. */
const NOT_IN_PLAN = /subscription does not permit/i;

/**
 * Returns what clients get of an answer: its body as it came, and those headers alone that are known.
 *
 * @throws UpstreamError 502 for an answer that is about the gateway's key, or that is no history.
 */
export function passedAnswer({ status, headers, body }: HistoryAnswer): UpstreamAnswer {
  const isJson = /\bjson\b/i.test(headers.get("content-type") ?? "");
  if (status === 200 && isJson) return { status, headers: passedHeaders(headers), body };
  if (ABOUT_THE_REQUEST.includes(status) || (status === 403 && isNotInPlan(body)))
    return { status, headers: {}, body: isJson ? body : messageBody(`upstream answered ${status}`) };
  if (status === 401 || status === 403)
    throw new UpstreamError(
      502,
      `upstream rejects the gateway's own key (${status}): its operator has to check the key`,
    );
  const what = status === 200 ? "an answer that is not JSON" : `${status}`;
  throw new UpstreamError(502, `upstream answered with ${what}: the gateway's operator has to check its address`);
}

function isNotInPlan(body: Uint8Array): boolean {
  return NOT_IN_PLAN.test(Buffer.from(body).toString());
}

function messageBody(message: string): Uint8Array {
  return Buffer.from(JSON.stringify({ message }));
}

function passedHeaders(headers: HistoryAnswer["headers"]): Readonly<Record<string, string>> {
  const values = HEADERS.map((name) => [name, headers.get(name)] as const);
  return Object.fromEntries(values.filter((entry): entry is [(typeof HEADERS)[number], string] => entry[1] !== null));
}
