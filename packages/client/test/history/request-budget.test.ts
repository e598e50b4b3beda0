import { describe, expect, test } from "vitest";
import { Priority, RequestBudget, type RequestBudgetOptions } from "../../src/history/request-budget.ts";
import * as LIMITS from "../../src/limits.ts";
import { VirtualClock } from "../../src/testing/index.ts";

interface Bench {
  readonly clock: VirtualClock;
  readonly budget: RequestBudget;
  /** The priorities of the requests that have started, in order. */
  readonly started: Priority[];
  /** Starts a number of requests that are done at once. */
  send(count: number, priority?: Priority): void;
}

function bench(perMinute: number, options: RequestBudgetOptions = {}): Bench {
  const clock = new VirtualClock({ random: () => 0.5 });
  const budget = new RequestBudget({ requestsPerMinute: perMinute, clock, ...options });
  const started: Priority[] = [];
  const send = (count: number, priority: Priority = Priority.USER): void => {
    for (let sent = 0; sent < count; sent++) {
      void budget.run(priority, undefined, async () => {
        started.push(priority);
      });
    }
  };
  return { clock, budget, started, send };
}

test("a minute's requests for history start at once, and later ones as the bucket is refilled, evenly", async () => {
  const { clock, started, send } = bench(60);
  send(65);
  await clock.settle();
  expect(started).toHaveLength(60);
  await clock.advance(999);
  expect(started).toHaveLength(60);
  await clock.advance(2);
  expect(started).toHaveLength(61);
  await clock.advance(4_000);
  expect(started).toHaveLength(65);
  expect(clock.pendingTimers).toBe(0);
});

test("fills leave half of the budget to the user, and wait for the refill", async () => {
  const { clock, started, send } = bench(60);
  send(40, Priority.FILL);
  await clock.settle();
  expect(started).toHaveLength(30);
  send(30);
  await clock.settle();
  expect(started.filter((priority) => priority === Priority.USER)).toHaveLength(30);
  await clock.advance(30_000);
  expect(started).toHaveLength(60); // the refill goes to the user's half first
  await clock.advance(1_001);
  expect(started.at(-1)).toBe(Priority.FILL);
});

test("the user's requests go before fills that waited longer", async () => {
  const { clock, started, send } = bench(60);
  send(60);
  await clock.settle();
  send(1, Priority.FILL);
  send(1);
  await clock.advance(1_001);
  expect(started.slice(60)).toEqual([Priority.USER]);
});

test("a limited number of requests for history is open, and fills leave half of them to the user", async () => {
  const clock = new VirtualClock();
  const budget = new RequestBudget({ clock });
  const open: Priority[] = [];
  const close: (() => void)[] = [];
  const send = (priority: Priority): void => {
    void budget.run(priority, undefined, () => {
      open.push(priority);
      return new Promise<void>((resolve) => close.push(resolve));
    });
  };
  for (let sent = 0; sent < 10; sent++) send(Priority.FILL);
  await clock.settle();
  expect(open).toHaveLength(LIMITS.maxOpenRequests / 2);
  for (let sent = 0; sent < 10; sent++) send(Priority.USER);
  await clock.settle();
  expect(open).toHaveLength(LIMITS.maxOpenRequests);
  close[0]?.();
  await clock.settle();
  expect(open.at(-1)).toBe(Priority.USER);
});

describe("after an answer of too many requests", () => {
  test("after a 429 all requests for history wait, and then go one by one until one is accepted", async () => {
    const clock = new VirtualClock({ random: () => 1 });
    const budget = new RequestBudget({ requestsPerMinute: 6_000, clock });
    let open = 0;
    let mostOpen = 0;
    let answer: () => void = () => budget.rejected(undefined);
    const send = (): Promise<void> =>
      budget.run(Priority.USER, undefined, async () => {
        mostOpen = Math.max(mostOpen, ++open);
        await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
        open--;
        answer();
      });
    void send();
    await clock.advance(100);
    mostOpen = 0;
    for (let sent = 0; sent < 4; sent++) void send();
    await clock.advance(LIMITS.historyRetryInitialMs - 1);
    expect(mostOpen).toBe(0);
    await clock.advance(101);
    expect(mostOpen).toBe(1);
    answer = () => budget.accepted({ perMinute: undefined, remaining: undefined });
    await clock.advance(2 * LIMITS.historyRetryInitialMs - 1); // the second rejection in a row doubles the wait
    expect(open).toBe(0);
    await clock.advance(1 + 99);
    expect(mostOpen).toBe(1);
    await clock.advance(50);
    expect(open).toBe(2);
  });

  test("the delay that a 429 asks for is kept, and answers that were open together count as one", async () => {
    const { clock, budget, started, send } = bench(6_000);
    for (let sent = 0; sent < 6; sent++) budget.rejected(undefined);
    send(1);
    await clock.advance(LIMITS.historyRetryInitialMs);
    expect(started).toHaveLength(1);
    budget.rejected(7_000);
    send(1);
    await clock.advance(6_999);
    expect(started).toHaveLength(1);
    await clock.advance(1);
    expect(started).toHaveLength(2);
  });
});

