import type { Codec } from "@tickerplant/client/wire";
import type { FeedGap, SourceEvent } from "../feeds/feed.ts";

/** What happens at a gateway. `client` counts connections from 1; `feed` is the name of an endpoint, such as `iex`. */
export type GatewayEvent =
  | {
      readonly type: "connected";
      readonly client: number;
      readonly feed: string;
      readonly codec: Codec;
      /** The client's address, if the socket's owner passed it. */
      readonly address?: string;
    }
  /** A page of another web site was rejected: see `GatewayOptions.allowedOrigins`. */
  | { readonly type: "originRejected"; readonly origin: string }
  /**
   * An HTTP request was rejected: an upgrade, a connection over a limit, or a request for history without valid
   * credentials, for a feed that its key does not have, or over the rate of the plan. `path` is that of the route.
   */
  | { readonly type: "httpRejected"; readonly status: number; readonly path?: string; readonly address?: string }
  | { readonly type: "authenticated"; readonly client: number; readonly key: string }
  /**
   * A client was sent an error: its credentials or a request were rejected, or its key no longer permits the
   * connection. `hint` states what may be wrong, and contains nothing of what was sent.
   */
  | { readonly type: "rejected"; readonly client: number; readonly error: number; readonly hint?: string }
  | { readonly type: "subscribed" | "unsubscribed"; readonly client: number; readonly symbolCount: number }
  | { readonly type: "slow"; readonly client: number; readonly bufferedBytes: number }
  /** A bug of the gateway: it failed on what a client sent. The client gets error 500 and is closed. */
  | { readonly type: "failed"; readonly client: number; readonly error: unknown }
  | {
      readonly type: "left";
      readonly client: number;
      readonly reason: string;
      /**
       * Bytes that the client may lack, at most: those that waited for it, and those that the network
       * accepted and the client did not show to have read. Absent if there are none.
       */
      readonly undeliveredBytes?: number;
    }
  /** A feed reports that records may be missing. */
  | { readonly type: "gap"; readonly feeds: readonly string[]; readonly gap: FeedGap }
  /**
   * Upstream rejects the requests for history that the gateway passes on: its own key, or its address, is wrong. Reported
   * once, until upstream answers again. `feed` is the name of an endpoint.
   */
  | { readonly type: "historyRejected"; readonly feed: string; readonly error: Error }
  /** A request for history was not answered, because the feed's recording cannot be read. `feed` is the name of an endpoint. */
  | { readonly type: "recordingUnreadable"; readonly feed: string; readonly error: unknown }
  /** What happens between a feed and its source, such as a lost connection upstream. */
  | { readonly type: "source"; readonly feeds: readonly string[]; readonly event: SourceEvent }
  /** A sink that was added to a feed threw `error`, and was removed. */
  | { readonly type: "sinkFailed"; readonly feeds: readonly string[]; readonly error: unknown }
  | { readonly type: "feedEnded"; readonly feeds: readonly string[]; readonly error: unknown };

/** Counters of a gateway. */
export interface GatewayStats {
  /** Open connections. */
  readonly clients: number;
  /** Records that feeds published. */
  readonly published: number;
  /** Records handed to clients. */
  readonly delivered: number;
}

/**
 * Calls `onEvent`. A log that fails must not cost a client its connection, and must not be silent. Where there is no
 * log, the process warns of a feed that fails, loses its source, or may lack records.
 */
export function emit(event: GatewayEvent, onEvent: ((event: GatewayEvent) => void) | undefined): void {
  const warn = (error: unknown): void => process.emitWarning(error instanceof Error ? error : String(error));
  const problem = onEvent === undefined ? problemOf(event) : undefined;
  if (problem !== undefined) warn(problem);
  try {
    const result: unknown = onEvent?.(event);
    if (result instanceof Promise) result.catch(warn); // an async function is a valid `onEvent`, too
  } catch (error) {
    warn(error);
  }
}

function problemOf(event: GatewayEvent): unknown {
  if (event.type === "feedEnded") return event.error;
  if (event.type === "gap") {
    const { channel, from, to, cause } = event.gap;
    return `${channel} may be missing from ${from.toISOString()} to ${to.toISOString()}: ${cause.message}`;
  }
  if (event.type !== "source") return undefined;
  if (event.event.type === "lost") return event.event.cause;
  return event.event.type === "failed" ? event.event.error : undefined;
}
