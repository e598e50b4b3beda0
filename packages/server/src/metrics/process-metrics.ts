import { performance } from "node:perf_hooks";
import type { Metric } from "@tickerplant/client/metrics";

/**
 * What the process uses, by the names that Prometheus' clients share. Each value is kept by the system or by Node.
 * Source: prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics".
 */
export const PROCESS_METRICS: readonly Metric<NodeJS.Process>[] = [
  {
    name: "process_cpu_seconds",
    type: "counter",
    help: "CPU time of the process, of user and system.",
    read: (process) => {
      const { user, system } = process.cpuUsage();
      return [{ value: (user + system) / 1e6 }];
    },
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Memory of the process.",
    read: (process) => [{ value: process.memoryUsage.rss() }],
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When the process was started, in seconds since the Unix epoch.",
    read: () => [{ value: performance.timeOrigin / 1000 }],
  },
  {
    name: "tickerplant_event_loop_active_seconds",
    type: "counter",
    help: "Time in which the event loop did not wait: its rate is the share of one core in use, of 1 at most.",
    read: () => [{ value: performance.eventLoopUtilization().active / 1000 }],
  },
];
