import { markFromHistory, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { SegmentWriter } from "../src/log/segment-writer.ts";
import { Recorder } from "../src/recorder.ts";
import { temporaryFolder } from "./folders.ts";
import { OPEN_SECONDS } from "./reading/recorded.ts";

function trade(id: number, symbol = id % 3 === 0 ? "B" : "A"): Trade {
  return new Trade(symbol, OPEN_SECONDS + id, 0, id, "V", 101.25, 100, ["@"], "C");
}

const QUERY = { channels: ["trades"], order: "time" } as const;

async function open(dir: string): Promise<{ readonly recorder: Recorder; readonly clock: VirtualClock }> {
  const clock = new VirtualClock({ startMs: OPEN_SECONDS * 1000 });
  const recorder = await Recorder.open({ dir, feed: "iex", clock, onError: () => {} });
  onTestFinished(() => recorder.close().catch(() => {}));
  return { recorder, clock };
}

test("a reader of a recorder has what was published before each mark, over events, segments and restarts", async () => {
  const dir = temporaryFolder();
  const before = await open(dir);
  for (let id = 1; id <= 10; id++) before.recorder.sink.record(trade(id));
  await before.recorder.close();

  const { recorder, clock } = await open(dir);
  const marks: { readonly rowCount: number; readonly ids: readonly number[] }[] = [];
  for (let id = 11; id <= 60; id++) {
    marks.push({ rowCount: recorder.sink.mark(), ids: Array.from({ length: id - 1 }, (_, index) => index + 1) });
    const record = trade(id);
    if (id % 7 === 0) markFromHistory(record, undefined);
    recorder.sink.record(record);
    if (id % 5 === 0) recorder.sink.carried({ trades: ["A"], quotes: ["A", "B"] });
    if (id % 20 === 0) {
      await clock.advance(16 * 60_000); // a segment ends after 15 minutes
      (await recorder.openReader()).reader.close();
    }
  }
  const { reader, rowCount } = await recorder.openReader();
  expect(rowCount).toBe(recorder.sink.mark());
  for (const { rowCount: mark, ids } of marks) {
    const arrivedBefore = recorder.placeOf(mark);
    const read: unknown[] = [];
    for await (const { records } of reader.read({ ...QUERY, arrivedBefore }))
      read.push(...records.map((one) => (one as Trade).id));
    expect(read).toEqual(ids);
    const counts = await reader.counts({ ...QUERY, arrivedBefore });
    expect(Object.fromEntries(counts)).toEqual({
      A: ids.filter((id) => id % 3 !== 0).length,
      B: ids.filter((id) => id % 3 === 0).length,
    });
  }
  const { records = [] } = (await reader.read({ ...QUERY, ids: [12, 2n ** 63n] }).next()).value ?? {};
  expect(records).toMatchObject([{ id: 12 }]);
  expect(await reader.counts({ ...QUERY, symbols: ["B"], fromNs: trade(58).timestampNs })).toEqual(new Map([["B", 1]]));
  reader.close();
});

test("a reader cannot be opened while the disk does not accept what waits, and can be afterwards", async () => {
  const { recorder, clock } = await open(temporaryFolder());
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const write = vi.spyOn(SegmentWriter.prototype, "writeBlocks").mockRejectedValue(full);
  recorder.sink.record(trade(1));
  await expect(recorder.openReader()).rejects.toMatchObject({ code: "disk_full" });
  write.mockRestore();
  await clock.advance(1000);
  const { reader } = await recorder.openReader();
  expect(await reader.counts(QUERY)).toEqual(new Map([["A", 1]]));
  reader.close();
});
