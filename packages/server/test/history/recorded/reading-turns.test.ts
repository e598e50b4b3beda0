import { expect, test } from "vitest";
import { RECORDED_LIMITS } from "../../../src/history/recorded/limits.ts";
import { ReadingTurns } from "../../../src/history/recorded/reading-turns.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("few requests read recordings at a time, further ones wait, and too many are rejected with 503", async () => {
  const { maxReading, maxWaiting } = RECORDED_LIMITS;
  const turns = new ReadingTurns();
  const ends: (() => void)[] = [];
  const read = (): Promise<void> => turns.run(() => new Promise<void>((resolve) => void ends.push(resolve)));
  const reads = Array.from({ length: maxReading + maxWaiting }, read);
  await expect(read()).rejects.toMatchObject({ status: 503, retryAfterSeconds: RECORDED_LIMITS.retryAfterSeconds });
  for (let ended = 0; ended < reads.length; ended++) {
    await turn();
    expect(ends.length).toBe(Math.min(maxReading + ended, reads.length));
    ends[ended]?.();
  }
  await Promise.all(reads);
});

test("a read that fails passes its turn on", async () => {
  const turns = new ReadingTurns();
  const reads = Array.from({ length: RECORDED_LIMITS.maxReading + 1 }, () =>
    turns.run(() => Promise.reject(new Error("no disk"))),
  );
  for (const read of reads) await expect(read).rejects.toThrow("no disk");
  expect(await turns.run(() => Promise.resolve("read"))).toBe("read");
});
