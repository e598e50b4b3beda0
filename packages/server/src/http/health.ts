import type { Gateway } from "../gateway/gateway.ts";
import type { HttpHandler } from "../gateway/http-route.ts";

/** Makes the handler of `/healthz`: 200 while the port answers, with the state of each endpoint's feed. */
export function health(gateway: Gateway): HttpHandler {
  return () => ({
    status: 200,
    headers: { "Content-Type": "application/json" },
    body: `${JSON.stringify({ status: "ok", endpoints: gateway.endpoints })}\n`,
  });
}
