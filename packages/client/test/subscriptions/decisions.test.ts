import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import type { StreamError, Subscription } from "../../src/index.ts";
import { open } from "../support/stream.ts";

/** What a subscription's server has decided, in the order in which it did. */
function decisionsOf(subscriptions: readonly Subscription[]): { index: number; error: number | undefined }[] {
  const decisions: { index: number; error: number | undefined }[] = [];
  for (const [index, subscription] of subscriptions.entries())
    subscription.onDecided((error) => decisions.push({ index, error: error?.serverCode }));
  return decisions;
}

describe("onDecided", () => {
  test("onDecided calls back before the records that come with the confirmation, and ready settles after them", async () => {
    const { stream, authenticated, clock } = open();
    const order: string[] = [];
    const subscription = stream.subscribeTrades(() => void order.push("record"), "AAPL");
    subscription.onDecided((error) => order.push(error === undefined ? "confirmed" : "rejected"));
    void subscription.ready.then(() => order.push("ready"));
    const session = await authenticated();
    await session.expectSubscribe();
    const ack = { T: "subscription", trades: ["AAPL"] };
    session.send(ack, { T: "t", S: "AAPL", t: "2025-01-02T15:00:00Z", i: 1, x: "V", p: 1, s: 1, c: ["@"], z: "C" });
    await clock.settle();
    expect(order).toEqual(["confirmed", "record", "ready"]);
    subscription.onDecided(() => order.push("at once"));
    expect(order.at(-1)).toBe("at once");
  });

  test("onDecided waits out requests without an answer, lost connections and errors that concern no symbol", async () => {
    const { stream, authenticated, clock, gateway } = open({ ackTimeoutMs: 1_000 });
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    const decisions = decisionsOf([subscription]);
    const session = await authenticated();
    await session.expectSubscribe();
    await clock.advance(2_000); // no answer
    session.cut();
    await clock.advance(5_000);
    const next = await gateway.handshake();
    await next.expectSubscribe();
    next.error(500);
    await clock.advance(100);
    expect(decisions).toEqual([]);
    await clock.advance(61_000);
    await next.expectSubscribe();
    next.acknowledge();
    await clock.settle();
    expect(decisions).toEqual([{ index: 0, error: undefined }]);
  });

  test("onDecided survives the end of a run, and a listener that throws harms nothing", async () => {
    const { stream, authenticated, clock, errors } = open();
    const subscription = stream.subscribeTrades(() => {}, "AAPL");
    const seen: (StreamError | undefined)[] = [];
    subscription.onDecided((error) => {
      seen.push(error);
      throw new Error("of the listener");
    });
    await authenticated();
    await stream.stop();
    expect(seen).toEqual([]);
    const session = await authenticated();
    await session.expectSubscribe();
    const log = console.error;
    const logged: unknown[] = [];
    console.error = (...parts: unknown[]) => void logged.push(parts[0]);
    session.acknowledge();
    await clock.settle();
    console.error = log;
    expect(seen).toEqual([undefined]);
    expect(logged).toEqual(["a listener of a subscription failed:"]);
    expect(errors).toEqual([]);
    await subscription.ready;
  });

  test("one bad call among a hundred is found by halves, and the others are granted", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    stream.subscribeTrades(() => {}, "FIRST");
    const subscriptions = Array.from({ length: 100 }, (_, index) => stream.subscribeTrades(() => {}, `S${index}`));
    const decisions = decisionsOf(subscriptions);
    const granted: string[] = [];
    let requests = 0;
    while (decisions.length < 100) {
      const { trades = [] } = await session.expectSubscribe();
      requests++;
      if (!trades.includes("S42")) granted.push(...trades);
      if (trades.includes("S42")) session.error(400);
      else session.acknowledge({ trades: granted });
      await clock.settle();
    }
    expect(decisions.filter(({ error }) => error !== undefined)).toEqual([{ index: 42, error: 400 }]);
    expect(requests).toBeLessThanOrEqual(16);
  });

  test("under a symbol limit, the same calls are granted by halves as one by one", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    stream.subscribeTrades(() => {}, "FIRST");
    const sizes = [4, 9, 3, 8, 2, 1, 7, 3];
    const subscriptions = sizes.map((size, call) =>
      stream.subscribeTrades(() => {}, ...Array.from({ length: size }, (_, index) => `C${call}X${index}`)),
    );
    const decisions = decisionsOf(subscriptions);
    const limit = 20;
    let granted: string[] = [];
    while (decisions.length < sizes.length) {
      const { trades = [] } = await session.expectSubscribe();
      if (granted.length + trades.length <= limit) granted = [...granted, ...trades];
      if (trades.every((symbol) => granted.includes(symbol))) session.acknowledge({ trades: granted });
      else session.error(405);
      await clock.settle();
    }
    const isGranted = sizes.map((_, call) => decisions.find(({ index }) => index === call)?.error === undefined);
    let used = 1;
    const expected = sizes.map((size) => {
      const fits = used + size <= limit;
      if (fits) used += size;
      return fits;
    });
    expect(isGranted).toEqual(expected);
  });
});

test("unsubscribe removes symbols of several channels with one request, from every subscription", async () => {
  const { stream, serving, clock } = open();
  const got: unknown[] = [];
  stream.subscribe({ trades: ["A", "B"], quotes: ["A"] }, (record) => void got.push(record));
  const other = stream.subscribeTrades((record) => void got.push(record), "A");
  const session = await serving();
  await other.ready;
  const frames = session.frameSizes.length;
  await stream.unsubscribe({ trades: ["A", "NONE"], quotes: ["A"], bars: ["A"] });
  expect(session.frameSizes.length).toBe(frames + 1);
  session.records(trade("A"), trade("B"));
  await clock.settle();
  expect(got).toEqual([trade("B")]);
  expect(() => stream.unsubscribe({ trades: [] })).toThrow(TypeError);
});

test("pause stops the reading, also while an answer is awaited, and resume delivers what has waited", async () => {
  const { stream, authenticated, clock } = open();
  const got: unknown[] = [];
  stream.subscribeTrades((record) => void got.push(record), "A");
  stream.pause(); // before the session, which it must not stop
  const session = await authenticated();
  await clock.settle();
  expect(session.socket.isPaused).toBe(true);
  await session.expectSubscribe();
  session.acknowledge();
  session.records(trade("A"));
  await clock.advance(60_000); // no ping ends it: silence means nothing while paused
  expect(got).toEqual([]);
  stream.resume();
  await clock.settle();
  expect(got).toEqual([trade("A")]);
});
