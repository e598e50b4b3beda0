import type { ServerErrorNumber } from "./stream-error.ts";

/**
 * The text of each error that a server sends. Separate from `SERVER_ERRORS`, because a client repeats the
 * one that it received: bundles for browsers need not carry these.
 *
 * Source: docs.alpaca.markets/docs/streaming-market-data; 410 and 411 from the official Go SDK.
 */
export const SERVER_ERROR_TEXTS: Readonly<Record<ServerErrorNumber, string>> = {
  400: "invalid syntax",
  401: "not authenticated",
  402: "auth failed",
  403: "already authenticated",
  404: "auth timeout",
  405: "symbol limit exceeded",
  406: "connection limit exceeded",
  407: "slow client",
  408: "v2 not enabled",
  409: "insufficient subscription",
  410: "invalid subscribe action for this feed",
  411: "insufficient scope",
  412: "option messages are only available in MsgPack format",
  413: "star subscription is not allowed for option quotes",
  500: "internal error",
};
