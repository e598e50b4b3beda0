import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { AnyRecord } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { oneOfEach, trade } from "../../../../../verify/shared/records.ts";
import type { BadLine } from "../../../src/feeds/replay/notices.ts";
import { type ReplayProgress, replay } from "../../../src/feeds/replay/replay.ts";
import {
  file,
  folder,
  idsOf,
  line,
  play,
  playing,
  RECORDED_SECONDS,
  reportsOf,
  tradeAt,
  until,
} from "../support/recordings.ts";

const never = new AbortController().signal;

describe("JSON lines of a replay", () => {
  const records = oneOfEach("A");
  const text = `${records.map(line).join("\n")}\n`;

  test("a replay publishes every type of record with all its values", async () => {
    expect(await play([file(text)])).toEqual(records);
  });

  test("a replay recognises gzip by its bytes, and reads all of its members", async () => {
    const whole = file(gzipSync(text));
    const members = file(Buffer.concat([gzipSync(text), gzipSync(text)]));
    expect(await play([whole])).toEqual(records);
    expect(await play([members])).toHaveLength(2 * records.length);
  });

  test("a replay accepts empty files, blank lines, CRLF and a last line without a line feed", async () => {
    const problems: BadLine[] = [];
    const content = `\r\n${line(trade("A", 1))}\r\n\r\n \t\n\n  ${line(trade("A", 2))} \n\r\n${line(trade("A", 3))}`;
    const files = [file(""), file(content), file(gzipSync(""))];
    expect(await idsOf(files, { onBadLine: (problem) => problems.push(problem) })).toEqual([1, 2, 3]);
    expect(problems).toEqual([]);
  });

  test("a replay reads arrays of records, like those of frames", async () => {
    const content = `[${line(trade("A", 1))},${line(trade("A", 2))}]\n[]\n${line(trade("A", 3))}\n`;
    expect(await idsOf([file(content)])).toEqual([1, 2, 3]);
  });

  test("a replay accepts keys in any order, and ignores unknown keys, unknown types and control messages", async () => {
    const t = "2025-11-14T14:30:00.5Z";
    const content = [
      { T: "success", msg: "connected" },
      { T: "error", code: 402, msg: "auth failed" },
      { T: "subscription", trades: ["A"] },
      { z: "C", news: { deep: [1, { a: null }] }, t, p: 1.5, S: "A", i: 9, s: 10, x: "V", c: [], T: "t" },
      { T: "o", S: "A", t, b: [], a: [] },
    ];
    const problems: BadLine[] = [];
    const file_ = file(content.map((message) => JSON.stringify(message)).join("\n"));
    expect(await idsOf([file_], { onBadLine: (problem) => problems.push(problem) })).toEqual([9]);
    expect(problems).toEqual([]);
  });

  test("a replay continues after bad lines and reports them by file and number", async () => {
    const good = Array.from({ length: 60 }, (_, id) => line(trade("A", id)));
    const content = [
      ...good,
      "not JSON",
      line(trade("A", 2)).slice(0, -10),
      '{"T":"t","S":"A"}',
      `[${line(trade("A", 60))},{"T":"t"},${line(trade("A", 61))},7]`,
      "42",
      line(trade("A", 62)),
    ].join("\r\n");
    const path = file(content);
    const { ids, problems } = await reportsOf([path]);
    expect(ids).toEqual(Array.from({ length: 63 }, (_, id) => id));
    expect(problems.map(({ line }) => line)).toEqual([61, 62, 63, 64, 64, 65]);
    for (const problem of problems) {
      expect(problem.file).toBe(path);
      expect(problem.error).toMatchObject({ name: "StreamError", code: expect.stringMatching(/^bad_/) });
      expect(problem.error.message).not.toContain("msgpack");
    }
  });

  test("a replay reads lines longer than a chunk, and fails for a line longer than the limit", async () => {
    const long = line(trade("A", 1)).replace("{", `{"note":"${"x".repeat(200_000)}",`);
    expect(await idsOf([file(`${long}\n${line(trade("A", 2))}\n`)])).toEqual([1, 2]);
    const endless = file("x".repeat(2_000_000));
    await expect(play([endless])).rejects.toThrow(`cannot read ${endless}: a line has more than 1048576 bytes`);
  });
});

describe("failures of a replay", () => {
  test("a replay of a missing file, or of a folder without a recording, fails with its name", async () => {
    const missing = join(folder, "missing.jsonl");
    await expect(play([missing])).rejects.toThrow(`cannot read ${missing}: ENOENT`);
    await expect(play([folder])).rejects.toThrow(`${folder} has no recording`);
  });

  test("a replay of truncated gzip publishes what it can read, and fails", async () => {
    const zipped = gzipSync(Array.from({ length: 5000 }, (_, id) => line(trade("A", id))).join("\n"));
    const path = file(zipped.subarray(0, zipped.length - 200));
    let count = 0;
    const run = replay([path], { speed: "max" }).run({ publish: () => count++, room: () => undefined }, never);
    await expect(run).rejects.toThrow(`cannot read ${path}: unexpected end of file`);
    expect(count).toBeGreaterThan(0);
  });

  test("replay throws for an empty array of files and for invalid speeds", () => {
    expect(() => replay([])).toThrow(TypeError);
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => replay(["x"], { speed })).toThrow(RangeError);
    }
  });
});

