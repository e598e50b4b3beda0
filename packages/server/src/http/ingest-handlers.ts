import type { HttpHandler } from "../gateway/http-route.ts";
import type { IngestReport } from "../ingest/ingest-report.ts";
import { ingestMetricsText } from "../metrics/ingest-metrics.ts";
import { healthAnswer } from "./health.ts";
import type { MetricsHandlers } from "./metrics-port.ts";
import { metricsAnswer } from "./reports.ts";

/**
 * Returns what an ingest answers at its port for metrics. `/healthz` is 200 while the process lives, and `/readyz` if it
 * leads and its source sends, or follows a leader that it sees, otherwise 503. Both name the role, the leader and the
 * problem.
 */
export function ingestHandlers(report: () => IngestReport): MetricsHandlers {
  const health: HttpHandler = () => healthAnswer(200, { status: "ok", ...summary(report()) });
  const readiness: HttpHandler = () => {
    const current = report();
    const isReady = current.problem === undefined;
    return healthAnswer(isReady ? 200 : 503, { status: isReady ? "ready" : "not ready", ...summary(current) });
  };
  return { metrics: () => metricsAnswer(ingestMetricsText(report())), health, readiness };
}

function summary({ feed, role, epoch, leader, problem }: IngestReport): object {
  return { feed, role, epoch, leader: leader?.name, problem };
}
