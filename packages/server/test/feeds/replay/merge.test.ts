import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { AnyRecord } from "@tickerplant/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { REPLAY_LIMITS } from "../../../src/feeds/replay/limits.ts";
import { replay } from "../../../src/feeds/replay/replay.ts";
import {
  barOn,
  file,
  folder,
  idsOf,
  linesOf,
  play,
  playing,
  playOut,
  reportsOf,
  tradeAt,
  tradeOn,
  tradesAt,
  until,
} from "../support/recordings.ts";

/** Makes files of one symbol each, whose trades alternate in time. */
function symbolFiles(fileCount: number, tradeCount: number): string[] {
  return Array.from({ length: fileCount }, (_, symbol) =>
    file(
      linesOf(
        Array.from({ length: tradeCount }, (_, index) => {
          const id = index * fileCount + symbol;
          return tradeAt(id, id, `S${symbol}`);
        }),
      ),
    ),
  );
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id);
}

describe("merged files", () => {
  test("files that overlap are merged by time, in any order of their names, plain and gzip", async () => {
    const files = symbolFiles(7, 300);
    expect(await idsOf(files)).toEqual(upTo(2100));
    expect(await idsOf(files.reverse())).toEqual(upTo(2100));
    const zipped = [0, 1].map((half) =>
      file(gzipSync(linesOf(upTo(100).map((index) => tradeAt(2 * index + half, 2 * index + half))))),
    );
    expect(await idsOf(zipped)).toEqual(upTo(200));
  });

  test("files that do not overlap follow one another by time; files of the same time keep their order", async () => {
    const days = ["2025-11-17", "2025-11-14", "2025-11-15"].map((day, id) =>
      file(linesOf([tradeOn(id, `${day}T15:00:00Z`)])),
    );
    expect(await idsOf(days)).toEqual([1, 2, 0]);
    const twins = [1, 2, 3].map((id) => file(linesOf([tradeAt(id, 5)])));
    expect(await idsOf(twins)).toEqual([1, 2, 3]);
    expect(await idsOf(twins.reverse())).toEqual([3, 2, 1]);
  });

  test("merged files keep their common pace", async () => {
    const replayed = playing(symbolFiles(3, 10).reverse(), { speed: 0.1 });
    await playOut(replayed, 1);
    expect(replayed.published.map(({ id, atMs }) => [id, atMs])).toEqual(upTo(30).map((id) => [id, 10 * id]));
  });

  test("merged files are in order to the nanosecond", async () => {
    const at = (id: number, nanos: number): AnyRecord => Object.assign(tradeAt(id, 0), { nanos });
    const files = [file(linesOf([at(1, 101), at(4, 104)])), file(linesOf([at(2, 102), at(3, 103), at(5, 105)]))];
    expect(await idsOf(files)).toEqual([1, 2, 3, 4, 5]);
  });

  test("an outlier in one file does not delay another", async () => {
    const [first = "", second = ""] = symbolFiles(2, 100);
    const disturbed = file(
      linesOf(
        [tradeOn(-1, "0001-01-01T00:00:00Z"), ...upTo(100).map((index) => tradeAt(2 * index, 2 * index))].toSpliced(
          50,
          0,
          tradeOn(-2, "2099-01-01T00:00:00Z"),
        ),
      ),
    );
    expect(await idsOf([first, second])).toEqual(upTo(200));
    const { ids, notices } = await reportsOf([second, disturbed]);
    expect(ids.filter((id) => Number(id) >= 0)).toEqual(upTo(200));
    expect([ids.indexOf(-1), ids.indexOf(-2)]).toEqual([0, 98]);
    expect(notices).toMatchObject([
      { type: "outlier", line: 1 },
      { type: "outlier", line: 51 },
    ]);
  });

  test("late trades keep their order within their file", async () => {
    const late = file(linesOf([tradeAt(1, 1000), tradeAt(2, 400), tradeAt(4, 3000)]));
    const other = file(linesOf([tradeAt(0, 500), tradeAt(3, 2000)]));
    expect(await idsOf([late, other])).toEqual([0, 1, 2, 3, 4]);
  });

  test("a bar from a file of bars alone is published when its time is over", async () => {
    const trades = file(linesOf(["00:10", "00:50", "01:10"].map((time, id) => tradeOn(id, `2025-11-14T14:${time}Z`))));
    const bars = file(linesOf([barOn("bars", "2025-11-14T14:00:00Z")]));
    const daily = file(linesOf([barOn("dailyBars", "2025-11-14T05:00:00Z")]));
    expect(await idsOf([daily, bars, trades])).toEqual([0, 1, "bars", 2, "dailyBars"]);
  });

  test("merged files report every unreadable line and every outlier once", async () => {
    const content = linesOf([...tradesAt(...upTo(30)), tradeOn(99, "2099-01-01T00:00:00Z")]);
    const { problems, notices } = await reportsOf([file(`junk\n${content}`), file(content), file(`${content}junk\n`)]);
    expect(problems.map(({ line }) => line)).toEqual([1, 32]);
    expect(notices).toHaveLength(3);
  });

  test("a replay can read more files than may be open at once if they do not overlap", async () => {
    const count = REPLAY_LIMITS.maxOpenFiles + 50;
    const days = upTo(count).map((id) => file(linesOf([tradeAt(id, id * 86_400_000)])));
    expect(await idsOf(days.reverse())).toEqual(upTo(count));
  });

  test("more overlapping files than may be open at once fail with advice", async () => {
    const count = REPLAY_LIMITS.maxOpenFiles + 1;
    const overlapping = upTo(count).map((id) => file(linesOf([tradeAt(id, id), tradeAt(id, 60_000)])));
    await expect(play(overlapping)).rejects.toThrow(
      `${REPLAY_LIMITS.maxOpenFiles} files that overlap in time are already open; merge some`,
    );
  });

  test("a replay can name the same file several times", async () => {
    const path = file(linesOf(tradesAt(0, 1)));
    expect(await idsOf([path, path])).toEqual([0, 0, 1, 1]);
  });
});

