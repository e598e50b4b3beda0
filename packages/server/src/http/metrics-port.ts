import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gateway } from "../gateway/gateway.ts";
import type { HttpHandler } from "../gateway/http-route.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import { health, readiness } from "./health.ts";
import { openServer, REQUEST_LIMITS } from "./open-server.ts";
import { asMetrics } from "./reports.ts";
import { Router } from "./router.ts";

/** What a port for metrics answers. */
export interface MetricsHandlers {
  readonly metrics: HttpHandler;
  readonly health: HttpHandler;
  readonly readiness: HttpHandler;
}

/** An open port for metrics. */
export interface MetricsPort {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Opens a port with `/metrics`, `/healthz` and `/readyz`, none of which needs a key: it is for a network that clients
 * do not reach. Rejects when the port cannot be opened.
 */
export async function openMetricsPort(handlers: MetricsHandlers, host: string, port: number): Promise<MetricsPort> {
  const router = new Router();
  router.add("/metrics", { methods: { GET: handlers.metrics } });
  router.add("/healthz", { methods: { GET: handlers.health } });
  router.add("/readyz", { methods: { GET: handlers.readiness } });
  const server = createServer(REQUEST_LIMITS, (request, response) => void router.respond(request, response));
  server.maxConnections = GATEWAY_LIMITS.maxMetricsConnections;
  await openServer(server, host, port);
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Returns what a gateway answers at its port for metrics. */
export function gatewayHandlers(gateway: Gateway): MetricsHandlers {
  return {
    metrics: () => asMetrics(gateway.report()),
    health: health(gateway),
    readiness: readiness(gateway),
  };
}
