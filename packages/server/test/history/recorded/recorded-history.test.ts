import { writeFileSync } from "node:fs";
import { CryptoTrade, Trade, TradeCancel, TradeCorrection } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import type { MarketRecord } from "@tickerplant/client/wire";
import { Recorder } from "@tickerplant/recorder";
import { describe, expect, onTestFinished, test } from "vitest";
import { bar, quote, SECONDS, trade } from "../../../../../verify/shared/records.ts";
import type { GatewayEvent } from "../../../src/gateway/gateway-events.ts";
import { newFolder, pathsIn } from "../../feeds/support/recorded.ts";
import { ManualFeed } from "../../gateway/support/manual-feed.ts";
import { MemoryPeer } from "../../gateway/support/memory-peer.ts";
import { ScriptedUpstream } from "../../gateway/support/scripted-upstream.ts";
import { openRest, type Rest } from "../support/rest.ts";

/** Random numbers of a seed, from 0 to `below` - 1. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gateway that holds everything, and one that holds a minute and has a recording: both get the same records. */
interface Pair {
  readonly large: Rest;
  small: Rest;
  readonly publish: (records: readonly MarketRecord[]) => Promise<void>;
  /** Closes the second gateway, and opens another one over its recording. */
  readonly restart: () => Promise<void>;
  /** Lets the recorder begin a new segment; the one before becomes Parquet files in the background. */
  readonly rotate: () => Promise<void>;
}

/** A gateway with a recorder, whose clock the test moves. */
interface Recorded {
  readonly rest: Rest;
  readonly recorder: Recorder;
  readonly clock: VirtualClock;
}

async function openRecorded(
  dir: string,
  onEvent?: (event: GatewayEvent) => void,
  startSeconds = SECONDS,
): Promise<Recorded> {
  const feed = new ManualFeed();
  const clock = new VirtualClock({ startMs: startSeconds * 1000 });
  const errors: Error[] = [];
  const recorder = await Recorder.open({ dir, feed: "iex", clock, onError: (error) => errors.push(error) });
  const history = { maxMinutes: 1, recorders: { iex: recorder } };
  const rest = await openRest({ feeds: { iex: feed }, history, ...(onEvent && { onEvent }) });
  rest.gateway.addSink(feed, recorder.sink);
  onTestFinished(async () => {
    await recorder.close();
    expect(errors).toEqual([]);
  });
  return { rest: { ...rest, feed }, recorder, clock };
}

async function openPair(): Promise<Pair> {
  const dir = newFolder();
  const large = await openRest();
  let recorded = await openRecorded(dir);
  const pair: Pair = {
    large,
    small: recorded.rest,
    publish: async (records) => {
      large.feed.publish(...records);
      pair.small.feed.publish(...records);
      await turn();
    },
    restart: async () => {
      await recorded.rest.listener.close(0);
      await recorded.recorder.close();
      recorded = await openRecorded(dir);
      pair.small = recorded.rest;
    },
    rotate: async () => {
      const { recorder, clock } = recorded;
      await clock.advance(16 * 60_000);
      await (await recorder.openReader()).reader.close(); // the segment that follows is in place
    },
  };
  return pair;
}

/** Requests all pages of both, one after the other, and compares them; what happens in between happens to both. */
async function comparePages(
  pair: Pair,
  target: string,
  between: (page: number) => Promise<void> = turn,
): Promise<readonly string[]> {
  const tokens = { large: "", small: "" };
  const pages: string[] = [];
  for (;;) {
    const large = await pair.large.get(`${target}${tokens.large && `&page_token=${tokens.large}`}`);
    const small = await pair.small.get(`${target}${tokens.small && `&page_token=${tokens.small}`}`);
    expect(withoutToken(small.text), target).toBe(withoutToken(large.text));
    expect(small.status).toBe(large.status);
    pages.push(large.text);
    const [next, nextOfSmall] = [large, small].map(({ json }) => json().next_page_token ?? null);
    expect(typeof nextOfSmall).toBe(typeof next);
    if (typeof next !== "string" || typeof nextOfSmall !== "string") return pages;
    tokens.large = next;
    tokens.small = nextOfSmall;
    await between(pages.length);
  }
}

