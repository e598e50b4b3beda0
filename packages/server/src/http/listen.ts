import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "@tickerplant/client";
import { WIRE_LIMITS } from "@tickerplant/client/wire";
import { WebSocketServer } from "ws";

import { Gateway } from "../gateway/gateway.ts";
import { MESSAGE_TOO_BIG } from "../gateway/gateway-session.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import type { GatewayConnection, HttpRejection } from "../gateway/socket.ts";
import { pathOf, splitTarget } from "../gateway/upgrade.ts";
import { checkLimit, checkOptions, checkTimeout, type ExpectedOptions, kindOf } from "../option-checks.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { chooseDeflateOffer } from "./deflate-offer.ts";
import { FrameCompressor } from "./frame-compressor.ts";
import { isClean } from "./request-check.ts";
import { WebSocketLink } from "./websocket-link.ts";

/** Options of {@link listen}. */
export interface ListenOptions {
  /** Default `127.0.0.1`: reachable from this machine alone. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Certificate chain and private key in PEM; with them the gateway speaks TLS. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /**
   * Agree to compression (permessage-deflate) with clients that offer it, as Alpaca's server does. It
   * saves most of the bytes and costs time on other threads. Default true.
   */
  readonly compress?: boolean;
  /**
   * Connections of one address at a time, before authentication too; more are refused with HTTP 429.
   * An IPv6 address is its first 64 bits. Behind a proxy all clients have the proxy's. Default 256.
   */
  readonly maxConnectionsPerAddress?: number;
  /** Connections at a time in all; more are refused with HTTP 503. Default 4096. */
  readonly maxTotalConnections?: number;
  /** Time; for tests. Default: the platform's. */
  readonly clock?: Clock;
}

const OPTIONS: ExpectedOptions<ListenOptions> = {
  host: "string",
  port: "checked",
  tls: "object",
  compress: "boolean",
  maxConnectionsPerAddress: "checked",
  maxTotalConnections: "checked",
  clock: "object",
};

/** An open port. */
export interface Listener {
  /** Its address without a path, such as `ws://127.0.0.1:8765`. */
  readonly url: string;
  readonly port: number;
  /**
   * Closes the port and the gateway: clients read what they were sent, and are closed. Resolves when
   * every socket is gone, after `timeoutMs` at most. Default 60 seconds. A client that reads nothing
   * for 30 seconds is cut earlier. Whoever is cut is an event `left` with its `undeliveredBytes`, before
   * this resolves. Rejects with a RangeError when the time is no number of milliseconds.
   */
  close(timeoutMs?: number): Promise<void>;
}

/**
 * Opens a port for a gateway, by the package `ws`. Rejects when the port cannot be had, with a
 * `RangeError` for limits that make no sense.
 */
export async function listen(gateway: Gateway, options: ListenOptions = {}): Promise<Listener> {
  checkArguments(gateway, options);
  const { host = "127.0.0.1", port = 0, tls, compress = true, clock = systemClock } = options;
  const limits = limitsOf(options);
  const server = tls === undefined ? createServer(HTTP_LIMITS) : createTlsServer({ ...HTTP_LIMITS, ...tls });
  const settings = {
    noServer: true,
    maxPayload: WIRE_LIMITS.maxClientFrameBytes,
    // `ws` answers the offer and inflates; what we send is compressed once for all clients.
    perMessageDeflate: compress && { serverNoContextTakeover: true },
    autoPong: false, // a half-open link answers none
    closeTimeout: MAX_TIMER_MS, // the link says when to stop waiting; @types/ws lacks it
  };
  const websockets = new WebSocketServer(settings);
  const compressors = new Map<number, FrameCompressor>();
  const compressorFor = (windowBits: number): FrameCompressor => {
    const compressor = compressors.get(windowBits) ?? new FrameCompressor(windowBits);
    compressors.set(windowBits, compressor);
    return compressor;
  };

  server.on("connection", (socket) => limits.add(socket));
  server.on("request", (request, response) => {
    const refusal = limits.refusal(request.socket);
    if (refusal !== undefined)
      return void response.writeHead(refusal.status, { Connection: "close", ...retryHeader(refusal) }).end();
    const isKnown = gateway.paths.includes(pathOf(splitTarget(request.url).url));
    if (isKnown)
      response.writeHead(426, { "Content-Type": "text/plain", Upgrade: "websocket", Connection: "Upgrade, close" });
    else response.writeHead(404, { "Content-Type": "text/plain" });
    response.end(
      isKnown ? "This is a websocket: connect with ws://.\n" : `Nothing here. Feeds: ${gateway.paths.join(" ")}\n`,
    );
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const { host, url } = splitTarget(request.url);
    if (host !== undefined) request.headers.host = host;
    const { headers } = request;
    const { remoteAddress } = request.socket;
    const upgrade = { url, headers, ...(remoteAddress !== undefined && { remoteAddress }) };
    const refusal = limits.refusal(request.socket) ?? requestRefusal(request) ?? gateway.rejection(upgrade);
    if (refusal !== undefined) return refuse(socket, refusal);
    const offer = compress ? chooseDeflateOffer(headers["sec-websocket-extensions"]) : undefined;
    headers["sec-websocket-extensions"] = offer?.header; // `ws` would refuse the whole upgrade for a wrong offer
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      const compressor = offer && compressorFor(offer.windowBits);
      const link = new WebSocketLink({ websocket, socket, compressor, clock, faults: gateway.faults });
      const connection = gateway.accept(link, upgrade);
      link.serve(connection);
      boundUnauthenticated(link, socket, connection);
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      server.on("error", () => {}); // one connection could not be accepted; the port stays open
      resolve();
    });
  });
  const { port: openPort } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    url: `${tls === undefined ? "ws" : "wss"}://${host.includes(":") ? `[${host}]` : host}:${openPort}`,
    port: openPort,
    close: async (timeoutMs) => {
      checkTimeout("close", timeoutMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections(); // those that are no websockets: nobody waits for half a request
      await Promise.all([gateway.close(timeoutMs), closed]); // every event `left` comes before the end
    },
  };
}

