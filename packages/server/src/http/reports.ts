import { PROMETHEUS_TYPE, prometheusText } from "@tickerplant/client/metrics";
import type { Gateway } from "../gateway/gateway.ts";
import type { GatewayReport } from "../gateway/gateway-report.ts";
import type { HttpHandler, HttpResponse } from "../gateway/http-route.ts";
import { gatewayMetricsText } from "../metrics/gateway-metrics.ts";
import { PROCESS_METRICS } from "../metrics/process-metrics.ts";

/** Shows a report in one form. */
export type Show = (report: GatewayReport) => HttpResponse;

/** Shows a report as JSON. */
export const asJson: Show = (report) => ({
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: `${JSON.stringify(report)}\n`,
});

/** Shows a report as metrics of Prometheus, with those of the process. */
export const asMetrics: Show = (report) => metricsAnswer(gatewayMetricsText(report));

/** Returns metrics of Prometheus, with those of the process. */
export function metricsAnswer(text: string): HttpResponse {
  return {
    status: 200,
    headers: { "Content-Type": PROMETHEUS_TYPE },
    body: text + prometheusText(PROCESS_METRICS, [{ labels: {}, source: process }]),
  };
}

const FORBIDDEN: HttpResponse = { status: 403, body: "This origin is not allowed.\n" };

const UNAUTHORIZED: HttpResponse = {
  status: 401,
  body: "This needs a key of the gateway: send the headers APCA-API-KEY-ID and APCA-API-SECRET-KEY, or Basic.\n",
};

/**
 * Makes the handler of a path that shows what the gateway does. The report names clients' keys, so that it needs a key,
 * as the history does, and has the feeds that the key is entitled to. A gateway that accepts any key needs none. Pages of
 * other origins cannot read it.
 */
export function guardedReport(gateway: Gateway, path: string, show: Show): HttpHandler {
  return (request) => {
    if (!gateway.allowsOrigin(request)) return FORBIDDEN;
    if (gateway.keyring.keys === undefined) return show(gateway.report());
    const entitlement = gateway.entitlementOf(request);
    if (entitlement !== undefined) return show(gateway.report(entitlement.feeds));
    gateway.reportRejection(UNAUTHORIZED, { path });
    return UNAUTHORIZED;
  };
}
