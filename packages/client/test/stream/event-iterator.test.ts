import { describe, expect, test, vi } from "vitest";
import type { StatusEvent, StreamEvents } from "../../src/index.ts";
import * as LIMITS from "../../src/limits.ts";
import { Emitter } from "../../src/stream/emitter.ts";
import { open } from "../support/stream.ts";

/** Collects the states that a loop over the events `status` sees, until `closed`. */
async function statesUntilClosed(events: AsyncIterable<StatusEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { state } of events) {
    seen.push(state);
    if (state === "closed") break;
  }
  return seen;
}

const emitterOf = (): Emitter<{ counted: { readonly count: number } }> => new Emitter(["counted"]);

describe("a loop over events", () => {
  test("a loop over events sees every state of a run, `closed` as the last", async () => {
    const opened = open();
    const seen = statesUntilClosed(opened.stream.events("status"));
    await opened.serving();
    await opened.stream.stop();
    expect(await seen).toEqual(["connecting", "open", "authenticated", "closed"]);
  });

  test("a loop over events goes on over a second run if it is not left", async () => {
    const opened = open();
    const events = opened.stream.events("status");
    for (let run = 0; run < 2; run++) {
      await opened.serving();
      await opened.stream.stop();
      await opened.clock.settle();
    }
    const seen: string[] = [];
    for await (const { state } of events) if (seen.push(state) === 8) break;
    expect(seen.filter((state) => state === "closed")).toHaveLength(2);
  });

  test("a loop over events sees the events from the call of `events` on, before the first is pulled", async () => {
    const emitter = emitterOf();
    const events = emitter.events("counted");
    emitter.emit("counted", { count: 1 });
    emitter.emit("counted", { count: 2 });
    expect(await events.next()).toEqual({ done: false, value: { count: 1 } });
    expect(await events.next()).toEqual({ done: false, value: { count: 2 } });
    const third = events.next();
    const fourth = events.next();
    emitter.emit("counted", { count: 3 });
    emitter.emit("counted", { count: 4 });
    expect([await third, await fourth].map(({ value }) => value?.count)).toEqual([3, 4]);
  });

  test("stops listening when it is left, and pulls that wait are done", async () => {
    const emitter = emitterOf();
    const events = emitter.events("counted");
    const waiting = events.next();
    expect(emitter.hasListeners("counted")).toBe(true);
    expect(await events.return()).toEqual({ done: true, value: undefined });
    expect(emitter.hasListeners("counted")).toBe(false);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("stops listening at the end of an `await using` block", async () => {
    const emitter = emitterOf();
    {
      await using events = emitter.events("counted");
      expect(events.dropped).toBe(0);
    }
    expect(emitter.hasListeners("counted")).toBe(false);
  });

  test("a loop over events that falls behind loses the oldest events, and counts them", async () => {
    const emitter = emitterOf();
    const events = emitter.events("counted");
    for (let count = 1; count <= LIMITS.maxQueuedEvents + 3; count++) emitter.emit("counted", { count });
    expect(events.dropped).toBe(3);
    expect(await events.next()).toEqual({ done: false, value: { count: 4 } });
    emitter.emit("counted", { count: 0 }); // takes the free place
    expect(events.dropped).toBe(3);
  });

  test("a loop over events keeps an event from going to the console, as a listener does", async () => {
    const console = vi.spyOn(globalThis.console, "warn").mockImplementation(() => {});
    const opened = open();
    const events = opened.stream.events("warning");
    const { ready } = opened.stream.subscribeTrades(() => {}, "AAPL");
    await opened.clock.advance(LIMITS.notStartedMs);
    expect(await events.next()).toMatchObject({ value: { code: "not_started" } });
    expect(console).not.toHaveBeenCalled();
    await events.return();
    ready.catch(() => {});
    console.mockRestore();
  });
});

describe("the signal of `events`", () => {
  test("the signal of `events` ends the loop with its reason, after the events that came before", async () => {
    const emitter = emitterOf();
    const controller = new AbortController();
    const events = emitter.events("counted", { signal: controller.signal });
    emitter.emit("counted", { count: 1 });
    controller.abort(new Error("enough"));
    emitter.emit("counted", { count: 2 });
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { count } of events) seen.push(count);
    };
    await expect(loop()).rejects.toThrow("enough");
    expect(seen).toEqual([1]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(emitter.hasListeners("counted")).toBe(false);
  });

  test("the signal of `events` rejects a pull that waits, with an AbortError by default, and ends the others", async () => {
    const controller = new AbortController();
    const events = emitterOf().events("counted", { signal: controller.signal });
    const pulls = [events.next(), events.next()];
    controller.abort();
    expect(await Promise.allSettled(pulls)).toMatchObject([
      { status: "rejected", reason: { name: "AbortError" } },
      { status: "fulfilled", value: { done: true } },
    ]);
  });

  test("the signal of `events` that is aborted already makes the call throw its reason", () => {
    const { stream } = open();
    expect(() => stream.events("status", { signal: AbortSignal.abort(new Error("too late")) })).toThrow("too late");
  });

  test("the signal of `events` does not affect a loop that was left before", async () => {
    const controller = new AbortController();
    const events = emitterOf().events("counted", { signal: controller.signal });
    await events.return();
    controller.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});

describe("the signal of `on`", () => {
  test("the signal of `on` removes the listener, and the returned function still does", () => {
    const emitter = emitterOf();
    const [controller, other] = [new AbortController(), new AbortController()];
    const listener = vi.fn();
    emitter.on("counted", listener, { signal: controller.signal });
    const remove = emitter.on("counted", vi.fn(), { signal: other.signal });
    emitter.emit("counted", { count: 1 });
    controller.abort();
    emitter.emit("counted", { count: 2 });
    expect(listener.mock.calls).toEqual([[{ count: 1 }]]);
    expect(emitter.hasListeners("counted")).toBe(true);
    remove();
    remove();
    expect(emitter.hasListeners("counted")).toBe(false);
    other.abort();
  });

  test("the signal of `on` that is aborted already adds no listener", async () => {
    const opened = open();
    const listener = vi.fn();
    opened.stream.on("status", listener, { signal: AbortSignal.abort() })();
    await opened.serving();
    expect(listener).not.toHaveBeenCalled();
  });

  test("the signal of `on` that a listener aborts keeps the listeners behind it from the same event", () => {
    const emitter = emitterOf();
    const controller = new AbortController();
    const behind = vi.fn();
    emitter.on("counted", () => controller.abort());
    emitter.on("counted", behind, { signal: controller.signal });
    emitter.emit("counted", { count: 1 });
    expect(behind).not.toHaveBeenCalled();
  });
});

describe("wrong arguments", () => {
  test.each([
    ["gaps", undefined, /the name of an event must be one of .*gap.*: did you mean "gap"\?/],
    ["gap", new AbortController().signal, /events takes options, got an AbortSignal: write \{ signal \}/],
    ["gap", { signal: "now" }, /signal must be an AbortSignal, got "now"/],
  ])("wrong arguments of `events` are a TypeError: %s, %j", (name, options, message) => {
    const { stream } = open();
    const call = (): unknown => stream.events(name as keyof StreamEvents, options as object);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });

  test("wrong arguments of the options of `on` are a TypeError", () => {
    const { stream } = open();
    expect(() => stream.on("gap", () => {}, { signal: 5 as unknown as AbortSignal })).toThrow(
      "signal must be an AbortSignal, got 5",
    );
  });
});