/** Longest delay of a platform timer, 2^31 - 1 ms. */
const MAX_TIMER_MS = 2_147_483_647;

/** So that half a request, or half a TLS handshake, holds nothing for long. */
const HTTP_LIMITS = {
  headersTimeout: GATEWAY_LIMITS.requestTimeoutMs,
  requestTimeout: GATEWAY_LIMITS.requestTimeoutMs,
  handshakeTimeout: GATEWAY_LIMITS.requestTimeoutMs,
  connectionsCheckingInterval: GATEWAY_LIMITS.requestTimeoutMs / 5,
  maxHeaderSize: GATEWAY_LIMITS.maxRequestHeadBytes,
  requireHostHeader: true,
  minVersion: "TLSv1.2" as const, // whatever the process was started with
};

function checkArguments(gateway: Gateway, options: ListenOptions): void {
  if (!(gateway instanceof Gateway))
    throw new TypeError(`listen needs a gateway: write listen(createGateway(…), { port }), got ${kindOf(gateway)}`);
  checkOptions("listen", options, OPTIONS);
  const { host, port, tls } = options;
  // Node would listen at every network.
  if (host === "") throw new TypeError('host must be an address, got "": 0.0.0.0 is every network');
  // Node takes other strings than numbers for the path of a local socket.
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new RangeError(
      `port must be a whole number from 0 to 65535, got ${typeof port === "number" ? port : kindOf(port)}`,
    );
  if (tls !== undefined && !(tls.cert && tls.key)) throw new TypeError("tls needs a cert and a key, in PEM");
}

function limitsOf({ maxConnectionsPerAddress, maxTotalConnections }: ListenOptions): ConnectionLimits {
  for (const [name, value] of Object.entries({ maxConnectionsPerAddress, maxTotalConnections }))
    checkLimit(name, value);
  return new ConnectionLimits(
    maxConnectionsPerAddress ?? GATEWAY_LIMITS.maxConnectionsPerAddress,
    maxTotalConnections ?? GATEWAY_LIMITS.maxTotalConnections,
  );
}

/**
 * Cuts off a client that sends much before authenticating. The session refuses a long message, but
 * `ws` has one limit for a socket's whole life and would collect two MiB first: so the bytes are counted, too.
 */
function boundUnauthenticated(link: WebSocketLink, socket: Duplex, connection: GatewayConnection): void {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length; // ws has been handed the same chunk by now: it listens since before
    if (connection.isAuthenticated) return void socket.off("data", count);
    if (bytes > GATEWAY_LIMITS.maxUnauthenticatedBytes) link.refuse(MESSAGE_TOO_BIG, "too much before authentication");
  };
  socket.on("data", count);
}

/** An upgrade to another protocol, such as curl's to h2c, is told what there is. Source: RFC 9110, section 15.5.22. */
function requestRefusal(request: IncomingMessage): HttpRejection | undefined {
  if (!isClean(request)) return { status: 400 };
  return request.headers.upgrade?.toLowerCase() === "websocket" ? undefined : { status: 426 };
}

function refuse(socket: Duplex, refusal: HttpRejection): void {
  const upgrade = refusal.status === 426 ? { Connection: "Upgrade, close", Upgrade: "websocket" } : {};
  const headers = { Connection: "close", "Content-Length": "0", ...upgrade, ...retryHeader(refusal) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy()); // a client that does not close its half keeps nothing here
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? "Refused"}\r\n${lines.join("")}\r\n`);
}

function retryHeader({ retryAfterS }: HttpRejection): { readonly "Retry-After"?: string } {
  return retryAfterS === undefined ? {} : { "Retry-After": `${retryAfterS}` };
}
