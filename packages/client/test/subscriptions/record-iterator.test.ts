import { describe, expect, test } from "vitest";
import { bar, correction, imbalance, luld, quote, status, trade, trades } from "../../../../verify/shared/records.ts";
import * as LIMITS from "../../src/limits.ts";
import { httpRejection } from "../../src/testing/index.ts";
import { codecs, open } from "../support/stream.ts";

describe.each(codecs)("in %s", (codec) => {
  test.each([
    ["trades", trade("AAPL")],
    ["quotes", quote("AAPL")],
    ["bars", bar("AAPL")],
    ["updatedBars", bar("AAPL", "updatedBars")],
    ["dailyBars", bar("AAPL", "dailyBars")],
    ["tradingStatuses", status("AAPL")],
    ["lulds", luld("AAPL")],
    ["imbalances", imbalance("AAPL")],
  ] as const)("%s are pulled", async (method, record) => {
    const { stream, serving } = open({ codec });
    const records = stream[method]("AAPL");
    const session = await serving();
    await records.subscription.ready;
    session.records(record);
    expect(await records.next()).toEqual({ done: false, value: record });
  });

  test("records of several channels are pulled in arrival order", async () => {
    const { stream, serving } = open({ codec });
    const records = stream.records({ trades: ["AAPL"], quotes: ["*"], corrections: ["*"] });
    const session = await serving();
    session.records(quote("MSFT"), trade("AAPL"), correction("AAPL"), trade("MSFT"));
    const got = [await records.next(), await records.next(), await records.next()];
    expect(got.map(({ value }) => value?.channel)).toEqual(["quotes", "trades", "corrections"]);
  });
});

test("[D2] what comes before the loop starts is not missed", async () => {
  const { stream, serving, clock } = open();
  const records = stream.trades("AAPL");
  const session = await serving();
  session.records(...trades("AAPL", 3));
  await clock.settle();
  const got: unknown[] = [];
  for await (const record of records) {
    got.push(record.id);
    if (got.length === 3) break;
  }
  expect(got).toEqual([1, 2, 3]);
});

test("break unsubscribes, and discards what waits", async () => {
  const { stream, authenticated, clock } = open();
  const session = await authenticated();
  const records = stream.trades("AAPL", "MSFT");
  await session.expectSubscribe();
  session.acknowledge();
  session.records(...trades("AAPL", 5));
  for await (const _ of records) break;
  expect(await session.expectUnsubscribe()).toEqual({ trades: ["AAPL", "MSFT"] });
  session.acknowledge();
  await clock.settle();
  expect(await records.next()).toEqual({ done: true, value: undefined });
  expect(stream.metrics).toMatchObject({ recordCount: 5, dropped: 4, queued: 0 });
});

test("two pulls at once get two records, in order", async () => {
  const { stream, serving } = open();
  const records = stream.trades("AAPL");
  const pulls = [records.next(), records.next()];
  const session = await serving();
  session.records(...trades("AAPL", 2));
  expect((await Promise.all(pulls)).map(({ value }) => value?.id)).toEqual([1, 2]);
});

test("a stop ends the loop after the records it holds", async () => {
  const { stream, serving, clock } = open();
  const records = stream.trades("AAPL");
  const session = await serving();
  session.records(...trades("AAPL", 3));
  await clock.settle();
  await stream.stop();
  const got: unknown[] = [];
  for await (const record of records) got.push(record.id);
  expect(got).toEqual([1, 2, 3]);
});

test("a stop ends a loop that waits", async () => {
  const { stream, serving } = open();
  const records = stream.trades("AAPL");
  await serving();
  const pull = records.next();
  await stream.stop();
  expect(await pull).toEqual({ done: true, value: undefined });
});

test("a terminal error is thrown once, after the records the loop holds", async () => {
  const opened = open();
  const records = opened.stream.trades("AAPL");
  const session = await opened.serving();
  session.records(...trades("AAPL", 2));
  await opened.clock.settle();
  opened.gateway.network.rejection = httpRejection(401);
  session.cut();
  await opened.clock.advance(1000);
  const got: unknown[] = [];
  await expect(async () => {
    for await (const record of records) got.push(record.id);
  }).rejects.toMatchObject({ code: "http_rejected", status: 401 });
  expect(got).toEqual([1, 2]);
  expect(await records.next()).toEqual({ done: true, value: undefined });
});

test("a loop survives a reconnect", async () => {
  const opened = open();
  const records = opened.stream.trades("AAPL");
  const session = await opened.serving();
  session.cut();
  await opened.clock.advance(1000);
  const next = await opened.gateway.handshake();
  next.acknowledgeAll();
  next.records(trade("AAPL", 9));
  expect((await records.next()).value?.id).toBe(9);
});

