/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "@tickerplant/client";
import { Gateway } from "../gateway/gateway.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import { checkLimit, checkOptions, checkTimeout, type ExpectedOptions, kindOf } from "../option-checks.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { dashboard } from "./dashboard.ts";
import { health, readiness } from "./health.ts";
import { gatewayHandlers, openMetricsPort } from "./metrics-port.ts";
import { openServer, REQUEST_LIMITS } from "./open-server.ts";
import { rejectUpgrade, retryHeader } from "./reject-upgrade.ts";
import { asJson, asMetrics, guardedReport, type Show } from "./reports.ts";
import { type Route, Router } from "./router.ts";
import { WebSocketUpgrades } from "./websocket-upgrades.ts";

/** Options of {@link listen}. */
export interface ListenOptions {
  /**
   * The address to listen at.
   *
   * @defaultValue `127.0.0.1`: reachable from this machine alone
   */
  readonly host?: string;
  /**
   * The port.
   *
   * @defaultValue 0: any that is free
   */
  readonly port?: number;
  /** Certificate chain and private key in PEM; with them the gateway uses TLS. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /**
   * Agree to compression (permessage-deflate) with clients that offer it, as Alpaca's server does, and
   * compress the history for those that accept gzip. It saves most of the bytes and costs time on other threads.
   *
   * @defaultValue true
   */
  readonly compress?: boolean;
  /**
   * Serve the page with the market and the gateway's health at `/`.
   *
   * @defaultValue true
   */
  readonly dashboard?: boolean;
  /**
   * Connections of one address at a time, before authentication too; more are rejected with HTTP 429.
   * An IPv6 address is its first 64 bits. Behind a proxy all clients have the proxy's.
   *
   * @defaultValue 256
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Connections at a time in all; more are rejected with HTTP 503.
   *
   * @defaultValue 4096
   */
  readonly maxTotalConnections?: number;
  /**
   * A second port, with `/metrics`, `/healthz` and `/readyz` alone and without keys and TLS, for a network that clients
   * do not reach; 0 for any that is free. The first port has no `/metrics` then.
   *
   * @defaultValue none: `/metrics` is on the first port, and needs a key
   */
  readonly metricsPort?: number;
  /**
   * Start the gateway's feeds when the port is open.
   *
   * @defaultValue true; with false, {@link Gateway.start} does
   */
  readonly start?: boolean;
  /**
   * Time; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock;
}

const OPTIONS: ExpectedOptions<ListenOptions> = {
  host: "string",
  port: "checked",
  tls: "object",
  compress: "boolean",
  dashboard: "boolean",
  maxConnectionsPerAddress: "checked",
  maxTotalConnections: "checked",
  metricsPort: "checked",
  start: "boolean",
  clock: "object",
};

/** An open port. `await using` closes it at the end of the block. */
export interface Listener extends AsyncDisposable {
  /** Its address without a path, such as `ws://127.0.0.1:8765`. */
  readonly url: string;
  readonly port: number;
  /** The port of `/metrics`, if it has one of its own. */
  readonly metricsPort?: number;
  /**
   * Closes the port and the gateway: clients read what they were sent, and are closed. Resolves when
   * every socket is gone, after `timeoutMs` at most. A client that reads nothing for 30 seconds is cut
   * earlier. A client that is cut is an event `left` with its `undeliveredBytes`, before this resolves.
   *
   * @defaultValue `timeoutMs` is 60,000
   * @throws RangeError for a time that is no number of milliseconds from 0.
   */
  close(timeoutMs?: number): Promise<void>;
  /**
   * Changes what can be changed while the port is open, for new connections. What is not given stays as it is; without
   * TLS at the start there is none later.
   *
   * @throws TypeError, RangeError, or the error of OpenSSL, for options that make no sense; nothing has changed then.
   */
  change(options: Pick<ListenOptions, "tls" | "maxConnectionsPerAddress">): void;
}

/**
 * Opens a port for a gateway, and starts the gateway's feeds. Rejects when the port cannot be opened.
 *
 * @throws TypeError or RangeError for options that make no sense.
 * @example
 * await using listener = await listen(gateway, { port: 8765 });
 */
export async function listen(gateway: Gateway, options: ListenOptions = {}): Promise<Listener> {
  checkArguments(gateway, options);
  const { host = "127.0.0.1", port = 0, tls, compress = true, start = true, clock = systemClock } = options;
  const limits = limitsOf(options);
  const { metricsPort } = options;
  const router = routerFor(gateway, clock, compress);
  if (options.dashboard ?? true) addDashboard(router);
  if (metricsPort === undefined) router.add("/metrics", reportRoute(gateway, "/metrics", asMetrics));
  const server = tls === undefined ? createServer(REQUEST_LIMITS) : createTlsServer({ ...REQUEST_LIMITS, ...tls });
  server.on("connection", (socket) => limits.add(socket));
  server.on("request", (request, response) => {
    const rejection = limits.rejection(request.socket);
    if (rejection === undefined) return void router.respond(request, response);
    gateway.reportRejection(rejection, { address: request.socket.remoteAddress });
    response.writeHead(rejection.status, { Connection: "close", ...retryHeader(rejection) }).end();
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const rejection = limits.rejection(request.socket);
    if (rejection === undefined) return router.upgrade(request, socket, head);
    gateway.reportRejection(rejection, { address: request.socket.remoteAddress });
    rejectUpgrade(socket, rejection);
  });
  const metrics =
    metricsPort === undefined ? undefined : await openMetricsPort(gatewayHandlers(gateway), host, metricsPort);
  try {
    await openServer(server, host, port);
  } catch (error) {
    await metrics?.close();
    throw error;
  }
  // The gateway reports a failure: by onEvent, or else as a warning of the process.
  if (start) gateway.start().catch(() => {});

  const { port: openPort } = server.address() as AddressInfo; // a TCP server that listens has one
  const close = async (timeoutMs?: number): Promise<void> => {
    checkTimeout("close", timeoutMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections(); // those that are no websockets: half a request must not delay the close
    await Promise.all([gateway.close(timeoutMs), closed]); // every event `left` comes before the end
    await metrics?.close(); // last, so that the drain can be watched
  };
  return {
    url: `${tls === undefined ? "ws" : "wss"}://${host.includes(":") ? `[${host}]` : host}:${openPort}`,
    port: openPort,
    ...(metrics && { metricsPort: metrics.port }),
    close,
    change: ({ tls: newTls, maxConnectionsPerAddress: maxPerAddress }) => {
      checkLimit("maxConnectionsPerAddress", maxPerAddress);
      checkTls(newTls);
      if (newTls !== undefined) {
        if (!("setSecureContext" in server)) throw new TypeError("this port has no TLS: open another one for it");
        server.setSecureContext({ ...newTls, minVersion: REQUEST_LIMITS.minVersion });
      }
      if (maxPerAddress !== undefined) limits.maxPerAddress = maxPerAddress;
    },
    [Symbol.asyncDispose]: () => close(),
  };
}

/** The routes of a gateway's port. */
function routerFor(gateway: Gateway, clock: Clock, compresses: boolean): Router {
  const router = new Router(compresses);
  const upgrades = new WebSocketUpgrades(gateway, clock, compresses);
  for (const path of gateway.paths)
    router.add(path, { upgrade: (request, socket, head) => upgrades.handle(request, socket, head) });
  router.add("/healthz", { methods: { GET: health(gateway) } });
  router.add("/readyz", { methods: { GET: readiness(gateway) } });
  router.add("/status.json", reportRoute(gateway, "/status.json", asJson));
  for (const [path, methods] of gateway.httpRoutes) router.add(path, { methods });
  return router;
}

function addDashboard(router: Router): void {
  const { page, asset } = dashboard();
  router.add("/", { methods: { GET: page } });
  router.add("/assets/{file}", { methods: { GET: asset } });
}

function reportRoute(gateway: Gateway, path: string, show: Show): Route {
  return { methods: { GET: guardedReport(gateway, path, show) } };
}

function checkArguments(gateway: Gateway, options: ListenOptions): void {
  if (!(gateway instanceof Gateway))
    throw new TypeError(`listen needs a gateway: write listen(createGateway(…), { port }), got ${kindOf(gateway)}`);
  checkOptions("listen", options, OPTIONS);
  const { host, port, metricsPort, tls } = options;
  // Node would listen at all addresses.
  if (host === "") throw new TypeError('host must be an address, got "": 0.0.0.0 is every network');
  checkPort("port", port);
  checkPort("metricsPort", metricsPort);
  checkTls(tls);
}

/** @throws RangeError for a value that is no port: Node would use a string as the path of a local socket. */
function checkPort(name: string, port: number | undefined): void {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return;
  const got = typeof port === "number" ? port : kindOf(port);
  throw new RangeError(`${name} must be a whole number from 0 to 65535, got ${got}`);
}

function checkTls(tls: ListenOptions["tls"]): void {
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