function withoutToken(text: string): string {
  return text.replace(/"next_page_token":"[^"]*"/, '"next_page_token":"…"');
}

const SYMBOLS = ["A", "AA", "B", "BRK.B", "C"];

/** Records of three hours, with late ones, ties, revised bars, corrections and cancels. */
function randomRecords(random: (below: number) => number, count: number): MarketRecord[] {
  const records: MarketRecord[] = [];
  const traded: { symbol: string; id: number }[] = [];
  for (let index = 0; index < count; index++) {
    const symbol = SYMBOLS[Math.min(random(6), 4)] ?? "A";
    const late = random(10) === 0 ? random(20) : 0;
    const seconds = SECONDS + Math.floor((index / count) * 10_800) - late;
    const time = { seconds, nanos: random(3) * 1000 };
    const minute = { seconds: seconds - (seconds % 60), nanos: 0 };
    const kind = random(100);
    if (kind < 45) {
      records.push(trade(symbol, index + 1, time));
      traded.push({ symbol, id: index + 1 });
    } else if (kind < 85) records.push(quote(symbol, random(50), time));
    else if (kind < 92) records.push(bar(symbol, "bars", index, minute));
    else if (kind < 95) records.push(bar(symbol, "updatedBars", index, { ...minute, seconds: minute.seconds - 60 }));
    else if (traded.length > 0) {
      const changed = traded[Math.max(0, traded.length - 1 - random(random(4) === 0 ? 4000 : 40))];
      if (changed === undefined) continue;
      const { symbol: name, id } = changed;
      if (kind < 98)
        records.push(
          new TradeCorrection(
            name,
            time.seconds,
            time.nanos,
            "V",
            id,
            101.25,
            100,
            ["@"],
            id + 1_000_000,
            99,
            5,
            ["@"],
            "C",
          ),
        );
      else records.push(new TradeCancel(name, time.seconds, time.nanos, id, "V", 101.25, 100, "C", "C"));
    }
  }
  return records;
}

function randomTarget(random: (below: number) => number): string {
  const one = <T>(values: readonly T[]): T => values[random(values.length)] as T; // of a list that is not empty
  const time = (seconds: number): string => new Date((SECONDS + seconds) * 1000).toISOString();
  const from = random(11_000);
  const to = from + one([1, 60, 600, 3600, 10_800]);
  const kind = one(["trades", "quotes", "bars"]);
  const timeframe = kind === "bars" ? `&timeframe=${one(["1Min", "5Min", "1Hour", "1Day", "1Week", "1Month"])}` : "";
  const limit = one([1, 7, 100, 1000, 10_000]);
  const enough = Math.min(to, from + limit * 60); // some pages, not hundreds
  const range = `start=${time(from)}&end=${time(enough)}&limit=${limit}&sort=${one(["asc", "desc"])}${timeframe}`;
  const symbols = one(["*", "A", "BRK.B", "A,B,C", "AA,ZZ", "C,A,AA,B,BRK.B"]);
  if (random(4) === 0) return `/v2/stocks/${one(SYMBOLS)}/${kind}?${range}`;
  return `/v2/stocks/${kind}?symbols=${symbols}&${range}`;
}

/** A request for the latest records, or for snapshots. */
function randomLatest(random: (below: number) => number): string {
  const symbols = ["A", "BRK.B", "A,B,C", "AA,ZZ", "C,A,AA,B,BRK.B"][random(5)];
  const what = ["trades/latest", "quotes/latest", "bars/latest", "snapshots"][random(4)];
  return `/v2/stocks/${what}?symbols=${symbols}`;
}

