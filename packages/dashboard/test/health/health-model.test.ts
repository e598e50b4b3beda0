import { type SlowEvent, StockDataStream } from "@tickerplant/client";
import { ScriptedGateway, VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { HealthModel } from "../../src/health/health-model.ts";
import { ScriptedStream } from "./fixture/scripted-stream.ts";

test("a real stream's lost connection shows as a growing gap, then as a reported one and a reconnect", async () => {
  const clock = new VirtualClock({ random: () => 0.5 });
  const gateway = new ScriptedGateway();
  const { connector } = gateway;
  const stream = new StockDataStream({ apiKey: "key", secretKey: "secret", connector, clock });
  const model = new HealthModel(stream, () => clock.now());
  stream.subscribeTrades(() => {}, "GME");
  const running = stream.run();

  const first = await gateway.handshake();
  first.acknowledge(await first.expectSubscribe());
  await clock.settle();
  first.close(1001);
  await clock.settle();
  expect(model.gaps.all).toMatchObject([{ state: "open", toMs: undefined, cause: { closeCode: 1001 } }]);
  expect(model.reconnects.rows()).toMatchObject([{ backAfterMs: undefined }]);

  await clock.advance(5_000);
  const second = await gateway.handshake();
  second.acknowledge(await second.expectSubscribe());
  await clock.settle();
  expect(model.gaps.all).toMatchObject([{ state: "filling", channels: ["trades"], symbols: ["GME"] }]);
  expect(model.reconnects.rows()).toMatchObject([{ cause: { closeCode: 1001 }, backAfterMs: expect.any(Number) }]);
  model.sample(clock.monotonic());
  expect(model.metrics?.reconnects).toBe(1);

  await stream.close();
  await running;
  expect(model.log.lines()[0]).toMatchObject({ kind: "connection", text: "Stream stopped" });
});

test("a first connection that fails is no gap, because nothing was subscribed before", () => {
  const stream = new ScriptedStream();
  const model = new HealthModel(stream, () => 0);
  stream.cut(1006);
  expect(model.gaps.all).toEqual([]);
  expect(model.reconnects.rows()).toHaveLength(1);
});

test("attempts that fail in a row are one reconnect, with the first cause", () => {
  const stream = new ScriptedStream();
  let now = 0;
  const model = new HealthModel(stream, () => now);
  stream.cut(1001);
  now = 900;
  stream.cut(1006);
  now = 2000;
  stream.emit("status", { state: "authenticated" });
  expect(model.reconnects.rows()).toMatchObject([{ atMs: 0, cause: { closeCode: 1001 }, backAfterMs: 2000 }]);
});

test("a subscription counts as isolated from the event that says so to its recovery", () => {
  const stream = new ScriptedStream();
  let now = 1000;
  const model = new HealthModel(stream, () => now);
  const slow = {
    subscription: {} as SlowEvent["subscription"], // the model compares it and reads nothing of it
    overflow: "block",
    queued: 10,
    dropped: 0,
    conflated: 0,
    stalledMs: 5000,
    missed: [],
  } as const;
  stream.emit("slow", { ...slow, isIsolated: true });
  now = 4000;
  stream.emit("slow", { ...slow, isIsolated: true });
  expect(model.isolated).toEqual([{ sinceMs: 1000 }]);
  stream.emit("slow", { ...slow, isIsolated: false });
  expect(model.isolated).toEqual([]);
});
