import * as LIMITS from "../../limits.ts";
import { StreamError } from "../../wire/index.ts";

/** History has nothing of the channel. */
export function noHistory(channel: string): StreamError {
  return new StreamError("no_history", `history has no ${channel}, so that the gap cannot be filled`);
}

/** History has the channel, and its gaps are not filled. */
export function notFilled(channel: string): StreamError {
  return new StreamError(
    "not_filled",
    `gaps of ${channel} are not filled unless the option fill names them; request them from history where they matter`,
  );
}

/** History did not show records that the stream itself has received. */
export function incomplete(channel: string): StreamError {
  return new StreamError(
    "history_incomplete",
    `history lacks ${channel} that the stream has received beside the gap, so that it may lack those of the gap as well`,
  );
}

/** Records of the gap were delivered, and it is no longer known which. */
export function forgotten(channel: string): StreamError {
  return new StreamError(
    "history_incomplete",
    `so many ${channel} of the gap were delivered before its fill began that it is no longer known which: request its range from history`,
  );
}

/** The position does not hold which records of these times were finished. */
export function lateUnknown(channel: string): StreamError {
  return new StreamError(
    "history_incomplete",
    `the position that was resumed holds the last ${LIMITS.maxPositionMarks} ${channel}: earlier ones that were reported after it was saved are missing`,
  );
}

/** The server's history begins within the gap. */
export function beginsLater(channel: string, completeFrom: Date): StreamError {
  return new StreamError(
    "history_incomplete",
    `the server's history of ${channel} begins at ${completeFrom.toISOString()}, within the gap`,
  );
}

/** A fill that would take too long. */
export function tooLarge(channel: string, pages: number): StreamError {
  return new StreamError(
    "too_large",
    `the gap of ${channel} has more than ${pages} pages of history: request it from history, symbol by symbol`,
  );
}

/** The symbols that were never heard of cannot be asked for. */
export function wildcardUnknown(channel: string): StreamError {
  return new StreamError(
    "wildcard_unknown",
    `history is asked by symbol: ${channel} of symbols that the stream had not heard of before may be missing`,
  );
}

/** What was held took too much memory. */
export function holdFull(channel: string): StreamError {
  return new StreamError(
    "hold_full",
    `${LIMITS.maxHeld} live ${channel} were waiting for the fill: it was given up, so that they could be delivered`,
  );
}

/** The stream was stopped. */
export function stoppedFill(): StreamError {
  return new StreamError("stopped", "the stream was stopped before the gap was filled");
}