describe("the pace of a replay", () => {
  const TIMES = [0, 0, 250, 1000, 1000, 3_601_000];
  const content = TIMES.map((ms, id) => line(tradeAt(id, ms))).join("\n");

  test.each([1, 2, 0.5, 1000])("a replay keeps the intervals between records at speed %s", async (speed) => {
    const { clock, published, run } = playing([file(content)], { speed });
    await until(() => published.length === 2);
    await clock.advance(3_601_000 / speed);
    await run;
    expect(published.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const [index, { atMs }] of published.entries()) expect(atMs).toBeCloseTo((TIMES[index] ?? 0) / speed, 6);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a replay is paced unless its speed is max", () => {
    expect(replay(["x"]).paced).toBe(true);
    expect(replay(["x"], { speed: 1e6 }).paced).toBe(true);
    expect(replay(["x"], { speed: "max" }).paced).toBe(false);
  });

  test("a replay does not wait where time goes back", async () => {
    const path = file([tradeAt(1, 1000), tradeAt(2, 500), tradeAt(3, 1500)].map(line).join("\n"));
    const { clock, published, run } = playing([path], {});
    await until(() => published.length === 2);
    await clock.advance(500);
    await run;
    expect(published.map(({ atMs }) => atMs)).toEqual([0, 0, 500]);
  });

  test("a replay keeps the times of its records, or shifts all so that the first is now", async () => {
    expect((await play([file(content)])).map(({ seconds }) => seconds - RECORDED_SECONDS)).toEqual([
      0, 0, 0, 1, 1, 3601,
    ]);
    const { clock, published, run } = playing([file(content)], { speed: "max", timestamps: "shifted" });
    await run;
    const nowSeconds = clock.now() / 1000;
    expect(published.map(({ record }) => record.seconds - nowSeconds)).toEqual([0, 0, 0, 1, 1, 3601]);
    expect(published.map(({ record }) => record.nanos)).toEqual([0, 0, 250e6, 0, 0, 0]);
    const [first] = published;
    // The receive time of `tradeAt`, one second after the epoch, shifts by the same amount.
    expect(first?.record).toMatchObject({
      receivedNs: 1_000_000_000n + BigInt(nowSeconds - RECORDED_SECONDS) * 1_000_000_000n,
    });
  });

  test("a looping replay starts again in the pace of the file, until it is stopped", async () => {
    const path = file([tradeAt(1, 0), tradeAt(2, 100)].map(line).join("\n"));
    const { clock, abort, published, run } = playing([path], { loop: true, timestamps: "shifted" });
    for (let round = 1; round <= 3; round++) {
      await until(() => published.length === 2 * round - 1);
      await clock.advance(100);
    }
    await until(() => published.length >= 7);
    abort.abort();
    await run;
    expect(published.slice(0, 6).map(({ id, atMs }) => [id, atMs])).toEqual([
      [1, 0],
      [2, 100],
      [1, 100],
      [2, 200],
      [1, 200],
      [2, 300],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a looping replay fails at the end of a round without a record", async () => {
    const path = file("\n\n");
    await expect(play([path], { loop: true })).rejects.toThrow(`no record to replay: ${path} is empty`);
  });

  test("a replay stops at once during a wait, and can run again from the start", async () => {
    const feed = replay([file(content)], { clock: new VirtualClock() });
    for (let round = 0; round < 2; round++) {
      const abort = new AbortController();
      const ids: unknown[] = [];
      const run = feed.run({ publish: (record) => ids.push(record), room: () => undefined }, abort.signal);
      await until(() => ids.length === 2);
      abort.abort();
      await run;
      expect(ids).toHaveLength(2);
    }
  });

  test("a replay stops when its sink aborts it during a publish", async () => {
    const abort = new AbortController();
    let count = 0;
    const publish = (): void => {
      if (++count === 2) abort.abort();
    };
    const feed = replay([file(content)], { clock: new VirtualClock() });
    await feed.run({ publish, room: () => undefined }, abort.signal);
    expect(count).toBe(2);
  });

  test("a replay publishes nothing if the signal is already aborted", async () => {
    const records: AnyRecord[] = [];
    const sink = { publish: (record: AnyRecord) => void records.push(record), room: () => undefined };
    await replay([file(content)]).run(sink, AbortSignal.abort());
    expect(records).toEqual([]);
  });

  test("a replay without a clock waits for room", async () => {
    const path = file(Array.from({ length: 2000 }, (_, id) => line(trade("A", id))).join("\n"));
    let count = 0;
    let makeRoom: (() => void) | undefined;
    const room = (): Promise<void> | undefined =>
      new Promise((resolve) => {
        makeRoom = resolve;
      });
    const run = replay([path], { speed: "max" }).run({ publish: () => count++, room }, never);
    for (const expected of [0, 512, 1024, 1536]) {
      await until(() => makeRoom !== undefined);
      expect(count).toBe(expected);
      const resolve = makeRoom;
      makeRoom = undefined;
      resolve?.();
    }
    await run;
    expect(count).toBe(2000);
  });

  test("a replay reports its progress from its first records to its last", async () => {
    const path = file(Array.from({ length: 20_000 }, (_, id) => line(tradeAt(id, id))).join("\n"));
    const progress: ReplayProgress[] = [];
    await play([path, path], { onProgress: (step) => progress.push(step) });
    expect(progress.length).toBeGreaterThan(10);
    const shares = progress.map(({ share }) => share ?? Number.NaN);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(progress.at(-1)).toEqual({ share: 1, recordCount: 40_000, timestamp: tradeAt(0, 19_999).timestamp });
  });
});
