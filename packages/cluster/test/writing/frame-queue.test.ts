import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameQueue } from "../../src/writing/frame-queue.ts";

test("a queue of frames has what an array of them has, whatever is added and removed", () => {
  const step = fc.oneof(fc.record({ push: fc.nat({ max: 400 }) }), fc.record({ remove: fc.nat({ max: 300 }) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const queue = new FrameQueue();
      let numbers: number[] = [];
      let last = 10;
      for (const each of steps) {
        if ("push" in each)
          for (let count = 0; count < each.push; count++) {
            queue.push({ number: ++last, bytes: new Uint8Array(last % 7) });
            numbers.push(last);
          }
        else {
          const upTo = (numbers[0] ?? 0) + each.remove - 1;
          expect(queue.removeUpTo(upTo)).toBe(numbers.filter((number) => number <= upTo).length);
          numbers = numbers.filter((number) => number > upTo);
        }
        expect(queue.length).toBe(numbers.length);
        expect(queue.firstNumber).toBe(numbers[0]);
        expect(queue.at(numbers.length - 1)?.number).toBe(numbers.at(-1));
        expect(queue.at(numbers.length)).toBeUndefined();
        expect(queue.byteLength).toBe(numbers.reduce((sum, number) => sum + (number % 7), 0));
      }
    }),
    { numRuns: 30 },
  );
});

test("a queue of 300,000 frames is removed one by one in linear time", () => {
  const queue = new FrameQueue();
  const bytes = new Uint8Array();
  for (let number = 1; number <= 300_000; number++) queue.push({ number, bytes });
  const startMs = performance.now();
  for (let number = 1; number <= 300_000; number++) queue.removeUpTo(number);
  // An array whose first element is removed each time needs about a minute.
  expect(performance.now() - startMs).toBeLessThan(5_000);
  expect(queue.length).toBe(0);
});
