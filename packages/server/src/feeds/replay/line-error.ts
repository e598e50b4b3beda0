import { StreamError, type StreamErrorCode } from "@tickerplant/client/wire";

/** Makes the error for a line without a record. It has no stack trace, because a file may have millions of such lines. */
export function lineError(code: StreamErrorCode & `bad_${string}`, message: string): StreamError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new StreamError(code, message);
  Error.stackTraceLimit = limit;
  return error;
}
