import type { Connector, Transport, TransportEvents } from "@tickerplant/client";

/**
 * A connector that connects as another one does until `hasEnded`. Later attempts stay unanswered: a server that has ended
 * may still accept connections, and each would be one more to lose.
 */
export function connectorUntil(hasEnded: () => boolean, connector: Connector): Connector {
  const { setsHeaders, pings, pauses } = connector;
  return {
    setsHeaders,
    pings,
    pauses,
    connect: (request, events) => (hasEnded() ? unanswered(events) : connector.connect(request, events)),
  };
}

function unanswered(events: TransportEvents): Transport {
  return {
    send: () => {},
    ping: () => {},
    pause: () => {},
    resume: () => {},
    close: (code, reason) => queueMicrotask(() => events.closed(code, reason, undefined)),
  };
}
