import { expect, test } from "vitest";
import { Overflow } from "../../src/index.ts";
import { open } from "../support/stream.ts";

test("a raw record can be dropped whatever value its time is", async () => {
  const { stream, serving, clock } = open({ rawData: true, stalledAfterMs: 1000 });
  stream.subscribeTrades(() => new Promise(() => {}), "AAPL", { maxQueued: 2, overflow: Overflow.BLOCK });
  const session = await serving();
  const times: unknown[] = [{ toString: 1 }, { valueOf: 1, toString: null }, [[]], null, 5, "2025-01-02T15:00:00Z"];
  const send = (): void => {
    for (const t of times) session.send({ T: "t", S: "AAPL", p: 1, t });
  };
  send();
  await clock.advance(5000);
  send();
  send();
  await clock.advance(5000);
  const { recordCount, dropped, queued } = stream.metrics;
  expect({ recordCount, dropped, queued }).toEqual({ recordCount: 18, dropped: 15, queued: 2 }); // one is handled
});
