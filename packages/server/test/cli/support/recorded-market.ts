import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Trade } from "@tickerplant/client";
import { Recorder } from "@tickerplant/recorder";
import { onTestFinished } from "vitest";
import { collect, START } from "../../feeds/support/collect.ts";

/** Makes a folder that is removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-query-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Records twelve minutes of a simulated market of three stocks, with one large trade and a gap. */
export async function recordMarket(dir: string): Promise<void> {
  const records = await collect({ symbols: ["AAPL", "MSFT", "SPY"], rate: 20, durationS: 720, seed: 7 });
  const recorder = await Recorder.open({ dir, feed: "sip" });
  const seconds = Math.ceil(START.getTime() / 1000);
  recorder.sink.record(new Trade("AAPL", seconds, 5, 1n, "Q", 272.25, 120_000, ["@", "X"], "C"));
  for (const record of records) recorder.sink.record(record);
  const cause = Object.assign(new Error("connection lost"), { code: "connection_lost" });
  recorder.sink.gap({
    channel: "trades",
    symbols: ["AAPL"],
    from: START,
    to: new Date(START.getTime() + 5_000),
    cause,
  });
  await recorder.close();
}
