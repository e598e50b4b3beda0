import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import { shownAddress } from "../../../checks/shown-address.ts";
import * as LIMITS from "../../../limits.ts";
import { Codec, StreamError, WIRE_LIMITS } from "../../../wire/index.ts";
import type { Connector, ConnectRequest, Transport, TransportEvents } from "../transport.ts";
import { connectFailure } from "./connect-failure.ts";
import { FrameReader } from "./frame-reader.ts";
import { environmentTunnel, type Tunnel } from "./proxy.ts";

/** Opens websockets by the package `ws`, on Node, Bun and Deno. */
export const connector: Connector = { setsHeaders: true, pings: true, pauses: true, connect };

function connect(request: ConnectRequest, events: TransportEvents): Transport {
  const { headers, ...params } = request.websocketParams;
  const userConnects = params.agent !== undefined || params.createConnection !== undefined;
  const tunnel = userConnects ? undefined : environmentTunnel(request.url);
  // The types of `ws` lack `closeTimeout`.
  const options: ClientOptions & { readonly closeTimeout: number } = {
    maxPayload: WIRE_LIMITS.maxServerFrameBytes,
    ...params,
    closeTimeout: LIMITS.closeTimeoutMs,
    // The user's headers extend ours and cannot replace them.
    headers: { ...(headers as object | undefined), ...request.headers },
  };
  const reader = userConnects || tunnel ? undefined : frameReader(request.url, options, events);
  const socket = new WebSocket(request.url, { ...options, ...connectBy(tunnel ?? reader) });
  let failure: StreamError | undefined;
  let hasOpened = false;
  const failed = (error: Error): void => {
    failure ??= connectFailure(error, hasOpened);
  };

  socket.on("upgrade", ({ socket: tcp }) => {
    // `ws` emits `close` only after the peer has closed TCP, but ends its own side as soon as the close
    // frames are exchanged or none can come: the cause is known then. Bun provides no socket here:
    // `terminate` ends a broken connection there, and `closeTimeout` one that the peer has closed.
    tcp?.once("finish", () => socket.terminate());
    // `ws` does not report errors of the socket under it.
    tcp?.on("error", failed);
  });
  socket.on("open", () => {
    hasOpened = true;
    reader?.opened(socket);
    events.opened();
  });
  // The frames that a frame reader leaves to `ws`. The Buffer is a view of memory that is reused.
  socket.on("message", (data: Buffer) => events.frame(data));
  socket.on("pong", () => events.pong());
  socket.on("unexpected-response", (_upgrade, response) => {
    failure = rejectedUpgrade(response);
    socket.terminate();
  });
  socket.on("error", (error) => {
    failed(error);
    socket.terminate(); // Bun: see above
  });
  socket.on("close", (code, reason) => {
    tunnel?.abandon();
    events.closed(code, reason.toString(), failure);
  });

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
      socket.resume(); // a paused socket would not receive the peer's close frame
      if (socket.readyState === WebSocket.CONNECTING) return socket.terminate();
      socket.close(code, reason);
    },
  };
}

/**
 * Reads plain frames in place; undefined where `ws` has to read all frames. Bun and Deno lack the option
 * `onread`, a redirect may change the scheme, and without synchronous events `ws` emits a frame later
 * than it receives it.
 */
function frameReader(url: string, options: ClientOptions, events: TransportEvents): FrameReader | undefined {
  const hasOnread = process.versions.bun === undefined && process.versions.deno === undefined;
  if (!hasOnread || options.followRedirects || options.allowSynchronousEvents === false) return undefined;
  const isSecure = /^(wss|https):/i.test(url);
  return new FrameReader({ isSecure, maxPayload: options.maxPayload }, (frame) => events.frame(frame));
}

/** The option that makes `ws` use the sockets of a tunnel or frame reader. */
function connectBy(opener: Tunnel | FrameReader | undefined): ClientOptions {
  if (opener === undefined) return {};
  const createConnection: (...parameters: never) => Socket | undefined = opener.createConnection.bind(opener);
  // The types of `ws` allow only the function of node:net; node:http also accepts a socket that is passed later.
  return { createConnection: createConnection as NonNullable<ClientOptions["createConnection"]> };
}

/** HTTP statuses that a retry does not change. */
const TERMINAL_STATUSES: readonly (number | undefined)[] = [401, 403, 404];

function rejectedUpgrade(response: IncomingMessage): StreamError {
  const { statusCode: status = 0 } = response;
  const isTerminal = TERMINAL_STATUSES.includes(status);
  return new StreamError(
    "http_rejected",
    // The server's own text is left out: it may repeat a secret of the request.
    `the server answered the upgrade with HTTP ${status} ${STATUS_CODES[status] ?? ""}.${adviceOn(status, response.headers.location)}`,
    {
      status,
      terminal: isTerminal,
      retryAfterMs: retryAfterMs(response.headers["retry-after"]),
    },
  );
}

function adviceOn(status = 0, location = ""): string {
  if (status === 404) return " Check the feed and the path of the URL.";
  if (status === 401 || status === 403) return " Check the credentials.";
  if (status >= 300 && status < 400) {
    const to = URL.canParse(location) ? ` to ${shownAddress(location)}` : "";
    return ` It redirects${to}: use that address, or set websocketParams: { followRedirects: true }.`;
  }
  if (status < 300) return " A web page is there and no stream: check the host and the path of the URL.";
  if (status === 400 || status === 426) return " Check the path of the URL, and whether the server wants wss://.";
  return "";
}

/** `Retry-After` is a number of seconds or a date. Source: RFC 9110, section 10.2.3. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const delayMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}
