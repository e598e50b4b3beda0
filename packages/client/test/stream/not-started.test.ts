import { describe, expect, test } from "vitest";
import type { StockDataStream, WarningEvent } from "../../src/index.ts";
import { open } from "../support/stream.ts";

function warningsOf(stream: StockDataStream): WarningEvent[] {
  const warnings: WarningEvent[] = [];
  stream.on("warning", (warning) => warnings.push(warning));
  return warnings;
}

const WAITS: readonly [string, (stream: StockDataStream) => Promise<unknown>][] = [
  ["ready", (stream) => stream.subscribeTrades(() => {}, "AAPL").ready],
  ["an iterator", (stream) => stream.trades("AAPL").next()],
];

describe.each(WAITS)("%s that is awaited", (_, wait) => {
  test("a wait for records or `ready` without a start is reported after five seconds, once", async () => {
    const { stream, clock } = open();
    const warnings = warningsOf(stream);
    wait(stream).catch(() => {}); // the end of the test stops it
    await clock.advance(4_999);
    expect(warnings).toEqual([]);
    await clock.advance(60_000);
    expect(warnings).toMatchObject([{ code: "not_started", symbols: {} }]);
    expect(warnings[0]?.message).toContain("call connect() before, or run() beside it");
  });

  test("a wait for records or `ready` is not reported where the stream is started meanwhile, or closed", async () => {
    const started = open();
    const closed = open();
    const warnings = [started, closed].map(({ stream }) => warningsOf(stream));
    for (const { stream } of [started, closed]) wait(stream).catch(() => {}); // as above
    await started.clock.advance(1_000);
    await started.serving();
    await closed.stream.close();
    await started.clock.advance(5_000);
    await closed.clock.advance(5_000);
    expect(warnings).toEqual([[], []]);
  });
});
