import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFile } from "../cli/support/cli.ts";
import { everyIngestMetricText, everyMetricText } from "./support/full-report.ts";

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const ALERTS = pathOf("../../deploy/prometheus-alerts.yaml");
const ALERT_TESTS = pathOf("support/alerts.test.yaml");
const alerts = readFileSync(ALERTS, "utf8");
const dashboard = readFileSync(pathOf("../../deploy/grafana-dashboard.json"), "utf8");
const manual = readFileSync(pathOf("../../../../docs/monitoring.md"), "utf8");

const ANSWERS = [everyMetricText(), everyIngestMetricText()];

/** The names of metrics in the answers of `/metrics`, of a gateway and of an ingest. */
const exported = new Set([...ANSWERS.join("").matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));

/** The names of this project's metrics in a text, and those of processes. */
function metricsIn(text: string): string[] {
  return [...new Set(text.match(/\b(?:tickerplant|process)_[a-z0-9_]+/g))];
}

const alertNames = [...alerts.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = ""]) => name);

interface Panel {
  readonly id?: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const { uid, panels, ...rest } = JSON.parse(dashboard) as { uid: string; panels: readonly Panel[] };
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

test.each([
  ["the dashboard", dashboard],
  ["the alerts", alerts],
  ["docs/monitoring.md", manual],
])("every metric that %s names is in an answer of /metrics", (_, text) => {
  expect(metricsIn(text).filter((name) => !exported.has(name))).toEqual([]);
  expect(metricsIn(text).length).toBeGreaterThan(10);
});

test("docs/monitoring.md lists every metric", () => {
  expect([...exported].filter((name) => !manual.includes(`\`${name}\``))).toEqual([]);
});

test("docs/monitoring.md has a heading for each alert, and for no other", () => {
  const headings = [...manual.matchAll(/^### (Tickerplant\w+)$/gm)].map(([, name]) => name);
  expect(headings).toEqual(alertNames);
  expect(alertNames.length).toBeGreaterThan(10);
});

test("each alert has a test of its own for promtool", () => {
  const tests = readFileSync(ALERT_TESTS, "utf8");
  for (const name of alertNames) expect(tests).toContain(`alertname: ${name}\n        exp_alerts: [{`);
});

test("the dashboard has a fixed uid, no ids of panels, one data source, and says what each panel shows", () => {
  expect(uid).toBe("tickerplant");
  expect(rest).toMatchObject({ schemaVersion: 39, __inputs: [{ name: "DS_PROMETHEUS" }] });
  for (const { id, type, description } of panels) {
    expect(id).toBeUndefined();
    if (type !== "row") expect(description).toMatch(/^[A-Z].*\.$/);
  }
  const sources = [...dashboard.matchAll(/"uid": "(\$\{\w+\})"/g)].map(([, source]) => source);
  expect(new Set(sources)).toEqual(new Set(["$" + "{datasource}"]));
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

/** Runs promtool; rejects with its output if it finds a fault. */
async function promtool(args: readonly string[], input = ""): Promise<string> {
  const running = promisify(execFile)("promtool", args);
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

test.skipIf(!hasPromtool)("promtool finds no fault in /metrics (skipped without promtool)", async () => {
  for (const answer of ANSWERS) expect(await promtool(["check", "metrics"], answer)).toBe("");
});

test.skipIf(!hasPromtool)(
  "promtool accepts the alerts, and each fires as its test says (skipped without promtool)",
  async () => {
    expect(await promtool(["check", "rules", ALERTS])).toContain(`SUCCESS: ${alertNames.length} rules found`);
    expect(await promtool(["test", "rules", ALERT_TESTS])).toContain("SUCCESS");
  },
);

test.skipIf(!hasPromtool)("promtool accepts each expression of the dashboard (skipped without promtool)", async () => {
  const rules = expressions.map((expr, index) => ({
    record: `expression${index}`,
    expr: expr.replaceAll("$__rate_interval", "5m"),
  }));
  const file = temporaryFile("rules.json", JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  expect(await promtool(["check", "rules", file])).toContain(`SUCCESS: ${rules.length} rules found`);
});