test("[D3] a loop that does not keep up stops the reading, and nothing is lost", async () => {
  const { stream, serving, clock } = open();
  const records = stream.trades("AAPL", { maxQueued: 4 });
  const session = await serving();
  for (const record of trades("AAPL", 50)) session.records(record);
  await clock.settle();
  expect(session.socket.isPaused).toBe(true);
  expect(stream.metrics.queued).toBe(4);
  const got: unknown[] = [];
  for await (const record of records) {
    got.push(record.id);
    if (got.length === 50) break;
  }
  expect(got).toEqual(trades("AAPL", 50).map(({ id }) => id));
  await clock.settle();
  expect(session.socket.isPaused).toBe(false);
});

test("a loop with the policy conflate gets the newest of each symbol", async () => {
  const { stream, serving, clock } = open();
  const records = stream.quotes("*", { overflow: "conflate" });
  const session = await serving();
  session.records(quote("A", 1), quote("B", 1), quote("A", 2), quote("A", 3));
  await clock.settle();
  expect((await records.next()).value).toEqual(quote("A", 3));
  expect((await records.next()).value).toEqual(quote("B", 1));
});

test("a loop ends when its signal is aborted, after the records it holds", async () => {
  const { stream, serving, clock } = open();
  const controller = new AbortController();
  const records = stream.trades("AAPL", { signal: controller.signal });
  const session = await serving();
  session.records(trade("AAPL"));
  await clock.settle();
  controller.abort();
  const got: unknown[] = [];
  for await (const record of records) got.push(record.id);
  expect(got).toEqual([1]);
});

test("unsubscribing a symbol removes its waiting records from the loop", async () => {
  const { stream, serving, clock } = open();
  const records = stream.trades("A", "B");
  const session = await serving();
  session.records(trade("A", 1), trade("B", 2), trade("A", 3), trade("B", 4));
  await clock.settle();
  await stream.unsubscribeTrades("A");
  expect([(await records.next()).value?.id, (await records.next()).value?.id]).toEqual([2, 4]);
});

test("a loop in a handler's stream may end both", async () => {
  const { stream, serving, clock } = open();
  const records = stream.trades("AAPL");
  const session = await serving();
  session.records(...trades("AAPL", 3));
  for await (const _ of records) await stream.stop();
  await clock.settle();
  expect(stream.metrics.recordCount).toBe(3);
});

test("`await using` unsubscribes at the end of the block", async () => {
  const { stream, serving, clock } = open();
  const session = await serving();
  {
    await using records = stream.trades("AAPL");
    await records.subscription.ready;
  }
  await clock.settle();
  expect(session.frameSizes).toHaveLength(3);
});