describe("a gateway with a small memory and a recording", () => {
  test.each([1, 2])("answers byte for byte as one with a large memory, seed %i", { timeout: 120_000 }, async (seed) => {
    const random = randomOf(seed);
    const pair = await openPair();
    const records = randomRecords(random, 8000);
    let published = 0;
    const publish = async (count: number): Promise<void> => {
      await pair.publish(records.slice(published, published + count));
      published += count;
    };
    while (published < 5000) {
      await publish(500);
      if (random(5) === 0) await pair.rotate();
    }
    for (let round = 0; round < 30; round++) {
      if (round === 25) while (published < records.length) await publish(500);
      const target = random(5) === 0 ? randomLatest(random) : randomTarget(random);
      await comparePages(pair, target, async () => {
        if (random(3) === 0) await publish(random(100));
        if (random(40) === 0) await pair.restart();
      });
      if (round === 15 || round === 35) await pair.restart();
      if (random(8) === 0) await pair.rotate();
    }
  });
});

const RANGE = `start=${new Date(SECONDS * 1000).toISOString()}&end=${new Date((SECONDS + 20_000) * 1000).toISOString()}`;

/** Trades of one symbol, one a second, from an id on. */
function tradesFrom(firstId: number, count: number): MarketRecord[] {
  return Array.from({ length: count }, (_, index) =>
    trade("A", firstId + index, { seconds: SECONDS + firstId + index, nanos: 0 }),
  );
}

