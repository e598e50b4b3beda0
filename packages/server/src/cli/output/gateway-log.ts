import { isServerErrorNumber, SERVER_ERROR_TEXTS, StreamError, WILDCARD } from "@tickerplant/client/wire";
import type { FeedGap, SourceEvent } from "../../feeds/feed.ts";
import type { GatewayEvent } from "../../gateway/gateway-events.ts";
import type { Log } from "./log.ts";
import { counted, showCount } from "./numbers.ts";

/** Returns the `onEvent` of a gateway that logs the events of its clients. */
export function gatewayLog(log: Log): (event: GatewayEvent) => void {
  return (event) => {
    switch (event.type) {
      case "connected": {
        const from = event.address === undefined ? "" : ` from ${event.address}`;
        return log.info(`client ${event.client} connected to ${event.feed} (${event.codec})${from}`, event);
      }
      case "originRejected":
        return log.warn(`rejected a web page of ${event.origin}; to allow it, use --allow-origin`, event);
      case "httpRejected": {
        const { status, path, address } = event;
        const what = path === undefined ? "a connection" : `a request for ${path}`;
        return log.warn(`rejected ${what}${address === undefined ? "" : ` from ${address}`}: HTTP ${status}`, event);
      }
      case "authenticated": {
        const key = shortenedKey(event.key);
        return log.info(`client ${event.client} authenticated with the key ${key}`, { ...event, key });
      }
      case "rejected": {
        const { client, error, hint } = event;
        const text = isServerErrorNumber(error) ? ` ${SERVER_ERROR_TEXTS[error]}` : "";
        return log.warn(`rejected client ${client}: ${error}${text}${hint === undefined ? "" : `; ${hint}`}`, event);
      }
      case "subscribed":
      case "unsubscribed":
        return log.info(`client ${event.client} ${event.type}: ${counted(event.symbolCount, "symbol")}`, event);
      case "slow": {
        const bytes = showCount(event.bufferedBytes);
        return log.warn(`disconnecting client ${event.client}, which is too slow: ${bytes} bytes were waiting`, event);
      }
      case "failed": {
        const error = event.error instanceof Error ? event.error.message : String(event.error);
        return log.error(`failed to handle a message of client ${event.client}: ${error}`, { ...event, error });
      }
      case "left": {
        const { client, reason, undeliveredBytes } = event;
        if (undeliveredBytes === undefined) return log.info(`client ${client} disconnected: ${reason}`, event);
        const bytes = showCount(undeliveredBytes);
        return log.warn(`client ${client} disconnected with up to ${bytes} bytes unread: ${reason}`, event);
      }
      case "gap":
        return logGap(log, event.feeds, event.gap);
      case "source":
        return logSource(log, event.feeds, event.event);
      case "sinkFailed": {
        const error = event.error instanceof Error ? event.error.message : String(event.error);
        return log.error(`a sink of ${event.feeds.join(", ")} failed and was removed: ${error}`, { ...event, error });
      }
      case "historyRejected": {
        const error = event.error.message;
        return log.error(`requests for the history of ${event.feed} fail: ${error}`, { ...event, error });
      }
      case "recordingUnreadable": {
        const error = event.error instanceof Error ? event.error.message : String(event.error);
        return log.error(`the recording of ${event.feed} could not be read: ${error}`, { ...event, error });
      }
      case "feedEnded":
        return; // the command reports the end of its feed
    }
  };
}

/** Logs that records may be missing. */
export function logGap(log: Log, feeds: readonly string[], gap: FeedGap): void {
  const [from, to, cause] = [gap.from.toISOString(), gap.to.toISOString(), gap.cause.message];
  const what = `${gap.channel} of ${countOf(gap.symbols)}`;
  log.warn(`${feeds.join(", ")}: ${what} may be missing from ${from} to ${to}: ${cause}`, {
    type: "gap",
    feeds,
    channel: gap.channel,
    symbols: gap.symbols,
    from,
    to,
    cause,
  });
}

/** Logs what happens between the feed of some endpoints and its source. */
export function logSource(log: Log, feeds: readonly string[], event: SourceEvent): void {
  const { type } = event;
  const names = feeds.join(", ");
  switch (type) {
    case "connected":
      return log.info(`${names}: connected to ${event.url}`, { type, feeds, url: event.url });
    case "leader": {
      const { name, epoch } = event;
      return log.info(`${names}: the ingest ${name} leads, epoch ${epoch}`, { type, feeds, name, epoch });
    }
    case "lost": {
      const cause = event.cause.message;
      return log.warn(`${names}: no connection upstream, trying again: ${cause}`, { type, feeds, cause });
    }
    case "filled": {
      const { channel, symbols, recordCount } = event;
      const [from, to] = [event.from.toISOString(), event.to.toISOString()];
      const what = `${channel} of ${countOf(symbols)} from ${from} to ${to}`;
      const fields = { type, feeds, channel, symbols, from, to, recordCount };
      return log.info(`${names}: filled ${what}: ${counted(recordCount, "record")}`, fields);
    }
    case "failed": {
      const error = event.error.message;
      return log.warn(`${names}: ${error}${symbolsIn(event.error)}`, { type, feeds, error });
    }
  }
}

/** Counts the symbols of a channel, `*` as all of them. */
function countOf(symbols: readonly string[]): string {
  return symbols.includes(WILDCARD) ? "all symbols" : counted(symbols.length, "symbol");
}

/** Names the first symbols that an error is about. */
function symbolsIn(error: Error): string {
  const symbols = error instanceof StreamError ? [...new Set(Object.values(error.symbols ?? {}).flat())] : [];
  if (symbols.length === 0) return "";
  return ` (${symbols.slice(0, MAX_NAMES).join(", ")}${symbols.length > MAX_NAMES ? ", …" : ""})`;
}

/** Most symbols that a log line names. */
const MAX_NAMES = 5;

/** Shortens a key: enough to recognise it, too little to use if it is a secret by mistake. */
export function shortenedKey(key: string): string {
  return key.length <= 4 ? key : `${key.slice(0, 4)}…`;
}
