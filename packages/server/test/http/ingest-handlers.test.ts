import { expect, onTestFinished, test } from "vitest";
import { ingestHandlers } from "../../src/http/ingest-handlers.ts";
import { openMetricsPort } from "../../src/http/metrics-port.ts";
import { fullIngestReport } from "../metrics/support/full-report.ts";

test("an ingest's port has /readyz with 200 while it has no problem and 503 with the reason, and /healthz with 200", async () => {
  const { problem, ...report } = fullIngestReport();
  let current = { ...report, problem: undefined as string | undefined };
  const opened = await openMetricsPort(
    ingestHandlers(() => current),
    "127.0.0.1",
    0,
  );
  onTestFinished(() => opened.close());
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${opened.port}${path}`);
    return { status: response.status, body: await response.text() };
  };
  const json = async (path: string) => {
    const { status, body } = await get(path);
    return { status, body: JSON.parse(body) as unknown };
  };
  const summary = { feed: "sip", role: "leader", epoch: 3, leader: "london" };
  expect(await json("/readyz")).toEqual({ status: 200, body: { status: "ready", ...summary } });
  current = { ...current, problem };
  expect(await json("/readyz")).toEqual({ status: 503, body: { status: "not ready", ...summary, problem } });
  expect(await json("/healthz")).toEqual({ status: 200, body: { status: "ok", ...summary, problem } });
  const { status, body } = await get("/metrics");
  expect(status).toBe(200);
  expect(body).toContain('tickerplant_ingest_ready{feed="sip"} 0\n');
  expect(body).toMatch(/^process_cpu_seconds_total \S+$/m);
  expect((await get("/status.json")).status).toBe(404);
});
