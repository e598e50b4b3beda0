import type { ExpectedOptions } from "../option-checks.ts";

/**
 * What a gateway does wrong on demand, for tests of client programs. Each fault applies to what
 * happens after it was set; `gateway.faults` may be changed at any time.
 */
export interface Faults {
  /** Answer every upgrade with this HTTP status. */
  httpStatus?: number;
  /** Seconds in the `Retry-After` header of that answer. */
  retryAfterS?: number;
  /** Answer every attempt to authenticate with this error number. */
  authError?: number;
  /** Answer every subscribe with this error number. */
  subscribeError?: number;
  /** Send the answers to authenticated clients' requests this much later, in milliseconds. */
  ackDelayMs?: number;
  /** Send no records; pings are answered: connected but mute. */
  isMute?: boolean;
  /** Send nothing at all until the close, answer no ping, ignore what comes: the link is half open. */
  isHalfOpen?: boolean;
  /** Records in one frame at most: 1 sends each alone. */
  maxRecordsPerFrame?: number;
  /** After so many records of a connection, cut it in the middle of a frame. */
  cutAfterRecords?: number;
  /** Answer every request for history with this HTTP status; 429 comes without headers, 401 is a page of HTML. */
  historyStatus?: number;
  /** Answer requests for history this much later, in milliseconds. */
  historyDelayMs?: number;
  /** Leave out of the history what is less than this much older than the newest record, in milliseconds. */
  historyLagMs?: number;
  /** Leave one record of so many out of the history, and do not report it. */
  historyDropEvery?: number;
  /** Let each page of history but the first name itself as the next one. */
  historyLoops?: boolean;
}

/** What each fault must be. */
export const FAULTS: ExpectedOptions<Faults> = {
  httpStatus: "number",
  retryAfterS: "number",
  authError: "number",
  subscribeError: "number",
  ackDelayMs: "number",
  isMute: "boolean",
  isHalfOpen: "boolean",
  maxRecordsPerFrame: "number",
  cutAfterRecords: "number",
  historyStatus: "number",
  historyDelayMs: "number",
  historyLagMs: "number",
  historyDropEvery: "number",
  historyLoops: "boolean",
};

/** Whether a fault is set that concerns each record of each client separately. */
export function concernsSingleRecords({ isMute, maxRecordsPerFrame, cutAfterRecords }: Faults): boolean {
  return isMute === true || maxRecordsPerFrame !== undefined || cutAfterRecords !== undefined;
}
