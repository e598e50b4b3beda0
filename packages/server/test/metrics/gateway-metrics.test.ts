import { expect, test } from "vitest";
import { GATEWAY_METRICS, gatewayMetricsText } from "../../src/metrics/gateway-metrics.ts";
import { PROCESS_METRICS } from "../../src/metrics/process-metrics.ts";
import { everyMetricText, fullReport } from "./support/full-report.ts";

test("the metrics of a gateway have its counters by feed, channel and cause, with those of its streams upstream", () => {
  const lines = gatewayMetricsText(fullReport()).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      'tickerplant_build_info{version="1.2.3"} 1',
      'tickerplant_records_total{feed="sip",channel="trades"} 7',
      'tickerplant_sessions{feed="sip"} 3',
      'tickerplant_frames_sent_bytes_total{feed="sip"} 1000',
      'tickerplant_gaps_total{feed="sip",cause="connection_lost"} 2',
      "tickerplant_outbox_largest_bytes 20",
      'tickerplant_rejections_total{code="402"} 4',
      'tickerplant_http_rejections_total{status="401"} 5',
      'tickerplant_upstream_connected{feed="sip"} 0',
      'tickerplant_upstream_requests_limit{feed="sip"} 200',
      'tickerplant_cluster_connected{feed="sip"} 1',
      'tickerplant_cluster_epoch{feed="sip"} 3',
      'tickerplant_cluster_leader_changes_total{feed="sip"} 2',
      'tickerplant_cluster_frame_number{feed="sip"} 900',
      'tickerplant_cluster_behind_frames{feed="sip"} 2',
      'tickerplant_cluster_lag_seconds{feed="sip"} 0.02',
      'tickerplant_cluster_frames_total{feed="sip"} 800',
      'tickerplant_cluster_records_total{feed="sip"} 7',
      'tickerplant_cluster_skipped_total{feed="sip"} 1',
      'tickerplant_cluster_rewound_total{feed="sip"} 1',
      'tickerplant_recorder_dropped_frames_total{feed="sip"} 6',
      "tickerplant_history_bytes 300",
      'tickerplant_stream_reconnects_total{feed="sip"} 2',
      'tickerplant_stream_lag_p99_seconds{feed="sip"} 0.25',
    ]),
  );
});

test("no metric of a gateway has a symbol, a key, an address or a cause's message as a label", () => {
  const text = everyMetricText();
  for (const secret of ["AAPL", "desk", "example.com", "london", "the line was cut"])
    expect(text).not.toContain(secret);
  const labels = new Set([...text.matchAll(/[{,]([a-z_]+)="/g)].map(([, name]) => name));
  expect([...labels].sort()).toEqual(["cause", "channel", "code", "event", "feed", "status", "version"]);
});

test("every metric is in the text once, with help and type, and counters end in _total", () => {
  const types = [...everyMetricText().matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  expect(new Set(types.map(([, name]) => name)).size).toBe(types.length);
  for (const [, name = "", type] of types) expect(name.endsWith("_total")).toBe(type === "counter");
  for (const { name } of [...GATEWAY_METRICS, ...PROCESS_METRICS])
    expect(types.some(([, found = ""]) => found.replace(/_total$/, "") === name)).toBe(true);
});

test("what a gateway lacks, such as a recorder, has no value instead of 0", () => {
  const { feeds, ...report } = fullReport();
  const bare = feeds.map(
    ({ upstream: _upstream, cluster: _cluster, recorder: _recorder, history: _history, ...feed }) => feed,
  );
  const text = gatewayMetricsText({ ...report, feeds: bare });
  expect(text).not.toMatch(/^tickerplant_(recorder|history|upstream|cluster|stream)_/m);
});
