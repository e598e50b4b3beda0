import type { Consumer } from "../delivery/consumer.ts";
import { HandlerConsumer } from "../delivery/handler-consumer.ts";
import { Overflow } from "../delivery/record-queue.ts";
import * as LIMITS from "../limits.ts";
import { symbolsByChannel } from "../subscriptions/ledger-entry.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import { StreamError } from "../wire/index.ts";

/** Makes the error for a subscription that the stream does not wait for. */
export type StallCause = (consumer: Consumer, subscription: Subscription, stalledMs: number) => StreamError;

/** No progress, or none with some symbols, while records wait. */
export function noProgress(consumer: Consumer, subscription: Subscription, stalledMs: number): StreamError {
  const isHandler = consumer instanceof HandlerConsumer;
  const seconds = `${Number((stalledMs / 1000).toFixed(1))} s`;
  const stuck = [...new Set(consumer.stuckSymbols)];
  const cause = isHandler
    ? `handler calls on ${listed(stuck)} have not settled for ${seconds}`
    : `no record has been pulled for ${seconds}`;
  const effect = effectOf(consumer);
  const advice = isHandler
    ? "find the call that waits forever, and give its wait a time limit"
    : "read the iterator, or leave it with return() or break";
  const text = `is stalled: ${cause}, records waiting: ${consumer.queued}; ${effect}. To fix it, ${advice}.`;
  return stalled(subscription, text);
}

const ISOLATED = "the stream continues without it, and it drops its oldest records until it makes progress";

function effectOf({ isIsolated, isAtLimit, overflow }: Consumer): string {
  if (isIsolated) return ISOLATED;
  if (!isAtLimit) return "nothing is lost yet";
  return overflow === Overflow.BLOCK
    ? "reading pauses for it until its other symbols have made room"
    : "it loses records by its overflow policy";
}

/** So far behind that the queue would grow without limit, because the platform cannot stop reading. */
export function readingCannotStop(consumer: Consumer, subscription: Subscription): StreamError {
  const text = `is ${consumer.queued} records behind, and this platform cannot stop reading: ${ISOLATED}. Make the handler faster, or choose dropOldest or conflate.`;
  return stalled(subscription, text);
}

/** Handler calls that did not settle after the end of a run. */
export function abandonedAtStop(_: Consumer, subscription: Subscription): StreamError {
  const seconds = `${LIMITS.drainTimeoutMs / 1000} s`;
  return stalled(subscription, `had a handler call still running ${seconds} after the stop; the run ends without it.`);
}

function stalled({ states }: Subscription, what: string): StreamError {
  const names = listed(states.map(({ channel, symbol }) => `${channel} ${symbol}`));
  const symbols = symbolsByChannel(states);
  return new StreamError("subscription_stalled", `a subscription to ${names} ${what}`, { symbols });
}

/** Names in an error message: more would hide the rest of it. */
const MAX_SHOWN = 5;

/** The first few names, separated by commas. */
export function listed(names: readonly string[]): string {
  const more = names.length - MAX_SHOWN;
  return names.slice(0, MAX_SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
