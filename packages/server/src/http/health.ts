import type { Gateway } from "../gateway/gateway.ts";
import type { HttpHandler, HttpResponse } from "../gateway/http-route.ts";

/**
 * Makes the handler of `/healthz`: 200 while the port answers, with the state of each endpoint's feed. `keys` is what
 * the page asks its user for: nothing if the gateway accepts any key.
 */
export function health(gateway: Gateway): HttpHandler {
  return () => {
    const keys = gateway.keyring.keys === undefined ? "any" : "required";
    return healthAnswer(200, { status: "ok", keys, endpoints: gateway.endpoints });
  };
}

/**
 * Makes the handler of `/readyz`: 200 if every feed does its work, otherwise 503. The body names the problem of each
 * endpoint that has one. That of a sink, such as a recorder, is named as well, and clients may still be sent here.
 */
export function readiness(gateway: Gateway): HttpHandler {
  return () => {
    const { endpoints } = gateway;
    const isReady = endpoints.every(({ problem }) => problem === undefined);
    return healthAnswer(isReady ? 200 : 503, { status: isReady ? "ready" : "not ready", endpoints });
  };
}

/** Returns a body as JSON, on one line. */
export function healthAnswer(status: number, body: object): HttpResponse {
  return { status, headers: { "Content-Type": "application/json" }, body: `${JSON.stringify(body)}\n` };
}
