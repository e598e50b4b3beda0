import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { streaming } from "@alpacahq/alpaca-trade-api";
import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { Codec, FrameEncoder, formatNanoseconds, parseTimestamp } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { oneOfEach, SECONDS, trade } from "../../../../verify/shared/records.ts";
import type { GatewayOptions } from "../../src/create-gateway.ts";
import type { Feed } from "../../src/feeds/feed.ts";
import { replay } from "../../src/feeds/replay/replay.ts";
import { openServer, type Server } from "./support/server.ts";

/** Half a million real trades and quotes, where they are at hand; see the skipped test's title. */
const TICKS = fileURLToPath(
  new URL("../../../../../shared/data/ticks/us-trades-quotes-2025-11-14.jsonl.gz", import.meta.url),
);

type Message = Readonly<Record<string, unknown>>;

/** The official SDK with everything it has by default, but for the address. */
function sdk(server: Server, credentials = { keyId: "key", secret: "secret" }): streaming.StockDataStream {
  return new streaming.StockDataStream({ credentials, url: server.url, reconnect: false });
}

/** What the SDK delivers, with the wire's names; settles when the gateway closes. */
async function deliveredTo(stream: streaming.StockDataStream): Promise<Message[]> {
  const delivered: Message[] = [];
  stream.onTrade((v) =>
    delivered.push({
      T: "t",
      S: v.symbol,
      i: v.idRaw,
      x: v.exchange,
      p: v.price,
      s: v.size,
      c: v.conditions,
      z: v.tape,
      t: v.timestampRaw,
    }),
  );
  stream.onQuote((v) =>
    delivered.push({
      T: "q",
      S: v.symbol,
      bx: v.bidExchange,
      bp: v.bidPrice,
      bs: v.bidSize,
      ax: v.askExchange,
      ap: v.askPrice,
      as: v.askSize,
      c: v.conditions,
      z: v.tape,
      t: v.timestampRaw,
    }),
  );
  const bar =
    (T: string) =>
    (v: streaming.StreamBar): void => {
      const { symbol: S, open: o, high: h, low: l, close: c, volume, tradeCount: n, vwap: vw, timestampRaw: t } = v;
      delivered.push({ T, S, o, h, l, c, v: volume, n, vw, t });
    };
  stream.onBar(bar("b"));
  stream.onUpdatedBar(bar("u"));
  stream.onDailyBar(bar("d"));
  stream.onStatus((v) =>
    delivered.push({
      T: "s",
      S: v.symbol,
      sc: v.statusCode,
      sm: v.statusMessage,
      rc: v.reasonCode,
      rm: v.reasonMessage,
      t: v.timestampRaw,
      z: v.tape,
    }),
  );
  stream.onLuld((v) =>
    delivered.push({
      T: "l",
      S: v.symbol,
      u: v.limitUpPrice,
      d: v.limitDownPrice,
      i: v.indicator,
      t: v.timestampRaw,
      z: v.tape,
    }),
  );
  stream.onImbalance((v) => delivered.push({ T: "i", S: v.symbol, p: v.price, t: v.timestampRaw, z: v.tape }));
  stream.onCorrection((v) =>
    delivered.push({
      T: "c",
      S: v.symbol,
      x: v.exchange,
      oi: v.originalIdRaw,
      op: v.originalPrice,
      os: v.originalSize,
      oc: v.originalConditions,
      ci: v.correctedIdRaw,
      cp: v.correctedPrice,
      cs: v.correctedSize,
      cc: v.correctedConditions,
      t: v.timestampRaw,
      z: v.tape,
    }),
  );
  stream.onCancelError((v) =>
    delivered.push({
      T: "x",
      S: v.symbol,
      i: v.idRaw,
      x: v.exchange,
      p: v.price,
      s: v.size,
      a: v.action,
      t: v.timestampRaw,
      z: v.tape,
    }),
  );
  const disconnected = new Promise<void>((resolve) => stream.onDisconnect(resolve));
  stream.connect();
  await disconnected;
  return delivered;
}

/** What the SDK must deliver for a line of a file: ids as it gives them, and times with nine digits. */
function expectedOf(line: string): Message {
  // Ids beyond 2^53 would lose digits in a number.
  const message = JSON.parse(line.replace(/"(i|oi|ci)":(\d+)/g, '"$1":"$2"')) as Record<string, unknown>;
  const time = parseTimestamp(String(message.t));
  if (time === undefined) throw new Error(`no time in ${line}`);
  return { ...message, t: formatNanoseconds(time.seconds, time.nanos) };
}

