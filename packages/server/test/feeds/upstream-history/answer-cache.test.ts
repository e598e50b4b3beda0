import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { AnswerCache } from "../../../src/feeds/upstream-history/answer-cache.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream-history/limits.ts";

const { entryBytes } = UPSTREAM_LIMITS;

/** A cache for answers of 1,000 bytes, with targets of one character. */
function setUp(answers: number) {
  const clock = new VirtualClock();
  return { clock, cache: new AnswerCache(clock, answers * (1_000 + 2 + entryBytes)) };
}

const answer = (length = 1_000) => ({ status: 200, headers: {}, body: new Uint8Array(length) });

test("an answer is kept as long as it is good", async () => {
  const { clock, cache } = setUp(3);
  const kept = answer();
  cache.set("a", kept, 50);
  await clock.advance(49);
  expect(cache.get("a")).toBe(kept);
  await clock.advance(1);
  expect(cache.get("a")).toBeUndefined();
  expect(cache.bytes).toBe(0);
  cache.set("a", kept, 0);
  expect(cache.get("a")).toBeUndefined();
});

test("the answers that were used longest ago are dropped for new ones, and the bytes never exceed the limit", () => {
  const { cache } = setUp(3);
  for (const target of ["a", "b", "c"]) cache.set(target, answer(), 50);
  cache.get("a");
  cache.set("d", answer(), 50);
  expect(["a", "b", "c", "d"].map((target) => cache.get(target) !== undefined)).toEqual([true, false, true, true]);
  expect(cache.bytes).toBe(3 * (1_000 + 2 + entryBytes));
  cache.set("a", answer(10), 50);
  expect(cache.bytes).toBe(2 * (1_000 + 2 + entryBytes) + 10 + 2 + entryBytes);
});

test("an answer that would fill half of the cache is not kept", () => {
  const { cache } = setUp(3);
  cache.set("a", answer(), 50);
  cache.set("b", answer(2_000), 50);
  expect([cache.get("a"), cache.get("b")].map((kept) => kept !== undefined)).toEqual([true, false]);
  cache.delete("a");
  cache.delete("unknown");
  expect([cache.get("a"), cache.bytes]).toEqual([undefined, 0]);
});
