// `npm run test:runtimes [NAME…]`: runs the suite on every available platform, or on the named ones.
import { join } from "node:path";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { chromium } from "./chromium.ts";
import { openControlServer } from "./control-server.ts";
import { CACHE, Unavailable } from "./installing.ts";
import type { Platform, Result } from "./platform.ts";
import { bun, deno, node } from "./processes.ts";
import type { Outcome } from "./suite/control.ts";
import { within } from "./suite/expect.ts";
import { resultsTable } from "./table.ts";

/** Time limit of the suite on one platform; it takes about ten seconds. */
const SUITE_TIMEOUT_MS = 120_000;

/** Time limit for a process to exit by itself after the suite: nothing may keep it alive. */
const EXIT_TIMEOUT_MS = 10_000;

const PLATFORMS: readonly Platform[] = [
  node(20, "ws"),
  node(22, "ws"),
  node(24, "ws"),
  node(26, "ws"),
  node(22, "WebSocket"), // Node has one since 22
  node(24, "WebSocket"),
  node(26, "WebSocket"),
  bun("ws"),
  bun("WebSocket"),
  deno("ws"),
  deno("WebSocket"),
  chromium(),
];

async function runIn(platform: Platform, certificate: Certificate | undefined): Promise<Result> {
  const { name, sockets } = platform;
  const none = { name, sockets, version: "", outcomes: [], durationMs: 0 };
  let prepared: Awaited<ReturnType<Platform["prepare"]>>;
  try {
    prepared = await platform.prepare();
  } catch (error) {
    if (error instanceof Unavailable) return { ...none, skipped: error.message };
    return { ...none, outcomes: [failure("the platform starts", error)], skipped: undefined };
  }
  const startMs = performance.now();
  const control = await openControlServer(certificate, await platform.script?.());
  const failures: Outcome[] = [];
  const run = await prepared.start(control, certificate);
  try {
    const early = run.ended.then((reason) => reason ?? "the process ended before the suite");
    const stopped = await within(SUITE_TIMEOUT_MS, Promise.race([control.done, early]), "the suite");
    // For a page the end of the suite is its end.
    if (stopped !== undefined && platform.script === undefined) throw new Error(stopped);
    const reason = await within(EXIT_TIMEOUT_MS, run.ended, "the exit of the process");
    if (reason !== undefined) throw new Error(reason);
  } catch (error) {
    failures.push(failure("the suite runs to its end, and the process exits by itself", error));
  } finally {
    await run.kill();
    await control.close();
  }
  const outcomes = [...control.outcomes, ...failures];
  const durationMs = performance.now() - startMs;
  return { ...none, version: prepared.version, outcomes, durationMs, skipped: undefined };
}

function failure(title: string, error: unknown): Outcome {
  return { title, result: "failed", detail: error instanceof Error ? error.message : String(error) };
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !PLATFORMS.some((platform) => platform.name === name));
  if (unknown.length > 0) {
    console.error(
      `unknown platform ${unknown.join(", ")}; the platforms are ${PLATFORMS.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  const certificate = makeCertificate(join(CACHE, "certificate"));
  const results: Result[] = [];
  for (const platform of PLATFORMS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.error(`${platform.name} …`);
    results.push(await runIn(platform, certificate));
  }
  console.log(resultsTable(results));
  const all = results.flatMap(({ outcomes }) => outcomes);
  const failed = all.filter(({ result }) => result === "failed").length;
  const passed = all.filter(({ result }) => result === "passed").length;
  console.log(`\n${passed} passed, ${failed} failed`);
  // A named platform must not be skipped.
  const isMissing = names.length > 0 && results.some(({ skipped }) => skipped !== undefined);
  return failed > 0 || isMissing ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
