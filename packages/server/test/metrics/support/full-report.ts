import type { StreamMetrics } from "@tickerplant/client";
import type { GatewayReport } from "../../../src/gateway/gateway-report.ts";
import { metricsAnswer } from "../../../src/http/reports.ts";
import type { IngestReport } from "../../../src/ingest/ingest-report.ts";
import { gatewayMetricsText } from "../../../src/metrics/gateway-metrics.ts";
import { ingestMetricsText } from "../../../src/metrics/ingest-metrics.ts";

const LAG = { p50: 10, p99: 250, max: 900 };

const STREAM: StreamMetrics = {
  records: { trades: 7, quotes: 0 },
  recordCount: 7,
  frames: 3,
  bytes: 400,
  reconnects: 2,
  unreadable: 0,
  events: { status: 4, gap: 2, gapFilled: 1, gapOpen: 1, slow: 0, error: 0, warning: 0 },
  handlerFailures: 0,
  queued: 0,
  dropped: 0,
  conflated: 0,
  stalled: 0,
  outliers: 0,
  lag: LAG,
  lagSinceStart: LAG,
};

const CAUSE = { code: "connection_lost", message: "the line was cut" };

/** A report in which nothing is absent, so that every metric has a value. */
export function fullReport(): GatewayReport {
  return {
    version: "1.2.3",
    startedAt: "2026-11-27T09:30:00.000Z",
    uptimeMs: 60_000,
    clientCount: 3,
    maxWaitingBytes: 1_000,
    rejections: { 402: 4 },
    httpRejections: { 401: 5 },
    clients: [
      {
        number: 1,
        key: "desk",
        feed: "sip",
        codec: "msgpack",
        connectedMs: 1_000,
        symbols: "*",
        recordCount: 7,
        sentBytes: 900,
        waitingBytes: 20,
        isSlow: false,
      },
    ],
    feeds: [
      {
        endpoints: [
          { name: "sip", path: "/v2/sip", clientCount: 2 },
          { name: "iex", path: "/v2/iex", clientCount: 1 },
        ],
        source: "live",
        state: "running",
        problem: "the connection to example.com was lost",
        sinkProblem: "the disk is full",
        records: { trades: 7 },
        deliveredCount: 14,
        sentBytes: 1_000,
        waitingBytes: 20,
        slowClientCount: 1,
        gapCounts: { connection_lost: 2 },
        filledGapCount: 1,
        filledRecordCount: 30,
        gaps: [
          { channel: "trades", symbols: 1, from: "2026-11-27T09:30:00Z", to: "2026-11-27T09:31:00Z", cause: CAUSE },
        ],
        upstream: {
          url: "wss://example.com/v2/sip",
          isConnected: false,
          sinceMs: 500,
          losses: [{ ...CAUSE, at: "2026-11-27T09:30:00Z" }],
          metrics: STREAM,
          requests: { perMinute: 200, used: 10, reserved: 100 },
        },
        cluster: {
          servers: "nats://example.com",
          isConnected: true,
          leader: { name: "london", version: "1.2.3" },
          epoch: 3,
          number: 900,
          lagMs: 20,
          behindCount: 2,
          frameCount: 800,
          recordCount: 7,
          skippedCount: 1,
          rewoundCount: 1,
          leaderChangeCount: 2,
          problem: "the line was cut",
          losses: [{ ...CAUSE, at: "2026-11-27T09:30:00Z" }],
        },
        recorder: { rowCount: 7, writtenBytes: 100, waitingBytes: 8, droppedFrameCount: 6 },
        history: { rowCount: 7, usedBytes: 300, maxBytes: 4_000 },
      },
    ],
  };
}

/** A report of an ingest in which nothing is absent, so that every metric has a value. */
export function fullIngestReport(): IngestReport {
  return {
    feed: "sip",
    role: "leader",
    epoch: 3,
    leader: { name: "london", id: "london-1", version: "1.2.3" },
    problem: "the line was cut",
    takeOverCount: 2,
    counts: { frames: 800, records: 7, bytes: 5_000, resyncs: 4 },
    waitingBytes: 60,
    waitingFrames: 5,
    lastNumber: 900,
    watermarkAgeMs: 1_500,
    state: { carried: { trades: ["AAPL"] }, isOnDemand: false, source: "live" },
    upstream: { url: "wss://example.com/v2/sip", isConnected: true, sinceMs: 500, metrics: STREAM },
  };
}

/** The answer of `/metrics` of an ingest in which nothing is absent. */
export function everyIngestMetricText(): string {
  return metricsAnswer(ingestMetricsText(fullIngestReport())).body as string; // it is text
}

/** The answer of `/metrics` of a gateway in which nothing is absent. */
export function everyMetricText(): string {
  return metricsAnswer(gatewayMetricsText(fullReport())).body as string; // it is text
}
