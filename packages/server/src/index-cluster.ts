// A feed on many machines: needs the package @tickerplant/cluster

export { Ingest, type IngestOptions } from "./ingest/ingest.ts";
export type { IngestEvent } from "./ingest/ingest-event.ts";
export type { IngestReport } from "./ingest/ingest-report.ts";