describe("what answers report of the limit", () => {
  test("a larger limit in an answer allows more requests at once, and what was used stays used", async () => {
    const { clock, budget, started, send } = bench(10);
    send(10);
    await clock.settle();
    budget.accepted({ perMinute: 20, remaining: undefined });
    send(15);
    await clock.settle();
    expect(started).toHaveLength(20);
    await clock.advance(3_001); // 20 a minute
    expect(started).toHaveLength(21);
  });

  test("fewer remaining requests in an answer reduce the budget, and more do not raise it", async () => {
    const { clock, budget, started, send } = bench(60);
    budget.accepted({ perMinute: 60, remaining: 2 });
    send(10);
    await clock.settle();
    expect(started).toHaveLength(2);
    budget.accepted({ perMinute: 60, remaining: 60 });
    send(1);
    await clock.settle();
    expect(started).toHaveLength(2);
  });
});

test("an aborted request for history leaves the queue, and its token goes to the next", async () => {
  const { clock, budget, started, send } = bench(1);
  send(1);
  const controller = new AbortController();
  const waiting = budget.run(Priority.USER, controller.signal, async () => {});
  send(1);
  await clock.settle();
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await clock.advance(60_001);
  expect(started).toHaveLength(2);
  await expect(budget.run(Priority.USER, controller.signal, async () => {})).rejects.toThrow("enough");
});

test("a request for history that fails leaves its place to the next", async () => {
  const { clock, budget, started, send } = bench(60);
  const failed = Array.from({ length: 10 }, () =>
    budget.run(Priority.USER, undefined, () => Promise.reject(new Error("failed"))),
  );
  await Promise.allSettled(failed);
  send(1);
  await clock.settle();
  expect(started).toHaveLength(1);
});

test("one request for history more than may wait is rejected", async () => {
  const { budget, send } = bench(1);
  send(1 + LIMITS.maxQueuedRequests);
  const rejected = budget.run(Priority.USER, undefined, async () => {});
  await expect(rejected).rejects.toMatchObject({ code: "rate_limited", message: /wait for their turn/ });
});

test("a budget whose fills go first leaves half of its requests to them", async () => {
  const { clock, started, send } = bench(60, { first: Priority.FILL });
  send(40);
  await clock.settle();
  expect(started).toHaveLength(30);
  send(30, Priority.FILL);
  await clock.settle();
  expect(started.slice(30)).toEqual(Array(30).fill(Priority.FILL));
  send(1, Priority.FILL);
  await clock.advance(1_001);
  expect(started).toHaveLength(61);
  expect(started.at(-1)).toBe(Priority.FILL); // before the program's own, which have waited longer
});

test("the usage of a budget counts its requests and falls as the bucket is refilled", async () => {
  const { clock, budget, send } = bench(60);
  expect(budget.usage).toEqual({ perMinute: 60, used: 0, reserved: 30 });
  send(20);
  await clock.settle();
  expect(budget.usage.used).toBe(20);
  await clock.advance(10_000);
  expect(budget.usage.used).toBe(10);
});

test("the usage of a budget is the whole of it after an answer of too many requests", () => {
  const { budget } = bench(60);
  budget.rejected(undefined);
  expect(budget.usage).toEqual({ perMinute: 60, used: 60, reserved: 30 });
});

test.each([
  [{ requestsPerMinute: 0 }, /requestsPerMinute/],
  [{ first: "stream" }, /first/],
  [{ clock: {} }, /clock/],
])("a budget with the options %j is rejected", (options, message) => {
  expect(() => new RequestBudget(options as RequestBudgetOptions)).toThrow(message);
});
