import type { Connection, Source } from "../model/board-model.ts";
import { bold, type Ground, grounded, type Line, type Span, span, spread, widthOf } from "../terminal/styled-text.ts";
import { clock, duration, lag } from "./figures.ts";
import type { Scene } from "./scene.ts";

const CHIPS: Readonly<Record<NonNullable<Source>, Span>> = {
  live: bold(" LIVE "),
  simulated: chip("SIMULATED", "simulatedChip"),
  replay: chip("REPLAY", "replayChip"),
};

function chip(word: string, ground: Ground): Span {
  return { text: ` ${word} `, ground, isBold: true };
}

/** The first line: what is shown, from where, and whether it still comes. Amber while there is no connection. */
export function headerLine(scene: Scene, columns: number): Line {
  const { model, nowMs } = scene;
  const { connection } = model;
  const clockSpan = span(` ${clock(Math.floor(nowMs / 1000))} ET `);
  if (!connection.isConnected && connection.cause !== undefined)
    return grounded(spread([bold(` ${lossWords(connection, nowMs)}`)], [clockSpan], columns), "warnChip");
  const isShort = columns < 100;
  const start = [
    bold(" tickerplant "),
    ...sourceChip(model.source),
    span("  "),
    ...title(scene),
    span(`${scene.feed}  `, "muted"),
    ...connectionSpans(scene, isShort && scene.address !== undefined),
  ];
  const address = scene.address === undefined ? [] : [span(`${scene.address} `, "accent")];
  const end =
    widthOf(start) + widthOf(address) + widthOf([clockSpan]) <= columns ? [...address, clockSpan] : [clockSpan];
  return grounded(spread(start, end, columns), "header");
}

function sourceChip(source: Source): Line {
  return source === undefined ? [] : [span(" "), CHIPS[source]];
}

function title({ controls: { view }, selected }: Scene): Line {
  if (view === "symbol") return [bold(`${selected?.name ?? ""}  `)];
  const titles = { list: "", health: "Health", gaps: "Gaps", log: "Log" };
  return titles[view] === "" ? [] : [bold(`${titles[view]}  `)];
}

function connectionSpans({ model, isPaused }: Scene, isShort: boolean): Line {
  const { connection, metrics } = model;
  if (isPaused) return [bold("paused  ", "accent")];
  if (!connection.isConnected) return [span("connecting  ", "muted")];
  return [span(isShort ? "✓ " : "✓ connected  ", "muted"), span(`${lag(metrics.lag.p50)}  `)];
}

function lossWords({ sinceMs, cause, nextAttemptAtMs }: Connection, nowMs: number): string {
  const next =
    nextAttemptAtMs === undefined ? "connecting" : `next attempt in ${duration(nextAttemptAtMs - nowMs + 999)}`;
  return `Disconnected for ${duration(nowMs - sinceMs)}, ${next}: ${cause}`;
}