/** Plays files to the SDK, which subscribes to everything. */
async function played(files: readonly string[], options: Partial<GatewayOptions> = {}): Promise<Message[]> {
  const feed: Feed = replay(files, { speed: "max" });
  await using server = await openServer({ feeds: { iex: feed }, once: true, ...options });
  const stream = sdk(server);
  stream.subscribeForTrades(["*"]);
  stream.subscribeForQuotes(["*"]);
  stream.subscribeForBars(["*"]);
  stream.subscribeForUpdatedBars(["*"]);
  stream.subscribeForDailyBars(["*"]);
  stream.subscribeForStatuses(["*"]);
  stream.subscribeForLulds(["*"]);
  stream.subscribeForImbalances(["*"]);
  return await deliveredTo(stream);
}

describe("the official TypeScript SDK, unmodified", () => {
  test("the official TypeScript SDK delivers every type of record with every value", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tickerplant-sdk-"));
    try {
      const encoder = new FrameEncoder(Codec.JSON, STOCK_SCHEMA);
      const huge = new Trade("BRK.B", SECONDS, 1, 9_007_199_254_740_993n, "D", 0.0001, 4_294_967_295, [" ", "T"], "A");
      const records = [...oneOfEach("AAPL"), huge, trade("AAPL", 0), trade("AAPL", 2 ** 40)];
      const lines = records.map((record) => Buffer.from(encoder.record(record)).toString());
      const file = join(folder, "all.jsonl");
      await writeFile(file, lines.join("\n"));
      expect(await played([file])).toEqual(lines.map(expectedOf));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.skipIf(!existsSync(TICKS))(
    "the official TypeScript SDK delivers a day of real trades and quotes, in number, order and value (skipped if the recording is absent)",
    async () => {
      const lines = gunzipSync(await readFile(TICKS))
        .toString()
        .trimEnd()
        .split("\n");
      const delivered = await played([TICKS]);
      const count = (type: string): number => delivered.filter(({ T }) => T === type).length;
      expect([count("t"), count("q")]).toEqual([132_785, 308_548]);
      expect(delivered).toHaveLength(lines.length);
      const different: unknown[] = [];
      for (const [index, line] of lines.entries()) {
        const expected = expectedOf(line);
        const got = delivered[index] ?? {};
        // Half a million deep comparisons by the test's own means take minutes.
        const isEqual = Object.keys({ ...expected, ...got }).every((key) => String(expected[key]) === String(got[key]));
        if (!isEqual) different.push({ index, expected, got });
      }
      expect(different.slice(0, 3)).toEqual([]);
    },
    30_000,
  );

  test("the official TypeScript SDK reports a wrong key", async () => {
    await using server = await openServer({ keys: [{ key: "key", secret: "right" }] });
    const stream = sdk(server);
    stream.connect();
    expect(await stream.whenAuthenticated()).toMatchObject({
      status: streaming.STREAM_AUTH_STATUS.SERVER_REJECTED,
      code: 402,
    });
  });

  test("the official TypeScript SDK gets an error for one symbol too many, and keeps its earlier symbols", async () => {
    await using server = await openServer({ maxSymbols: 2 });
    const stream = sdk(server);
    stream.subscribeForTrades(["A", "B"]);
    const acknowledged = new Promise((resolve) => stream.on(streaming.EVENT.SUBSCRIPTION, resolve));
    stream.connect();
    expect(await acknowledged).toMatchObject({ trades: ["A", "B"] });
    const refused = new Promise((resolve) => stream.onError(resolve));
    stream.subscribeForQuotes(["C"]);
    expect(await refused).toBe("symbol limit exceeded");
    const traded = new Promise<streaming.StreamTrade>((resolve) => stream.onTrade(resolve));
    server.feed.publish(trade("B", 5));
    expect((await traded).id).toBe(5);
    stream.disconnect();
  });

  test("the official TypeScript SDK gets an error with a message for a second connection over the limit", async () => {
    await using server = await openServer({ maxConnections: 1 });
    const [first, second] = [sdk(server), sdk(server)];
    first.connect();
    expect(await first.waitForAuthentication()).toBe(true);
    const refused = new Promise((resolve) => second.onError(resolve));
    second.connect();
    expect(await refused).toBe("connection limit exceeded");
    for (const stream of [first, second]) stream.disconnect();
  });
});
