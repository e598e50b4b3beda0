import { StreamError, type StreamErrorCode } from "@tickerplant/client/wire";

/** The error for a line that holds no record. Without a stack: a file may have millions of such lines. */
export function lineError(code: StreamErrorCode & `bad_${string}`, message: string): StreamError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new StreamError(code, message);
  Error.stackTraceLimit = limit;
  return error;
}
