import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { SECONDS, trade } from "../../../../verify/shared/records.ts";
import { HISTORY_LIMITS } from "../../src/history/limits.ts";
import { RequestBudget } from "../../src/history/request-budget.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";
import { KEY, openRest, type Rest } from "./support/rest.ts";

/** The time of the virtual clock. */
const NOW = SECONDS * 1000;
const MINUTE = 60_000;

const time = (ms: number): string => new Date(ms).toISOString();

async function freeRest(): Promise<Rest & { readonly clock: VirtualClock }> {
  const feed = new ManualFeed();
  const clock = new VirtualClock();
  const rest = await openRest({ feeds: { sip: feed, iex: feed }, plan: "free", clock });
  for (const minutes of [20, 15, 14, 1])
    feed.publish(trade("A", minutes, { seconds: SECONDS - minutes * 60, nanos: 0 }));
  return { ...rest, clock };
}

const idsOf = (text: string): string[] => [...text.matchAll(/"i":(\d+)/g)].map(([, id]) => id ?? "");

test("on the free plan, an end of the last 15 minutes is rejected as a whole, also one in the future", async () => {
  const rest = await freeRest();
  const start = `start=${time(NOW - 60 * MINUTE)}`;
  for (const end of [NOW - 15 * MINUTE + 1, NOW - 14 * MINUTE, NOW, NOW + 60 * MINUTE]) {
    for (const target of ["trades?symbols=A", "bars?symbols=A&timeframe=1Day"]) {
      const { status, json } = await rest.get(`/v2/stocks/${target}&${start}&end=${time(end)}`);
      const message = "subscription does not permit querying recent SIP data";
      expect([status, json()]).toEqual([403, { code: 42_210_000, message }]);
    }
  }
});

test("on the free plan, 15 minutes ago exactly is answered, and is the end where none is named", async () => {
  const rest = await freeRest();
  const target = `/v2/stocks/trades?symbols=A&start=${time(NOW - 60 * MINUTE)}`;
  for (const end of ["", `&end=${time(NOW - 15 * MINUTE)}`])
    expect(idsOf((await rest.get(`${target}${end}`)).text)).toEqual(["20", "15"]);
});

test("on the free plan, latest records of sip are rejected, and iex, the default for them, has no delay", async () => {
  const rest = await freeRest();
  for (const target of ["trades/latest?symbols=A", "A/quotes/latest?x", "snapshots?symbols=A"])
    expect(await rest.get(`/v2/stocks/${target}&feed=sip`)).toMatchObject({ status: 403 });
  for (const feed of ["&feed=iex", ""])
    expect(await rest.get(`/v2/stocks/trades/latest?symbols=A${feed}`)).toMatchObject({ status: 200 });
  const { text } = await rest.get(`/v2/stocks/trades?symbols=A&feed=iex&start=${time(NOW - 60 * MINUTE)}`);
  expect(idsOf(text)).toEqual(["20", "15", "14", "1"]);
});

test("without a plan, no history is delayed or counted", async () => {
  const feed = new ManualFeed();
  const rest = await openRest({ feeds: { sip: feed }, clock: new VirtualClock() });
  feed.publish(trade("A", 1, { seconds: SECONDS - 60, nanos: 0 }));
  const { headers, text } = await rest.get(`/v2/stocks/trades?symbols=A&start=${time(NOW - 60 * MINUTE)}`);
  expect(idsOf(text)).toEqual(["1"]);
  expect(headers["x-ratelimit-limit"]).toBeUndefined();
});

test("on the free plan, a key has 200 requests a minute, refilled evenly, and 429 comes without headers", async () => {
  const rest = await freeRest();
  const ask = () => rest.get("/v2/stocks/meta/exchanges");
  const first = await ask();
  expect(first.headers).toMatchObject({ "x-ratelimit-limit": "200", "x-ratelimit-remaining": "199" });
  for (let count = 1; count < HISTORY_LIMITS.freeRequestsPerMinute; count++)
    expect(await ask()).toMatchObject({ status: 200 });
  const { status, text, headers } = await ask();
  expect([status, text]).toEqual([429, '{"message":"too many requests."}']);
  expect(Object.keys(headers).filter((name) => /^(x-ratelimit|retry)/.test(name))).toEqual([]);
  const other = { ...KEY, "apca-api-key-id": "OTHER" };
  expect(await rest.get("/v2/stocks/meta/exchanges", other)).toMatchObject({ status: 200 });
  await rest.clock.advance(300); // one of 200 a minute
  expect(await ask()).toMatchObject({ status: 200 });
  expect(await ask()).toMatchObject({ status: 429 });
});

test("the request budget counts a limited number of keys, and forgets the one that asked longest ago", () => {
  const budget = new RequestBudget(2);
  budget.spend("first", 0);
  expect([budget.spend("first", 0), budget.spend("first", 0)]).toEqual([0, undefined]);
  for (let key = 0; key < HISTORY_LIMITS.maxCountedKeys; key++) budget.spend(`${key}`, 0);
  expect(budget.spend("first", 0)).toBe(1);
});