describe("batches", () => {
  const ids = (batch: readonly { id?: unknown }[] | undefined): unknown[] => (batch ?? []).map(({ id }) => id);

  test.each(codecs)("a batch holds every record that waits, in arrival order, in %s", async (codec) => {
    const { stream, serving, clock } = open({ codec });
    const batches = stream.records({ trades: ["*"], quotes: ["*"] }).batches();
    const session = await serving();
    session.records(trade("AAPL", 1), quote("MSFT"));
    session.records(trade("AAPL", 2));
    await clock.settle();
    expect(await batches.next()).toEqual({ done: false, value: [trade("AAPL", 1), quote("MSFT"), trade("AAPL", 2)] });
  });

  test("a batch that was awaited holds the whole next frame", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.trades("AAPL").batches();
    const session = await serving();
    const pull = batches.next();
    session.records(...trades("AAPL", 3));
    await clock.settle();
    session.records(trade("AAPL", 4));
    expect(ids((await pull).value)).toEqual([1, 2, 3]);
    expect(ids((await batches.next()).value)).toEqual([4]);
  });

  test("a batch holds no more records than its limit, and the next ones hold the rest", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.trades("AAPL").batches();
    const session = await serving();
    const sent = trades("AAPL", 2 * LIMITS.maxBatch + 1);
    session.records(...sent);
    await clock.settle();
    const got = [await batches.next(), await batches.next(), await batches.next()].map(({ value }) => ids(value));
    expect(got.map(({ length }) => length)).toEqual([LIMITS.maxBatch, LIMITS.maxBatch, 1]);
    expect(got.flat()).toEqual(ids(sent));
    expect(stream.metrics.queued).toBe(0);
  });

  test("a batch belongs to the program: later records leave it as it is, and its changes reach no later batch", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.trades("AAPL").batches();
    const session = await serving();
    session.records(...trades("AAPL", 3));
    await clock.settle();
    const { value: first } = await batches.next();
    session.records(trade("AAPL", 4));
    await clock.settle();
    expect(ids(first)).toEqual([1, 2, 3]);
    first?.splice(0);
    expect(ids((await batches.next()).value)).toEqual([4]);
    expect(first).toEqual([]);
  });

  test("batches and single records may be pulled at once and in turn: each record comes once, in the order of the pulls", async () => {
    const { stream, serving, clock } = open();
    const records = stream.trades("AAPL");
    const batches = records.batches();
    const pulls = [batches.next(), records.next(), batches.next(), batches.next()];
    const session = await serving();
    session.records(...trades("AAPL", 6));
    await clock.settle();
    const got = (await Promise.all(pulls)).map(({ value }) => ids([value ?? []].flat()));
    expect(got).toEqual([[1], [2], [3], [4, 5, 6]]);
    session.records(trade("AAPL", 7), trade("AAPL", 8), trade("AAPL", 9));
    await clock.settle();
    expect((await records.next()).value?.id).toBe(7);
    expect(ids((await batches.next()).value)).toEqual([8, 9]);
  });

  test("a loop over batches that does not keep up stops the reading, and nothing is lost", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.trades("AAPL", { maxQueued: 4 }).batches();
    const session = await serving();
    for (const record of trades("AAPL", 50)) session.records(record);
    await clock.settle();
    expect(session.socket.isPaused).toBe(true);
    const got: unknown[] = [];
    for await (const batch of batches) {
      got.push(...ids(batch));
      if (got.length === 50) break;
      await clock.settle();
    }
    expect(got).toEqual(ids(trades("AAPL", 50)));
  });

  test("a batch under conflate holds the newest record of each symbol, in the symbol's turn", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.quotes("*", { overflow: "conflate" }).batches();
    const session = await serving();
    session.records(quote("A", 1), quote("B", 1), quote("A", 2), quote("C", 1), quote("A", 3));
    await clock.settle();
    expect((await batches.next()).value).toEqual([quote("A", 3), quote("B", 1), quote("C", 1)]);
    session.records(quote("A", 4), quote("A", 5));
    await clock.settle();
    expect((await batches.next()).value).toEqual([quote("A", 5)]);
    expect(stream.metrics).toMatchObject({ conflated: 3, queued: 0, dropped: 0 });
  });

  test("a batch under dropOldest holds the newest records, and the others are counted", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.trades("AAPL", { overflow: "dropOldest", maxQueued: 3 }).batches();
    const session = await serving();
    session.records(...trades("AAPL", 10));
    await clock.settle();
    expect(ids((await batches.next()).value)).toEqual([8, 9, 10]);
    expect(stream.metrics).toMatchObject({ dropped: 7, queued: 0 });
  });

  test("breaking a loop over batches unsubscribes, and discards what waits", async () => {
    const { stream, authenticated, clock } = open();
    const session = await authenticated();
    const batches = stream.trades("AAPL").batches();
    await session.expectSubscribe();
    session.acknowledge();
    session.records(...trades("AAPL", 3));
    for await (const batch of batches) {
      expect(ids(batch)).toEqual([1, 2, 3]);
      session.records(trade("AAPL", 4));
      await clock.settle();
      break;
    }
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge();
    await clock.settle();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    expect(stream.metrics).toMatchObject({ recordCount: 4, dropped: 1, queued: 0 });
  });

  test("returning batches ends a pull that waits", async () => {
    const { stream, serving } = open();
    const batches = stream.trades("AAPL").batches();
    await serving();
    const pull = batches.next();
    expect(await batches.return()).toEqual({ done: true, value: undefined });
    expect(await pull).toEqual({ done: true, value: undefined });
  });

  test("a terminal error is thrown once by a loop over batches, after the records that waited", async () => {
    const opened = open();
    const batches = opened.stream.trades("AAPL").batches();
    const session = await opened.serving();
    session.records(...trades("AAPL", 2));
    await opened.clock.settle();
    opened.gateway.network.rejection = httpRejection(401);
    session.cut();
    await opened.clock.advance(1000);
    expect(ids((await batches.next()).value)).toEqual([1, 2]);
    await expect(batches.next()).rejects.toMatchObject({ code: "http_rejected", status: 401 });
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test("a loop over batches ends when its signal is aborted, after the records that waited", async () => {
    const { stream, serving, clock } = open();
    const controller = new AbortController();
    const batches = stream.trades("AAPL", { signal: controller.signal }).batches();
    const session = await serving();
    session.records(...trades("AAPL", 2));
    await clock.settle();
    controller.abort();
    const got: unknown[][] = [];
    for await (const batch of batches) got.push(ids(batch));
    expect(got).toEqual([[1, 2]]);
  });

  test("unsubscribing a symbol removes its waiting records from the next batch", async () => {
    const { stream, serving, clock } = open();
    const batches = stream.trades("A", "B").batches();
    const session = await serving();
    session.records(trade("A", 1), trade("B", 2), trade("A", 3), trade("B", 4));
    await clock.settle();
    await stream.unsubscribeTrades("A");
    expect(ids((await batches.next()).value)).toEqual([2, 4]);
    expect(stream.metrics).toMatchObject({ dropped: 2, queued: 0 });
  });

  test("`await using` of batches unsubscribes at the end of the block", async () => {
    const { stream, authenticated } = open();
    const session = await authenticated();
    {
      await using _ = stream.trades("AAPL").batches();
      await session.expectSubscribe();
      session.acknowledge();
    }
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["AAPL"] });
    session.acknowledge();
  });
});
