import { expect, test } from "vitest";
import { quote, trade } from "../../../../verify/shared/records.ts";
import { type Metric, metricsText, prometheusText, STREAM_METRICS } from "../../src/index-metrics.ts";
import { openCrypto } from "../support/crypto-stream.ts";
import { open } from "../support/stream.ts";

test("metricsText has a stream's counters of the moment of the call, by channel and by event", async () => {
  const { stream, serving, clock } = open();
  const session = await serving();
  session.records(trade("A"), trade("B"), quote("A"));
  session.frame(new Uint8Array([0xc1]));
  await clock.settle();
  const lines = metricsText(stream).split("\n");
  expect(lines).toContain('tickerplant_stream_records_total{channel="trades"} 2');
  expect(lines).toContain('tickerplant_stream_records_total{channel="quotes"} 1');
  expect(lines).toContain('tickerplant_stream_events_total{event="error"} 1');
  expect(lines).toContain("tickerplant_stream_unreadable_messages_total 1");
  expect(lines).toContain(`tickerplant_stream_frames_total ${stream.metrics.frames}`);
  session.records(trade("A"));
  await clock.settle();
  expect(metricsText(stream)).toContain('tickerplant_stream_records_total{channel="trades"} 3\n');
});

test("metricsText has lags in seconds, and none while no record of the last minute has one", async () => {
  const { stream, serving, clock } = open();
  const session = await serving();
  expect(metricsText(stream)).not.toContain("lag_p50");
  await clock.advance(250);
  session.records(trade("A"));
  await clock.settle();
  const { max } = stream.metrics.lag;
  expect(max).toBeGreaterThan(0);
  expect(metricsText(stream)).toContain(`tickerplant_stream_lag_max_seconds ${max / 1000}\n`);
});

test("metricsText of several streams has each metric once, with the name of the stream as a label", () => {
  const text = metricsText({ stocks: open().stream, metrics: openCrypto().stream });
  expect(text.match(/^# TYPE tickerplant_stream_frames_total /gm)).toHaveLength(1);
  expect(text).toContain('tickerplant_stream_frames_total{stream="stocks"} 0\n');
  expect(text).toContain('tickerplant_stream_records_total{stream="metrics",channel="orderbooks"} 0\n');
});

test.each([[undefined], [null], ["stream"], [{ stocks: {} }], [{ metrics: {} }]])(
  "metricsText rejects %j, which is no stream",
  (value) => {
    expect(() => metricsText(value as never)).toThrow(/expected a stream, or an object of streams/);
  },
);

test("the text escapes backslashes, quotation marks and line feeds, so that a label cannot add a line", () => {
  const metric: Metric<string> = {
    name: "sample",
    type: "gauge",
    help: "First\nsecond\\",
    read: (text) => [{ labels: { text }, value: 1 }],
  };
  const text = prometheusText([metric], [{ labels: {}, source: 'a"\n\\' }]);
  expect(text).toBe('# HELP sample First\\nsecond\\\\\n# TYPE sample gauge\nsample{text="a\\"\\n\\\\"} 1\n');
});

test("every metric of a stream has a name of its own, in base units and without _total, and a sentence of help", () => {
  const names = STREAM_METRICS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, help } of STREAM_METRICS) {
    expect(name).toMatch(/^tickerplant_stream_[a-z0-9_]+(?<!_total|_ms|_milliseconds)$/);
    expect(help).toMatch(/^[A-Z].*\.$/);
  }
});
