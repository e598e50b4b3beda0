import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gateway } from "../gateway/gateway.ts";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import { health, readiness } from "./health.ts";
import { openServer, REQUEST_LIMITS } from "./open-server.ts";
import { asMetrics } from "./reports.ts";
import { Router } from "./router.ts";

/** An open port for metrics. */
export interface MetricsPort {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Opens a port with `/metrics`, `/healthz` and `/readyz`, none of which needs a key: it is for a network that clients
 * do not reach. Rejects when the port cannot be opened.
 */
export async function openMetricsPort(gateway: Gateway, host: string, port: number): Promise<MetricsPort> {
  const router = new Router();
  router.add("/metrics", { methods: { GET: () => asMetrics(gateway.report()) } });
  router.add("/healthz", { methods: { GET: health(gateway) } });
  router.add("/readyz", { methods: { GET: readiness(gateway) } });
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
