import { describe, expect, test } from "vitest";
import { ChartData } from "../../src/chart/chart-data.ts";
import { TIMEFRAMES } from "../../src/chart/timeframes.ts";
import { at, bar, ScriptedMarket } from "./fixture/scripted-market.ts";

const [MINUTES, FIVE_MINUTES] = TIMEFRAMES;

describe("the data of the chart", () => {
  test("a live bar that arrives while history is asked stays in place of the older one of history", async () => {
    const market = new ScriptedMarket();
    market.minutes = [bar(at("10:39"), 1, 1, 1, 1), bar(at("10:40"), 2, 2, 2, 2)];
    const data = new ChartData("GME", market);
    const loading = data.load(MINUTES);
    market.emit(bar(at("10:40"), 2, 9, 2, 9));
    await loading;
    expect(data.bars("1Min").map(({ close }) => close)).toEqual([1, 9]);
  });

  test("a revised bar replaces the bar that it revises", async () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    market.emit(bar(at("10:39"), 1, 1, 1, 1));
    market.emit({ ...bar(at("10:39"), 1, 3, 1, 3), channel: "updatedBars" });
    expect(data.bars("1Min").map(({ close }) => close)).toEqual([3]);
  });

  test("trades make the minute that is not over, until its bar arrives", () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    market.trade(at("10:41:02"), 25, 100);
    market.trade(at("10:41:03"), 25.2, 50);
    market.trade(at("10:41:04"), 24.9, 50);
    data.update();
    expect(data.forming).toMatchObject({ open: 25, high: 25.2, low: 24.9, close: 24.9, volume: 200 });
    market.emit(bar(at("10:41"), 25, 25.3, 24.9, 25.1, 300));
    expect(data.forming).toBeUndefined();
    expect(data.bars("1Min").at(-1)?.close).toBe(25.1);
  });

  test("trades are counted once, however often the chart draws", () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    market.trade(at("10:41:02"), 25, 100);
    data.update();
    data.update();
    market.trade(at("10:41:03"), 25, 100);
    expect(data.update()).toBe("newest");
    expect(data.forming?.volume).toBe(200);
    expect(data.update()).toBe("none");
  });

  test("the part of the present minute that history has begins the candle that trades go on with", async () => {
    const market = new ScriptedMarket();
    market.minutes = [bar(at("10:40"), 1, 1, 1, 1), bar(at("10:41"), 24, 26, 23, 25, 500)];
    const data = new ChartData("GME", market);
    await data.load(MINUTES);
    market.trade(at("10:41:08"), 25.5, 100);
    data.update();
    expect(data.forming).toMatchObject({ open: 24, high: 26, low: 23, close: 25.5, volume: 600 });
    expect(data.bars("1Min")).toHaveLength(1);
  });

  test("an average price trade adds to the volume and moves no price", () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    market.trade(at("10:41:02"), 25, 100);
    market.trade(at("10:41:03"), 99, 400, ["W"]);
    data.update();
    expect(data.forming).toMatchObject({ high: 25, close: 25, volume: 500 });
  });

  test("a minute that ends without its bar stays as its trades made it", () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    market.trade(at("10:40:02"), 25, 100);
    market.trade(at("10:41:02"), 26, 100);
    data.update();
    expect(data.bars("1Min").map(({ close }) => close)).toEqual([25]);
    market.emit(bar(at("10:40"), 25, 25, 25, 25, 130));
    expect(data.bars("1Min")[0]?.volume).toBe(130);
  });

  test("a longer timeframe asks history only for what is not here yet", async () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    await data.load(MINUTES);
    await data.load(MINUTES);
    await data.load(FIVE_MINUTES);
    const start = market.now - MINUTES.spanMs;
    expect(market.requests).toEqual([
      { timeframe: "1Min", fromMs: start, toMs: market.now },
      { timeframe: "1Min", fromMs: market.now - FIVE_MINUTES.spanMs, toMs: start },
    ]);
  });

  test("panning to the past asks history until it has nothing earlier", async () => {
    const market = new ScriptedMarket();
    market.minutes = [bar(at("10:40"), 1, 1, 1, 1)];
    const data = new ChartData("GME", market);
    await data.load(MINUTES);
    await data.loadEarlier(MINUTES);
    await data.loadEarlier(MINUTES);
    expect(market.requests).toHaveLength(2);
  });

  test("a failure of history is kept with its message, and the next request clears it", async () => {
    const market = new ScriptedMarket();
    market.failure = "history answered 503";
    const data = new ChartData("GME", market);
    await data.load(MINUTES);
    expect(data.error("1Min")).toBe("history answered 503");
    market.failure = undefined;
    await data.load(MINUTES);
    expect(data.error("1Min")).toBeUndefined();
  });

  test("no bar is added after the symbol is left", () => {
    const market = new ScriptedMarket();
    const data = new ChartData("GME", market);
    data.close();
    market.emit(bar(at("10:40"), 1, 1, 1, 1));
    expect(data.bars("1Min")).toEqual([]);
  });
});