/** The ids of all pages of trades. */
async function idsOf(rest: Rest, between: () => Promise<void> = turn, limit = 1000): Promise<number[]> {
  const ids: number[] = [];
  for (let token: unknown = ""; typeof token === "string"; ) {
    const { json } = await rest.get(
      `/v2/stocks/A/trades?${RANGE}&limit=${limit}${token === "" ? "" : `&page_token=${token}`}`,
    );
    const page = json() as { trades: { i: number }[]; next_page_token: string | null };
    ids.push(...page.trades.map(({ i }) => i));
    token = page.next_page_token;
    await between();
  }
  return ids;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("the seam between memory and a recording", () => {
  test("no record is missing or doubled while records stream in, segments end and memory drops", {
    timeout: 60_000,
  }, async () => {
    const { rest, clock } = await openRecorded(newFolder());
    let published = 0;
    const publish = (count: number): void => {
      rest.feed.publish(...tradesFrom(published + 1, count));
      published += count;
    };
    publish(4000);
    let isReading = true;
    const streaming = (async () => {
      for (let turns = 0; isReading; turns++) {
        if (published < 12_000) publish(37);
        if (turns % 50 === 49) await clock.advance(16 * 60_000);
        await turn();
      }
    })();
    const readers = [7, 100, 1000].map((share) => idsOf(rest, turn, share === 7 ? 700 : share * 10));
    for (const ids of await Promise.all(readers)) expect(ids).toEqual(upTo(ids.length));
    isReading = false;
    await streaming;
    expect(await idsOf(rest)).toEqual(upTo(published));
  });

  test("a gateway that was restarted answers what came before, and continues the page of its predecessor", {
    timeout: 60_000,
  }, async () => {
    const dir = newFolder();
    const first = await openRecorded(dir);
    first.rest.feed.publish(...tradesFrom(1, 500));
    await turn();
    const page = (await first.rest.get(`/v2/stocks/A/trades?${RANGE}&limit=10`)).json();
    await first.rest.listener.close(0);
    await first.recorder.close();
    const second = await openRecorded(dir);
    expect(await idsOf(second.rest)).toEqual(upTo(500));
    const next = await second.rest.get(`/v2/stocks/A/trades?${RANGE}&limit=3&page_token=${page.next_page_token}`);
    expect(next.json()).toMatchObject({ trades: [{ i: 11 }, { i: 12 }, { i: 13 }] });
    second.rest.feed.publish(...tradesFrom(501, 5));
    await turn();
    expect(await idsOf(second.rest)).toEqual(upTo(505));
    expect((await second.rest.get("/v2/stocks/A/trades/latest")).json()).toMatchObject({ trade: { i: 505 } });
  });

  test("a correction that comes when its trade is only in the recording replaces it there", async () => {
    const { rest } = await openRecorded(newFolder());
    rest.feed.publish(...tradesFrom(1, 4000));
    const at = SECONDS + 4001;
    rest.feed.publish(new TradeCorrection("A", at, 0, "V", 7, 101.25, 100, ["@"], 5007, 99, 5, ["@"], "C"));
    await turn();
    const changed = await rest.get(`/v2/stocks/A/trades?${RANGE}&limit=9`);
    expect((changed.json().trades as { i: number; u?: string }[]).map(({ i, u }) => [i, u]).slice(5)).toEqual([
      [6, undefined],
      [7, "incorrect"],
      [5007, "corrected"],
      [8, undefined],
    ]);
    const late = `start=${new Date((at - 1) * 1000).toISOString()}&end=${new Date((at + 9) * 1000).toISOString()}`;
    expect((await rest.get(`/v2/stocks/A/trades?${late}`)).json()).toMatchObject({ trades: [{ i: 4000 }] });
  });

  test("the latest trade is not one that corrects an older trade than those that were read", async () => {
    const { rest } = await openRecorded(newFolder());
    rest.feed.publish(...tradesFrom(1, 20));
    rest.feed.publish(new Trade("A", SECONDS + 21, 0, 21, "V", 101.25, 1, ["@", "I"], "C")); // an odd lot
    for (let id = 1; id <= 4000; id++) rest.feed.publish(trade("B", id, { seconds: SECONDS + id, nanos: 0 })); // memory drops those of A
    rest.feed.publish(new TradeCorrection("A", SECONDS + 4001, 0, "V", 7, 101.25, 100, ["@"], 5007, 99, 5, ["@"], "C"));
    await turn();
    expect((await rest.get("/v2/stocks/A/trades/latest")).json()).toMatchObject({ trade: { i: 20 } });
  });

  test("what an earlier recorder has missed is reported by the header, for its channel and symbol alone", async () => {
    const dir = newFolder();
    const first = await openRecorded(dir, undefined, SECONDS - 100);
    const to = new Date((SECONDS + 50) * 1000);
    first.rest.feed.publish(...tradesFrom(1, 100));
    first.rest.feed.gap({
      channel: "trades",
      symbols: ["A"],
      from: new Date(SECONDS * 1000),
      to,
      cause: new Error("cut"),
    });
    await turn();
    await first.rest.listener.close(0);
    await first.recorder.close();
    const { rest } = await openRecorded(dir, undefined, SECONDS - 100);
    const completeFrom = async (path: string): Promise<unknown> =>
      (await rest.get(`${path}?${RANGE}`)).headers["x-tickerplant-complete-from"];
    expect(await completeFrom("/v2/stocks/A/trades")).toBe(
      new Date(to.getTime() + 1000).toISOString().replace(".000", ""),
    );
    expect(await completeFrom("/v2/stocks/B/trades")).toBeUndefined();
    expect(await completeFrom("/v2/stocks/A/quotes")).toBeUndefined();
  });

  test("the time in which no recorder ran is reported by the header, for ranges with a part of it", async () => {
    const dir = newFolder();
    const first = await openRecorded(dir);
    first.rest.feed.publish(...tradesFrom(1, 50));
    await turn();
    await first.clock.advance(60_000);
    await first.rest.listener.close(0);
    await first.recorder.close();
    const { rest } = await openRecorded(dir, undefined, SECONDS + 100);
    rest.feed.publish(...tradesFrom(101, 20));
    await turn();
    const time = (seconds: number): string => new Date((SECONDS + seconds) * 1000).toISOString().replace(".000", "");
    const completeFrom = async (from: number, to: number): Promise<unknown> => {
      const answer = await rest.get(`/v2/stocks/A/trades?start=${time(from)}&end=${time(to)}`);
      return answer.headers["x-tickerplant-complete-from"];
    };
    expect(await completeFrom(0, 59)).toBeUndefined();
    expect(await completeFrom(101, 120)).toBeUndefined();
    expect(await completeFrom(0, 70)).toBe(time(101));
    expect(await completeFrom(70, 80)).toBe(time(101));
    expect(await completeFrom(70, 120)).toBe(time(101));
  });

  test("a recording that cannot be read is a 503 and an event, and other requests are answered", async () => {
    const dir = newFolder();
    const first = await openRecorded(dir);
    first.rest.feed.publish(...tradesFrom(1, 500), quote("A"));
    await turn();
    await first.rest.listener.close(0);
    await first.recorder.close();
    for (const path of pathsIn(dir, ".parquet")) if (path.includes("trades")) writeFileSync(path, "no Parquet file");
    const events: GatewayEvent[] = [];
    const { rest } = await openRecorded(dir, (event) => events.push(event));
    const { status, text } = await rest.get(`/v2/stocks/A/trades?${RANGE}`);
    expect([status, text]).toEqual([503, `{"message":"the recording cannot be read; see the gateway's log"}`]);
    expect(events).toMatchObject([{ type: "recordingUnreadable", feed: "iex" }]);
    expect((await rest.get(`/v2/stocks/A/quotes?${RANGE}`)).json()).toMatchObject({ quotes: [{ bs: 1 }] });
  });
});

describe("a relay with a recording", () => {
  test("asks upstream only for what neither memory nor the recording has", async () => {
    const feed = new ScriptedUpstream();
    feed.answer = () => ({ status: 200, headers: {}, body: Buffer.from('{"from":"upstream"}') });
    const recorder = await Recorder.open({ dir: newFolder(), feed: "iex" });
    onTestFinished(() => recorder.close());
    const rest = await openRest({ feeds: { iex: feed }, history: { maxMinutes: 1, recorders: { iex: recorder } } });
    rest.gateway.addSink(feed, recorder.sink);
    rest.gateway.start().catch(() => {});
    new MemoryPeer(rest.gateway).authenticate().say({ action: "subscribe", trades: ["A"] });
    await turn();
    feed.confirm();
    feed.publish(...tradesFrom(1, 3));
    await turn();
    feed.publish(...tradesFrom(4, 6000));
    await turn();
    const ask = (from: number): ReturnType<Rest["get"]> =>
      rest.get(`/v2/stocks/A/trades?start=${new Date((SECONDS + from) * 1000).toISOString()}&limit=2`);
    const { json, headers } = await ask(100);
    expect(json()).toMatchObject({ trades: [{ i: 100 }, { i: 101 }] });
    expect(headers["x-tickerplant-complete-from"]).toBeUndefined();
    expect(feed.passed).toEqual([]);
    expect((await ask(-100)).text).toBe('{"from":"upstream"}');
  });
});

test("crypto is answered from its recording after a restart", async () => {
  const dir = newFolder();
  const open = async (records: readonly MarketRecord[]): Promise<() => Promise<unknown>> => {
    const feed = new ManualFeed();
    const recorder = await Recorder.open({ dir, feed: "us", assetClass: "crypto" });
    onTestFinished(() => recorder.close());
    const rest = await openRest({ feeds: { "crypto/us": feed }, history: { recorders: { "crypto/us": recorder } } });
    rest.gateway.addSink(feed, recorder.sink);
    feed.publish(...records);
    await turn();
    const { json } = await rest.get(`/v1beta3/crypto/us/trades?symbols=BTC/USD&${RANGE}`);
    expect(json()).toMatchObject({ trades: { "BTC/USD": [{ i: 7, p: 90_000.5, tks: "B" }] } });
    return async () => {
      await rest.listener.close(0);
      await recorder.close();
    };
  };
  const close = await open([new CryptoTrade("BTC/USD", SECONDS + 1, 5, 90_000.5, 0.25, 7, "B")]);
  await close();
  await open([]);
});
