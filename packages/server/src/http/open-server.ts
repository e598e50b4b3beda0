import type { Server, ServerOptions } from "node:http";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";

type LimitName =
  | "headersTimeout"
  | "requestTimeout"
  | "connectionsCheckingInterval"
  | "maxHeaderSize"
  | "requireHostHeader";

interface TlsLimits {
  readonly handshakeTimeout: number;
  readonly minVersion: "TLSv1.2";
}

/** Limits of node:http: half a request, or half a TLS handshake, must not hold a connection for long. */
export const REQUEST_LIMITS: Required<Pick<ServerOptions, LimitName>> & TlsLimits = {
  headersTimeout: GATEWAY_LIMITS.requestTimeoutMs,
  requestTimeout: GATEWAY_LIMITS.requestTimeoutMs,
  handshakeTimeout: GATEWAY_LIMITS.requestTimeoutMs,
  connectionsCheckingInterval: GATEWAY_LIMITS.requestTimeoutMs / 5,
  maxHeaderSize: GATEWAY_LIMITS.maxRequestHeadBytes,
  requireHostHeader: true,
  minVersion: "TLSv1.2", // also where options of the process allow less
};

/** Resolves when the server listens. */
export function openServer(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      server.on("error", () => {}); // one connection could not be accepted; the port stays open
      resolve();
    });
  });
}
