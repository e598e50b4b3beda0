import type { LagSummary } from "../delivery/lag-window.ts";
import type { StreamMetrics } from "../stream/metrics.ts";
import { type Metric, type Sample, samplesBy } from "./metric.ts";

/** The counters of a stream, as metrics. */
export const STREAM_METRICS: readonly Metric<StreamMetrics>[] = [
  {
    name: "tickerplant_stream_records",
    type: "counter",
    help: "Records received, by channel.",
    read: ({ records }) => samplesBy("channel", records),
  },
  {
    name: "tickerplant_stream_frames",
    type: "counter",
    help: "Frames received.",
    read: ({ frames }) => [{ value: frames }],
  },
  {
    name: "tickerplant_stream_received_bytes",
    type: "counter",
    help: "Bytes received in frames, after decompression.",
    read: ({ bytes }) => [{ value: bytes }],
  },
  {
    name: "tickerplant_stream_reconnects",
    type: "counter",
    help: "Connections lost and tried again.",
    read: ({ reconnects }) => [{ value: reconnects }],
  },
  {
    name: "tickerplant_stream_events",
    type: "counter",
    help: "Events by name, such as gap, gapFilled and gapOpen.",
    read: ({ events }) => samplesBy("event", events),
  },
  {
    name: "tickerplant_stream_unreadable_messages",
    type: "counter",
    help: "Messages and frames that could not be read.",
    read: ({ unreadable }) => [{ value: unreadable }],
  },
  {
    name: "tickerplant_stream_handler_failures",
    type: "counter",
    help: "Handler calls that threw or rejected.",
    read: ({ handlerFailures }) => [{ value: handlerFailures }],
  },
  {
    name: "tickerplant_stream_queued_records",
    type: "gauge",
    help: "Records that wait for handlers and iterators.",
    read: ({ queued }) => [{ value: queued }],
  },
  {
    name: "tickerplant_stream_dropped_records",
    type: "counter",
    help: "Records dropped by overflow policies, or still waiting at a stop or an unsubscribe.",
    read: ({ dropped }) => [{ value: dropped }],
  },
  {
    name: "tickerplant_stream_conflated_records",
    type: "counter",
    help: "Records replaced by newer ones of their symbol.",
    read: ({ conflated }) => [{ value: conflated }],
  },
  {
    name: "tickerplant_stream_stalled_subscriptions",
    type: "gauge",
    help: "Subscriptions with waiting records that make no progress.",
    read: ({ stalled }) => [{ value: stalled }],
  },
  {
    name: "tickerplant_stream_outlier_records",
    type: "counter",
    help: "Records whose time fits neither those around it nor its arrival.",
    read: ({ outliers }) => [{ value: outliers }],
  },
  {
    name: "tickerplant_stream_lag_p50_seconds",
    type: "gauge",
    help: "Receive time minus the record's time: half of the records of the last minute had less.",
    read: ({ lag }) => lagSample(lag, "p50"),
  },
  {
    name: "tickerplant_stream_lag_p99_seconds",
    type: "gauge",
    help: "Receive time minus the record's time: all but one in a hundred of the last minute had less.",
    read: ({ lag }) => lagSample(lag, "p99"),
  },
  {
    name: "tickerplant_stream_lag_max_seconds",
    type: "gauge",
    help: "Receive time minus the record's time: the most of the last minute.",
    read: ({ lag }) => lagSample(lag, "max"),
  },
];

/** A lag has no value while no record of the last minute has one: 0 would be the best of all. */
function lagSample(lag: LagSummary, name: keyof LagSummary): readonly Sample[] {
  return lag.max === 0 ? [] : [{ value: lag[name] / 1000 }];
}
