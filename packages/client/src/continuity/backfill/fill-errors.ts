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

/** History has the records of the channel only as the newest state of what they revise. */
export function revisionsNotFilled(channel: string, revised: string): StreamError {
  return new StreamError(
    "not_filled",
    `history does not show which ${revised} were revised: ${channel} are delivered only for ${revised} that the stream had delivered just before the gap`,
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
    `the server's history of ${channel} begins at ${completeFrom.toISOString()}, after the start of the gap`,
  );
}

/** A fill that would take too long. */
export function tooLarge(channel: string, pages: number): StreamError {
  return new StreamError(
    "too_large",
    `the gap of ${channel} has more than ${pages} pages of history: request it from history, symbol by symbol`,
  );
}

/** Symbols of which the stream has brought nothing cannot be requested. */
export function wildcardUnknown(channel: string): StreamError {
  return new StreamError(
    "wildcard_unknown",
    `history is requested by symbol: ${channel} of symbols of which the stream had brought nothing before may be missing; the option universe can name them`,
  );
}

/** The option `universe` has not returned symbols. Errors of the user's function may hold anything. */
export function universeFailed(error: unknown): StreamError {
  const reason = error instanceof TypeError ? error.message : "its function failed, for the reason in cause";
  return new StreamError(
    "wildcard_unknown",
    `history is requested by symbol, and the option universe did not name the symbols: ${reason}`,
    { cause: error },
  );
}

/** What was held took too much memory. */
export function holdFull(channel: string): StreamError {
  return new StreamError(
    "hold_full",
    `${LIMITS.maxHeld} live ${channel} were waiting for the fill: it was given up, so that they could be delivered`,
  );
}

/** Gaps become known faster than they are filled. */
export function tooManyGaps(channel: string): StreamError {
  return new StreamError(
    "too_large",
    `${LIMITS.maxWaitingFills} gaps wait for their fills: this one of ${channel} is not filled; request its range from history`,
  );
}

/** An error that no part of a fill or refresh expects. */
export function failedFill(channel: string, cause: unknown): StreamError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new StreamError(
    "fill_failed",
    `a fill of ${channel} ended with an unexpected error: ${text}. Request the range from history`,
    { cause },
  );
}

/** The stream was stopped. */
export function stoppedFill(): StreamError {
  return new StreamError("stopped", "the stream was stopped before the gap was filled");
}
