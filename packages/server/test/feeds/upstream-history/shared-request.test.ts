import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { FairQueue } from "../../../src/feeds/upstream-history/fair-queue.ts";
import { SharedRequest } from "../../../src/feeds/upstream-history/shared-request.ts";

/** A request in a queue that runs one task at a time, which the test answers. */
function setUp() {
  const clock = new VirtualClock();
  const queue = new FairQueue({ maxOpen: 1, maxWaitingPerKey: 2, maxWaiting: 10 });
  const sent: { answer(text: string): void; fail(error: Error): void; signal: AbortSignal }[] = [];
  const request = new SharedRequest<string>(
    queue,
    clock,
    (signal) => new Promise((answer, fail) => sent.push({ answer, fail, signal })),
  );
  const join = (key: string, timeoutMs = 60_000): Promise<unknown> =>
    request.join(key, timeoutMs).catch((error: Error) => error.message);
  /** Occupies the queue until it is called. */
  const occupied = (key: string): (() => void) => {
    let free = (): void => {};
    const task = new Promise<void>((resolve) => {
      free = resolve;
    });
    void queue.run(key, new AbortController().signal, () => task);
    return free;
  };
  return { clock, queue, request, sent, join, occupied };
}

test("a request that joins another waits for its own time, also when that of the first is over", async () => {
  const { clock, sent, join } = setUp();
  const first = join("a", 1_000);
  await clock.advance(900);
  const second = join("b", 1_000);
  await clock.advance(100);
  expect(await first).toBe("there was no answer of upstream within 1 s");
  expect(sent).toHaveLength(1);
  expect(sent[0]?.signal.aborted).toBe(false);
  sent[0]?.answer("late");
  expect(await second).toBe("late");
  expect(clock.pendingTimers).toBe(0);
});

test("the key whose turn comes first sends for all, and the places of the others are free again", async () => {
  const { clock, queue, sent, join, occupied } = setUp();
  const free = occupied("busy");
  const freeNext = occupied("greedy");
  const greedy = join("greedy"); // behind another request of its key
  const modest = join("modest");
  free();
  await clock.settle(); // the turn of greedy's first request
  freeNext();
  await clock.settle();
  expect(sent).toHaveLength(1);
  sent[0]?.answer("both");
  expect(await Promise.all([greedy, modest])).toEqual(["both", "both"]);
  expect(await queue.run("other", new AbortController().signal, async () => "free")).toBe("free");
});

test("a request that was sent already is joined without a turn", async () => {
  const { clock, sent, join, occupied } = setUp();
  const first = join("a");
  await clock.settle();
  for (let count = 0; count < 2; count++) occupied("b"); // as many as may wait
  const second = join("b");
  sent[0]?.answer("one");
  expect(await Promise.all([first, second])).toEqual(["one", "one"]);
});

test("what was sent is aborted when nothing waits for it any more", async () => {
  const { clock, request, sent, join } = setUp();
  const answers = [join("a", 1_000), join("b", 2_000)];
  await clock.advance(1_000);
  expect([request.isOver, sent[0]?.signal.aborted]).toEqual([false, false]);
  await clock.advance(1_000);
  await Promise.all(answers);
  expect([request.isOver, sent[0]?.signal.aborted]).toEqual([true, true]);
});

test("a failure is that of all that wait, and so is the end", async () => {
  const failing = setUp();
  const failed = [failing.join("a"), failing.join("b")];
  await failing.clock.settle();
  failing.sent[0]?.fail(new Error("no"));
  expect(await Promise.all(failed)).toEqual(["no", "no"]);

  const ending = setUp();
  const free = ending.occupied("busy");
  const ended = [ending.join("a"), ending.join("b")];
  ending.request.end(new Error("the gateway closes"));
  expect(await Promise.all(ended)).toEqual(["the gateway closes", "the gateway closes"]);
  free();
  await ending.clock.settle();
  expect(ending.sent).toEqual([]);
  expect(ending.clock.pendingTimers).toBe(0);
});
