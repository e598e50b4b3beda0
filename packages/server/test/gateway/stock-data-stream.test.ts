import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyRecord, Codec, STOCK_SCHEMA, StockDataStream, type StockDataStreamOptions } from "@tickerplant/client";
import { FrameEncoder } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { oneOfEach, trade } from "../../../../verify/shared/records.ts";
import { replay } from "../../src/feeds/replay/replay.ts";
import { simulator } from "../../src/feeds/simulator/simulator.ts";
import { feedOf, openServer, type Server } from "./support/server.ts";

function stream(server: Server, options: StockDataStreamOptions = {}): StockDataStream {
  const credentials = { apiKey: "key", secretKey: "secret" };
  const subject = new StockDataStream({ ...credentials, urlOverride: server.url, reconnect: false, ...options });
  subject.on("error", () => {}); // tests look at where the error arrives, not at the console
  return subject;
}

/** The wire's form of records, for comparing. */
function lines(records: readonly AnyRecord[]): string[] {
  const encoder = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);
  return records.map((record) => Buffer.from(encoder.record(record)).toString());
}

const EVERYTHING = {
  trades: ["*"],
  quotes: ["*"],
  bars: ["*"],
  updatedBars: ["*"],
  dailyBars: ["*"],
  statuses: ["*"],
  lulds: ["*"],
  imbalances: ["*"],
  corrections: ["*"],
  cancelErrors: ["*"],
};

describe.each([Codec.MSGPACK, Codec.JSON])("StockDataStream and a gateway in %s", (codec) => {
  test(`a stream in ${codec} gets every record of a feed with once, in order, and is closed normally`, async () => {
    const records = [
      ...oneOfEach("A"),
      ...oneOfEach("B"),
      ...Array.from({ length: 20_000 }, (_, id) => trade("C", id)),
    ];
    await using server = await openServer({ feeds: { iex: feedOf(records) }, once: true });
    const received: AnyRecord[] = [];
    await using subject = stream(server, { codec });
    subject.subscribe(EVERYTHING, (record) => received.push(record));
    await subject.run();
    expect(lines(received)).toEqual(lines(records));
  });

  test(`[R28] a stream in ${codec} loses nothing with a handler that is far slower than the feed`, async () => {
    const records = Array.from({ length: 60_000 }, (_, id) => trade(`S${id % 7}`, id));
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await using server = await openServer({ feeds: { iex: feedOf(records, gate) }, once: true });
    await using slow = stream(server, { codec });
    await using fast = stream(server, { codec });
    const slowIds: unknown[] = [];
    const fastIds: unknown[] = [];
    slow.subscribeTrades(async ({ id }) => {
      slowIds.push(id);
      if (slowIds.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }, "*");
    fast.subscribeTrades(({ id }) => fastIds.push(id), "*");
    await Promise.all([slow.connect(), fast.connect()]);
    open();
    await Promise.all([slow.run(), fast.run()]);
    expect(fastIds).toEqual(records.map(({ id }) => id));
    expect(new Set(slowIds)).toEqual(new Set(fastIds));
    expect(slowIds).toHaveLength(records.length);
  });

  test(`[R29] [D7] a stream in ${codec} gets the same callbacks in the same order from a recording of its records`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "tickerplant-recording-"));
    try {
      const feed = simulator({ seed: 7, symbols: 50, rate: 5000, speed: "max", count: 20_000 });
      const record = async (source: typeof feed): Promise<string[]> => {
        await using server = await openServer({ feeds: { iex: source }, once: true });
        const received: AnyRecord[] = [];
        await using subject = stream(server, { codec });
        subject.subscribe(EVERYTHING, (message) => received.push(message));
        await subject.run();
        return lines(received);
      };
      const recorded = await record(feed);
      expect(recorded.length).toBeGreaterThan(19_000);
      const file = join(folder, "recording.jsonl");
      await writeFile(file, recorded.join("\n"));
      expect(await record(replay([file], { speed: "max" }))).toEqual(recorded);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test(`[J1] [R28] a stream in ${codec} gets 402 for a wrong key, 405 for a symbol too many and 406 for a connection too many`, async () => {
    const keys = [{ key: "key", secret: "secret", maxSymbols: 1, maxConnections: 1 }];
    await using server = await openServer({ keys });
    await using wrong = stream(server, { codec, secretKey: "wrong" });
    await expect(wrong.connect()).rejects.toMatchObject({ code: "auth_failed", serverCode: 402, terminal: true });
    await using first = stream(server, { codec });
    first.subscribeTrades(() => {}, "A");
    await first.connect();
    const refused = first.subscribeQuotes(() => {}, "B");
    await expect(refused.ready).rejects.toMatchObject({ code: "symbol_limit", serverCode: 405 });
    await using second = stream(server, { codec });
    await expect(second.connect()).rejects.toMatchObject({ serverCode: 406 });
    expect(server.gateway.stats.clients).toBeGreaterThan(0);
  });

  test(`[R28] a stream in ${codec} has no gap when another client of the same symbols leaves`, async () => {
    await using server = await openServer();
    const ids: unknown[] = [];
    const seen = (count: number): Promise<void> =>
      new Promise((resolve) => {
        reached = () => {
          if (ids.length >= count) resolve();
        };
        reached();
      });
    let reached = (): void => {};
    await using stayer = stream(server, { codec });
    await using leaver = stream(server, { codec });
    stayer.subscribeTrades(({ id }) => {
      ids.push(id);
      reached();
    }, "A");
    leaver.subscribeTrades(() => {}, "A", "B");
    await Promise.all([stayer.connect(), leaver.connect()]);
    server.feed.publish(trade("A", 1), trade("A", 2));
    await seen(2);
    await leaver.stop();
    server.feed.publish(trade("A", 3));
    await seen(3);
    expect(ids).toEqual([1, 2, 3]);
  });

  test(`[R20] a stream in ${codec} subscribes to ten thousand symbols`, async () => {
    await using server = await openServer();
    await using subject = stream(server, { codec });
    const symbols = Array.from({ length: 10_000 }, (_, index) => `SYM${index}`);
    let arrived = (_id: unknown): void => {};
    const arrival = new Promise((resolve) => {
      arrived = resolve;
    });
    const subscription = subject.subscribeTrades(({ id }) => arrived(id), ...symbols);
    await subject.connect();
    await subscription.ready;
    server.feed.publish(trade("SYM9999", 42));
    expect(await arrival).toBe(42);
  });
});
