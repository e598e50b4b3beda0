import fc from "fast-check";
import { expect, test } from "vitest";
import { IteratorQueue } from "../../src/delivery/iterator-queue.ts";
import { Overflow } from "../../src/delivery/record-queue.ts";

interface Item {
  readonly topic: string;
  readonly number: number;
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ does: fc.constant("push" as const), topic: fc.constantFrom("A", "B", "C", "D") }),
    },
    { weight: 4, arbitrary: fc.record({ does: fc.constant("removeOldest" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant("removeMany" as const), count: fc.integer({ min: 0, max: 12 }) }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("retain" as const), topic: fc.constantFrom("A", "B") }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("isolate" as const), isDropping: fc.boolean() }) },
  ),
  { maxLength: 200 },
);

test("an iterator's queue holds what a plain array holds, under every policy and in any order of calls", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(Overflow)),
      fc.integer({ min: 1, max: 8 }),
      steps,
      (overflow, maxQueued, list) => {
        const lost: unknown[] = [];
        const queue = new IteratorQueue(
          overflow,
          maxQueued,
          (item) => (item as Item).topic,
          (item) => lost.push(item),
        );
        let waiting: Item[] = [];
        const dropped: Item[] = [];
        let conflated = 0;
        for (const [number, step] of list.entries()) {
          if (step.does === "push") {
            const item = { topic: step.topic, number };
            const older = overflow === "conflate" ? waiting.findIndex(({ topic }) => topic === item.topic) : -1;
            if (older >= 0) {
              waiting[older] = item;
              conflated++;
            } else {
              const drops = overflow === "dropOldest" || overflow === "conflate" || queue.isDropping;
              if (drops) dropped.push(...waiting.splice(0, Math.max(0, waiting.length - maxQueued + 1)));
              waiting.push(item);
            }
            queue.push(item, "", 0);
          } else if (step.does === "removeOldest") expect(queue.removeOldest()).toBe(waiting.shift());
          else if (step.does === "removeMany")
            expect(queue.removeMany(step.count)).toEqual(waiting.splice(0, step.count));
          else if (step.does === "retain") {
            waiting = waiting.filter(({ topic }) => topic !== step.topic);
            queue.retain((item) => (item as Item).topic !== step.topic);
          } else queue.isDropping = step.isDropping;
          expect(queue).toMatchObject({ size: waiting.length, dropped: dropped.length, conflated });
          expect(queue.isFull).toBe(waiting.length >= maxQueued);
        }
        expect(lost).toEqual(dropped);
        expect(queue.removeMany(list.length)).toEqual(waiting);
      },
    ),
    { numRuns: 500 },
  );
});
