import { showCount } from "../../output/numbers.ts";
import type { HealthSample } from "../model/health-history.ts";
import {
  beside,
  bold,
  type Line,
  left,
  RULE_WIDTH,
  right,
  rule,
  type Span,
  span,
  spread,
} from "../terminal/styled-text.ts";
import { blocks, duration, lag } from "./figures.ts";
import { gapTable } from "./gaps-view.ts";
import type { Scene, Size } from "./scene.ts";

/** Cells of the facts of the stream beside the figures by channel. */
const FACTS_WIDTH = 36;

/** Cells of a row's name and of each of its three figures. */
const NAME_WIDTH = 13;
const FIGURE_WIDTH = 9;

/** The two highest blocks are left out, so that rows stay apart. */
const BLOCK_HEIGHTS = 6;

/** Records a second by channel and lag over ten minutes, the stream's counters, and the gaps. */
export function healthView(scene: Scene, { columns, rows }: Size): Line[] {
  const isWide = columns >= FACTS_WIDTH + RULE_WIDTH + NAME_WIDTH + 3 * FIGURE_WIDTH + 10;
  const width = isWide ? columns - FACTS_WIDTH - RULE_WIDTH : columns;
  const charts = [...rateLines(scene, width), [], ...lagLines(scene, width)];
  const facts = factLines(scene, isWide ? FACTS_WIDTH : columns);
  const top = isWide ? beside(charts, width, facts, Math.max(charts.length, facts.length)) : [...charts, [], ...facts];
  const lines = [...top, rule(columns), ...gapTable(scene, columns)];
  return lines.slice(Math.min(scene.controls.scroll, Math.max(0, lines.length - rows)));
}

function rateLines({ model }: Scene, width: number): Line[] {
  const { samples } = model.health;
  const channels = Object.entries(model.metrics.records).filter(([, count]) => count > 0);
  const lines = channels.map(([channel]) => {
    const values = samples.map(({ records }) => records[channel] ?? 0);
    return seriesLine(channel, values, width, (value) =>
      value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : showCount(Math.round(value)),
    );
  });
  if (lines.length === 0) lines.push([span("No record yet.", "faint")]);
  return [headLine("RECORDS PER SECOND", "PEAK", width), ...lines];
}

function lagLines({ model }: Scene, width: number): Line[] {
  const of = (name: string, pick: (sample: HealthSample) => number): Line =>
    seriesLine(name, model.health.samples.map(pick), width, lag);
  return [headLine("LAG", "MAX", width), of("p50", ({ lagP50Ms }) => lagP50Ms), of("p99", ({ lagP99Ms }) => lagP99Ms)];
}

function headLine(title: string, peak: string, width: number): Line {
  const figures = ["NOW", "10 MIN", peak].map((text) => span(right(text, FIGURE_WIDTH), "faint"));
  return spread([span(title, "faint")], figures, width);
}

function seriesLine(name: string, values: readonly number[], width: number, show: (value: number) => string): Line {
  const chartWidth = Math.max(0, width - NAME_WIDTH - 3 * FIGURE_WIDTH);
  const cells = averages(values, chartWidth);
  const peak = values.reduce((most, value) => Math.max(most, value), 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const figures: Span[] = [
    bold(right(show(values.at(-1) ?? 0), FIGURE_WIDTH)),
    span(right(show(mean), FIGURE_WIDTH)),
    span(right(show(peak), FIGURE_WIDTH), "faint"),
  ];
  return [
    span(left(name, NAME_WIDTH)),
    span(right(blocks(cells, BLOCK_HEIGHTS, 0, Math.max(0, ...cells)), chartWidth), "accent"),
    ...figures,
  ];
}

/** The newest values, in at most `count` averages of equally many. */
function averages(values: readonly number[], count: number): number[] {
  if (count === 0) return [];
  const size = Math.max(1, Math.ceil(values.length / count));
  const result: number[] = [];
  for (let end = values.length; end > 0; end -= size) {
    const part = values.slice(Math.max(0, end - size), end);
    result.unshift(part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  return result;
}

function factLines({ model, nowMs }: Scene, width: number): Line[] {
  const { connection, metrics, symbols } = model;
  const state = connection.isConnected ? "connected" : "not connected";
  const facts: readonly (readonly [name: string, value: string, isBad?: boolean])[] = [
    ["state", `${state} ${duration(nowMs - connection.sinceMs)}`, !connection.isConnected],
    ["records", showCount(metrics.recordCount)],
    ["symbols", showCount(symbols.size)],
    ["dropped", showCount(metrics.dropped), metrics.dropped > 0],
    ["queued", showCount(metrics.queued)],
    ["isolated", showCount(metrics.stalled), metrics.stalled > 0],
    ["unreadable", showCount(metrics.unreadable), metrics.unreadable > 0],
    ["reconnects", showCount(metrics.reconnects)],
    ...(connection.lastCause === undefined ? [] : [["last cause", connection.lastCause] as const]),
  ];
  const lines = facts.map(([name, value, isBad]): Line => {
    const room = Math.max(0, width - name.length - 2);
    return spread(
      [span(name, "faint")],
      [span(value.length > room ? left(value, room) : value, isBad === true ? "warn" : "text")],
      width,
    );
  });
  return [[span("STREAM", "faint")], ...lines];
}
