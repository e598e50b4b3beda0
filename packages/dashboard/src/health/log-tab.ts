import { element } from "../ui/dom.ts";
import { datedClock } from "../ui/new-york.ts";
import type { LogKind } from "./event-log.ts";
import type { HealthModel } from "./health-model.ts";
import { section } from "./section.ts";
import { TableView } from "./table.ts";

const KINDS: Record<LogKind, string> = {
  connection: "Connection",
  gap: "Gap",
  filled: "Filled",
  slow: "Slow",
  error: "Error",
  warning: "Warning",
};

/** Kinds that need no attention. */
const CALM: ReadonlySet<LogKind> = new Set<LogKind>(["connection", "filled"]);

/** The tab Log: the events of the stream, newest first. */
export class LogTab {
  readonly element: HTMLElement;
  readonly #table = new TableView(
    "Log",
    [
      { heading: "Time ET", className: "dock-log-time" },
      { heading: "Kind", className: "dock-log-kind" },
      { heading: "Event", className: "dock-log-text" },
    ],
    "No event yet. Connections, gaps, slow subscriptions, errors and warnings show here.",
  );

  constructor() {
    this.element = element("div", "dock-single", section("Log", "newest first", this.#table.element));
  }

  draw({ log }: HealthModel, nowMs: number): void {
    this.#table.draw(
      log
        .lines()
        .map(({ atMs, kind, text }) => [
          { text: datedClock(atMs, nowMs) },
          { text: KINDS[kind], isAlarm: !CALM.has(kind) },
          { text, title: text },
        ]),
    );
  }
}
