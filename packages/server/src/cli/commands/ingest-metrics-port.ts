import { ingestHandlers } from "../../http/ingest-handlers.ts";
import { type MetricsPort, openMetricsPort } from "../../http/metrics-port.ts";
import type { IngestReport } from "../../ingest/ingest-report.ts";
import type { Log } from "../output/log.ts";
import { portFailure } from "./open-port.ts";

/** Where `ingest --metrics-port` listens. */
export interface MetricsAddress {
  readonly host?: string;
  readonly metricsPort?: number;
}

/**
 * Opens the port for metrics of an ingest, and logs its address. Returns undefined without `--metrics-port`.
 *
 * @throws CommandError with the reason and advice, when the port cannot be opened.
 */
export async function openIngestMetrics(
  { host = "127.0.0.1", metricsPort }: MetricsAddress,
  report: () => IngestReport,
  log: Log,
): Promise<MetricsPort | undefined> {
  if (metricsPort === undefined) return undefined;
  try {
    const opened = await openMetricsPort(ingestHandlers(report), host, metricsPort);
    const shownHost = host.includes(":") ? `[${host}]` : host;
    log.info(`metrics are at http://${shownHost}:${opened.port}/metrics`, {
      type: "metrics",
      metricsPort: opened.port,
    });
    return opened;
  } catch (error) {
    throw portFailure(error, host, metricsPort, "--metrics-port") ?? error;
  }
}
