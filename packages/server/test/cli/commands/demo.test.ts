import { once } from "node:events";
import { expect, test } from "vitest";
import { linesOf, run, start, stream } from "../support/cli.ts";

test("the demo prints records, connection instructions and a summary, and ends after its duration", async () => {
  const { code, stdout, stderr } = await run(["demo", "--duration", "1", "--rate", "2000"]);
  expect(code).toBe(0);
  const [, url = ""] = stderr.match(/at (ws:\/\/127\.0\.0\.1:\d+)/) ?? [];
  expect(linesOf(stderr)[0]).toContain(`${url.replace("ws:", "http:")}/`);
  expect(stderr).toContain(`url_override="${url}/v2/iex"`);
  expect(stderr).toContain(`DATA_PROXY_WS=${url}/v2`);
  expect(stderr).toContain(`url: "${url}/v2/iex"`);
  expect(stderr).toContain(`tickerplant stream trades '*' --url ${url}/v2/iex`);
  expect(stderr).toMatch(/[\d,]+ records in \d\.\d s \([\d,]+\/s\), lag p50 .* p99 .*, 0 dropped\n$/);
  expect(linesOf(stdout).length).toBeGreaterThan(10);
  for (const line of linesOf(stdout)) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z [A-Z.]+ \w/);
});

test("another program can connect to the demo", async () => {
  const demo = start(["demo"]);
  const [, url = ""] = await demo.says(/at (ws:\/\/127\.0\.0\.1:\d+)/);
  const { code, stdout } = await stream(`${url}/v2/iex`, "quotes", "*", "--count", "5", "--format", "jsonl");
  expect(code).toBe(0);
  expect(linesOf(stdout)).toHaveLength(5);
  demo.child.kill("SIGINT");
  const { code: demoCode, stderr } = await demo.ended;
  expect(stderr).toContain("0 dropped");
  expect(demoCode).toBe(0);
});

test("a closed pipe ends the demo without an error", async () => {
  const demo = start(["demo", "--rate", "5000"], { readsOutput: false });
  demo.child.stdout.once("data", () => demo.child.stdout.destroy());
  const { code, stderr } = await demo.ended;
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
});

test("the demo's log can be JSON lines", async () => {
  const { stderr } = await run(["demo", "--duration", "0.5", "--json"]);
  const lines = linesOf(stderr).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ level: "info", url: expect.stringMatching(/^ws:/) as unknown });
  expect(lines.at(-1)).toMatchObject({ level: "info", dropped: 0 });
});

test("a demo with a duration of months does not end at once", async () => {
  const demo = start(["demo", "--duration", "3000000"]);
  await once(demo.child.stdout, "data");
  demo.child.kill("SIGINT");
  const { code, stdout } = await demo.ended;
  expect(code).toBe(0);
  expect(linesOf(stdout).length).toBeGreaterThan(0);
});
