import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import * as LIMITS from "../limits.ts";
import { Codec, StreamError, WIRE_LIMITS } from "../wire/index.ts";
import type { Connector, ConnectRequest, Transport, TransportEvents } from "./transport.ts";

/** Websockets by the package `ws`: Node, Bun and Deno. */
export const connector: Connector = { setsHeaders: true, pings: true, pauses: true, connect };

function connect(request: ConnectRequest, events: TransportEvents): Transport {
  const { headers, ...params } = request.websocketParams;
  const socket = new WebSocket(request.url, {
    maxPayload: WIRE_LIMITS.maxServerFrameBytes,
    ...params,
    // The user's headers are added to ours and replace none of them.
    headers: { ...(headers as object | undefined), ...request.headers },
  });
  let failure: StreamError | undefined;

  socket.on("open", () => events.opened());
  // A Buffer is a view on ws's own memory, and the session reads it during the call.
  socket.on("message", (data: Buffer) => events.frame(data));
  socket.on("pong", () => events.pong());
  socket.on("unexpected-response", (_upgrade, response) => {
    failure = refusal(response);
    socket.terminate();
  });
  socket.on("error", (error) => {
    failure ??= new StreamError("connection_lost", `the connection failed: ${error.message}`, { cause: error });
  });
  socket.on("close", (code, reason) => events.closed(code, reason.toString(), failure));

  return {
    send: (frame, codec) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame, { binary: codec === Codec.MSGPACK });
    },
    ping: () => {
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: (code, reason) => {
      socket.resume(); // a paused socket would never see the peer's answer
      if (socket.readyState === WebSocket.CONNECTING) return socket.terminate();
      socket.close(code, reason);
      const timer = setTimeout(() => socket.terminate(), LIMITS.closeTimeoutMs);
      socket.once("close", () => clearTimeout(timer));
    },
  };
}

/** HTTP statuses of an upgrade that do not change by trying again. */
const TERMINAL_STATUSES: readonly (number | undefined)[] = [401, 403, 404];

function refusal(response: IncomingMessage): StreamError {
  const { statusCode: status, statusMessage } = response;
  const isTerminal = TERMINAL_STATUSES.includes(status);
  const advice =
    status === 404 ? " Check the feed and the path of the URL." : isTerminal ? " Check the credentials." : "";
  return new StreamError(
    "http_refused",
    `the server answered the upgrade with HTTP ${status} ${statusMessage}.${advice}`,
    {
      status,
      terminal: isTerminal,
      retryAfterMs: retryAfterMs(response.headers["retry-after"]),
    },
  );
}

/** `Retry-After` is a number of seconds or a date. Source: RFC 9110, section 10.2.3. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const delayMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}
