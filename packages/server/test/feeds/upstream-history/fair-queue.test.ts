import { VirtualClock } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { FairQueue, QueueFullError } from "../../../src/feeds/upstream-history/fair-queue.ts";

const LIMITS = { maxOpen: 2, maxWaitingPerKey: 3, maxWaiting: 5 };
const never = new AbortController().signal;

function setUp() {
  const queue = new FairQueue(LIMITS);
  const clock = new VirtualClock();
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const send = (key: string, signal: AbortSignal = never): Promise<void> =>
    queue.run(key, signal, () => {
      started.push(key);
      return new Promise((resolve) => ends.push(resolve));
    });
  /** Ends the task that was started first. */
  const end = async (): Promise<void> => {
    ends.shift()?.();
    await clock.settle();
  };
  return { clock, started, send, end };
}

describe("turns", () => {
  test("keys take turns, so that one with many requests delays no other", async () => {
    const { started, send, end } = setUp();
    for (const key of ["A", "A", "A", "A", "A", "B", "C"]) void send(key);
    expect(started).toEqual(["A", "A"]);
    for (let ended = 0; ended < 5; ended++) await end();
    expect(started.slice(2)).toEqual(["A", "B", "C", "A", "A"]);
  });

  test("a task that fails makes room for the next", async () => {
    const { clock, started, send } = setUp();
    const queue = new FairQueue({ ...LIMITS, maxOpen: 1 });
    const failed = queue.run("A", never, () => Promise.reject(new Error("failed")));
    const next = queue.run("A", never, () => Promise.resolve("done"));
    await expect(failed).rejects.toThrow("failed");
    expect(await next).toBe("done");
    void send("A");
    await clock.settle();
    expect(started).toEqual(["A"]);
  });
});

describe("limits", () => {
  test("a key with too many waiting requests is rejected, and no other key", async () => {
    const { send } = setUp();
    for (let sent = 0; sent < 5; sent++) void send("A");
    await expect(send("A")).rejects.toThrow(QueueFullError);
    void send("B");
    void send("B");
    await expect(send("C")).rejects.toThrow("of all keys");
  });

  test("a request that is given up while it waits leaves its place, and its key", async () => {
    const { started, send, end } = setUp();
    const controller = new AbortController();
    for (const key of ["A", "A"]) void send(key);
    const gone = send("B", controller.signal);
    void send("C");
    controller.abort(new Error("late"));
    await expect(gone).rejects.toThrow("late");
    await end();
    expect(started).toEqual(["A", "A", "C"]);
  });
});
