import { VirtualClock } from "@tickerplant/client/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { FeedHistory, HistoryPools } from "../../src/history/feed-history.ts";
import { STOCKS } from "../../src/history/stocks.ts";

const SYMBOLS = ["A", "B", "C"] as const;

const step = fc.record({
  type: fc.constantFrom("trade", "trade", "trade", "trade", "carry", "release", "lose"),
  symbol: fc.constantFrom(...SYMBOLS),
  /** For `carry` and `release`. */
  isAll: fc.boolean(),
  /** The market's time since the step before. */
  ms: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 5_000 })),
});

test("whatever is carried, released and missed, no trade is missing of what counts as held, in live and replayed markets", async () => {
  let checks = 0;
  const market = fc.record({
    steps: fc.array(step, { minLength: 20, maxLength: 120 }),
    speed: fc.constantFrom(1, 60),
    startMs: fc.constantFrom(1_735_830_000_000, 1_000_000_000_000),
  });
  await fc.assert(
    fc.asyncProperty(market, async ({ steps, speed, startMs }) => {
      const clock = new VirtualClock();
      const history = new FeedHistory(STOCKS, new HistoryPools(4_194_304), 86_400, true, clock);
      const carried = new Set<string>();
      const missed: { readonly symbol: string; readonly seconds: number }[] = [];
      let marketMs = startMs;
      for (const { type, symbol, isAll, ms } of steps) {
        marketMs += ms;
        await clock.advance(ms / speed);
        const [seconds, nanos] = [Math.floor(marketMs / 1000), (marketMs % 1000) * 1e6];
        const name = isAll ? "*" : symbol;
        const isCarried = carried.has(symbol) || carried.has("*");
        if (type === "carry" && !carried.has(name)) {
          carried.add(name);
          history.carried({ trades: [name] });
        } else if (type === "release" && carried.delete(name)) history.released({ trades: [name] });
        else if (type === "trade" && isCarried) history.record(trade(symbol, marketMs, { seconds, nanos }));
        else if (type === "trade" || type === "lose") missed.push({ symbol, seconds });
        if (type === "lose" && isCarried) {
          const [from, to] = [new Date(marketMs), new Date(marketMs)];
          history.gap({ channel: "trades", symbols: [symbol], from, to, cause: new Error("cut") });
        }
        history.flush();
        for (const one of SYMBOLS) {
          const from = history.heldFromSeconds("trades", one);
          if (from < Number.POSITIVE_INFINITY) checks++;
          expect(missed.filter((trade) => trade.symbol === one && trade.seconds >= from)).toEqual([]);
        }
        const allFrom = history.heldFromSeconds("trades", "*");
        expect(missed.filter(({ seconds }) => seconds >= allFrom)).toEqual([]);
      }
    }),
    { numRuns: 150 },
  );
  expect(checks).toBeGreaterThan(1_000);
});
