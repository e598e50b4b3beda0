import type { StreamError } from "../wire/index.ts";
import { Emitter } from "./emitter.ts";
import { EVENT_NAMES, type StreamEvents } from "./events.ts";
import { describeGap, describeLoss } from "./messages.ts";

/** What the console shows of an event that may be a loss or a mistake; undefined for nothing. */
const DESCRIPTIONS: { readonly [Name in keyof StreamEvents]?: (event: StreamEvents[Name]) => string | undefined } = {
  status: (status) => (status.state === "reconnecting" ? describeLoss(status.delayMs, status.cause) : undefined),
  gap: describeGap,
  gapOpen: describeGap,
  error: ({ name, code, message }) => `${name} [${code}]: ${message}`,
  warning: ({ code, message }) => `warning [${code}]: ${message}`,
};

/** Emits the events of a stream. Without a listener the console shows what may be a loss or a mistake. */
export class Reporter {
  readonly emitter: Emitter<StreamEvents> = new Emitter(EVENT_NAMES);
  /** Counts of errors, for the metrics. */
  readonly counts = { unreadable: 0, handlerFailures: 0 };
  /** Counts of events, whether or not there was a listener. */
  readonly events = {} as Record<keyof StreamEvents, number>; // the constructor adds every name

  constructor() {
    for (const name of EVENT_NAMES) this.events[name] = 0;
  }

  /** Emits an event. */
  emit<Name extends keyof StreamEvents>(
    name: Name,
    event: StreamEvents[Name],
    describe: ((event: StreamEvents[Name]) => string | undefined) | undefined = DESCRIPTIONS[name],
  ): void {
    this.events[name]++;
    if (this.emitter.hasListeners(name)) return this.emitter.emit(name, event);
    const text = describe?.(event);
    if (text === undefined) return;
    if (name === "error") console.error(text);
    else console.warn(text);
  }

  /** Emits an error after which the stream continues. */
  error(error: StreamError): void {
    if (error.code === "handler_failed") this.counts.handlerFailures++;
    if (error.code === "bad_message" || error.code === "bad_frame") this.counts.unreadable++;
    this.emit("error", error);
  }
}
