import { expect, test } from "vitest";
import { waitingReport } from "../../src/ingest/ingest-report.ts";
import { INGEST_METRICS, ingestMetricsText } from "../../src/metrics/ingest-metrics.ts";
import { everyIngestMetricText, fullIngestReport } from "./support/full-report.ts";

test("the metrics of an ingest have what it leads, writes and waits for, with those of its stream upstream", () => {
  const lines = everyIngestMetricText().split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^tickerplant_build_info\{version="\d+\.\d+\.\d+"\} 1$/),
      'tickerplant_ingest_ready{feed="sip"} 0',
      'tickerplant_ingest_leader{feed="sip"} 1',
      'tickerplant_ingest_epoch{feed="sip"} 3',
      'tickerplant_ingest_takeovers_total{feed="sip"} 2',
      'tickerplant_ingest_frames_total{feed="sip"} 800',
      'tickerplant_ingest_records_total{feed="sip"} 7',
      'tickerplant_ingest_bytes_total{feed="sip"} 5000',
      'tickerplant_ingest_resyncs_total{feed="sip"} 4',
      'tickerplant_ingest_waiting_bytes{feed="sip"} 60',
      'tickerplant_ingest_waiting_frames{feed="sip"} 5',
      'tickerplant_ingest_watermark_age_seconds{feed="sip"} 1.5',
      'tickerplant_upstream_connected{feed="sip"} 1',
      'tickerplant_stream_reconnects_total{feed="sip"} 2',
      expect.stringMatching(/^process_resident_memory_bytes \d+$/),
    ]),
  );
});

test("every metric of an ingest is in the text once, and no label has a symbol, an address or a cause", () => {
  const text = everyIngestMetricText();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  expect(new Set(types.map(([, name]) => name)).size).toBe(types.length);
  for (const [, name = "", type] of types) expect(name.endsWith("_total")).toBe(type === "counter");
  const names = types.map(([, name = ""]) => name.replace(/_total$/, ""));
  expect(names).toEqual(expect.arrayContaining(INGEST_METRICS.map(({ name }) => name)));
  for (const secret of ["AAPL", "example.com", "london", "the line was cut"]) expect(text).not.toContain(secret);
});

test("an ingest that follows is ready and no leader, and what it lacks has no value instead of 0", () => {
  const follower = { ...fullIngestReport(), role: "follower", problem: undefined } as const;
  const text = ingestMetricsText({ ...follower, upstream: undefined, watermarkAgeMs: undefined });
  expect(text).toContain('tickerplant_ingest_ready{feed="sip"} 1\n');
  expect(text).toContain('tickerplant_ingest_leader{feed="sip"} 0\n');
  expect(text).not.toMatch(/^tickerplant_(upstream|stream|ingest_watermark)_/m);
});

test("an ingest that waits for NATS is not ready, and its counters begin at 0", () => {
  const text = ingestMetricsText(waitingReport("sip", "NATS is not connected yet"));
  expect(text).toContain('tickerplant_ingest_ready{feed="sip"} 0\n');
  for (const [, value] of text.matchAll(/^\w+_total\{feed="sip"\} (\S+)$/gm)) expect(value).toBe("0");
  expect(text.match(/_total\{/g)).toHaveLength(5);
});
