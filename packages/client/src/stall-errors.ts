import { type Consumer, HandlerConsumer } from "./consumer.ts";
import { symbolsByChannel } from "./ledger-entry.ts";
import * as LIMITS from "./limits.ts";
import type { Subscription } from "./subscription.ts";
import { StreamError } from "./wire/index.ts";

/** Makes the error for a subscription that the stream does not wait for. */
export type StallCause = (consumer: Consumer, subscription: Subscription, stalledMs: number) => StreamError;

/** No progress with a full queue. */
export function stalledAtLimit(consumer: Consumer, subscription: Subscription, stalledMs: number): StreamError {
  const isHandler = consumer instanceof HandlerConsumer;
  const seconds = `${Number((stalledMs / 1000).toFixed(1))} s`;
  const stuck = [...new Set(consumer.stuckSymbols)];
  const cause = isHandler
    ? `the handler's ${stuck.length === 1 ? "call" : "calls"} on ${listed(stuck)} ${stuck.length === 1 ? "has" : "have"} not settled for ${seconds}`
    : `no record has been pulled for ${seconds}`;
  const effect = consumer.isIsolated
    ? "the stream goes on without this subscription, which drops its oldest records until it makes progress"
    : "it loses records by its overflow policy";
  const advice = isHandler
    ? "look for a call that waits for something that never comes, and give that wait a time limit"
    : "read the iterator, or leave it with return() or break";
  const text = `a subscription to ${describeSymbols(subscription)} is stalled: ${cause} and ${consumer.queued} records wait; ${effect}. To mend it, ${advice}.`;
  return new StreamError("subscription_stalled", text, { symbols: symbolsByChannel(subscription.states) });
}

/** So far behind that the queue would grow without end where the platform cannot stop reading. */
export function readingCannotStop(consumer: Consumer, subscription: Subscription): StreamError {
  const text = `a subscription to ${describeSymbols(subscription)} is ${consumer.queued} records behind, and this platform cannot stop reading: the stream goes on without it, and it drops its oldest records until it has caught up. Make the handler faster, or choose dropOldest or conflate.`;
  return new StreamError("subscription_stalled", text, { symbols: symbolsByChannel(subscription.states) });
}

/** Handler calls that did not settle after the end of a run. */
export function abandonedAtStop(_: Consumer, subscription: Subscription): StreamError {
  const seconds = `${LIMITS.drainTimeoutMs / 1000} s`;
  const text = `a handler of ${describeSymbols(subscription)} was still at work ${seconds} after the stop; the run ends without it.`;
  return new StreamError("subscription_stalled", text, { symbols: symbolsByChannel(subscription.states) });
}

/** Symbols in an error's text: more would hide the rest of it. */
const MAX_SHOWN_SYMBOLS = 5;

function describeSymbols({ states }: Subscription): string {
  return listed(states.map(({ channel, symbol }) => `${channel} ${symbol}`));
}

/** Names with commas between, the first few. */
export function listed(names: readonly string[]): string {
  const more = names.length - MAX_SHOWN_SYMBOLS;
  return names.slice(0, MAX_SHOWN_SYMBOLS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