describe.skipIf(process.platform === "win32")("named pipes (POSIX only)", () => {
  let pipeCount = 0;

  /** Makes a named pipe to which a shell command writes. */
  function pipe(command: string): string {
    const path = join(folder, `pipe${++pipeCount}`);
    execFileSync("mkfifo", [path]);
    const writer = spawn("sh", ["-c", `${command} > '${path}'`], { stdio: "ignore" });
    onTestFinished(() => void writer.kill("SIGKILL"));
    return path;
  }

  const content = linesOf(tradesAt(...upTo(2_000)));

  test("named pipes are read to their end, plain and gzip, alone and merged", async () => {
    const [plain, zipped] = [file(content), file(gzipSync(content))];
    expect(await idsOf([pipe(`cat '${plain}'`)])).toEqual(upTo(2_000));
    expect(await idsOf([pipe(`cat '${zipped}'`)])).toEqual(upTo(2_000));
    const twice = upTo(4_000).map((index) => index >> 1);
    expect(await idsOf([pipe(`cat '${zipped}'`), pipe(`cat '${plain}'`)])).toEqual(twice);
    expect(await idsOf([plain, pipe(`cat '${zipped}'`)])).toEqual(twice);
  });

  test("progress of a named pipe has no share, because its size is unknown", async () => {
    const shares = new Set<number | undefined>();
    await play([pipe(`cat '${file(content)}'`)], { onProgress: ({ share }) => shares.add(share) });
    expect(shares).toEqual(new Set([undefined]));
  });

  test("records of a named pipe are published while it is still being written", async () => {
    const path = file(linesOf(tradesAt(0, 1, 2)));
    const { published, abort, run } = playing([pipe(`(cat '${path}'; exec sleep 60)`)], { speed: "max" });
    await until(() => published.length === 3);
    abort.abort();
    await run;
  });

  test("a replay of a named pipe that is silent, or has no writer, ends when aborted", async () => {
    for (const silent of [[pipe("exec sleep 60")], [pipe("false"), pipe("exec sleep 60")]]) {
      const abort = new AbortController();
      const run = replay(silent).run({ publish: () => {}, room: () => undefined }, abort.signal);
      await new Promise((resolve) => setImmediate(resolve));
      abort.abort();
      await run;
    }
    const path = join(folder, "unwritten");
    execFileSync("mkfifo", [path]);
    const abort = new AbortController();
    const run = replay([path]).run({ publish: () => {}, room: () => undefined }, abort.signal);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await run;
  });

  test("a named pipe cannot be read twice, and standard input cannot be looped or read twice", async () => {
    const path = pipe(`cat '${file(content)}'`);
    await expect(play([path, path])).rejects.toThrow(`cannot read ${path} twice: it is a pipe`);
    expect(() => replay(["-"], { loop: true })).toThrow(TypeError);
    expect(() => replay(["-", "/dev/stdin"])).toThrow(TypeError);
  });
});
