import { Bar, TradingStatus } from "@tickerplant/client";
import { historyRecord } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { SILENT_AFTER_MS } from "../../src/market/limits.ts";
import { WatchedSymbol } from "../../src/market/watched-symbol.ts";
import { cancel, quote, SECONDS, trade } from "./fixture/trades.ts";

const DAY = 86_400;

function day(seconds: number, close: number, volume = 1000): Bar {
  return new Bar("dailyBars", "GME", seconds, 0, close, close, close, close, volume);
}

function minute(seconds: number, close: number): Bar {
  return new Bar("bars", "GME", seconds, 0, close, close, close, close, 100);
}

function status(code: string, message: string, reason = ""): TradingStatus {
  return new TradingStatus("GME", SECONDS, 0, code, message, "", reason, "C");
}

describe("prices of a symbol", () => {
  test("the last price is that of the last trade which counts for a close, not of an odd lot", () => {
    const gme = new WatchedSymbol("GME");
    gme.push(trade({ price: 25.18 }));
    gme.push(trade({ price: 25.3, size: 5, conditions: ["@", "I"] }));
    expect(gme.last).toBe(25.18);
    expect(gme.prints.prints(0)).toHaveLength(2);
  });

  test("a trade that history adds later has no quote, because the present one is not of its time", () => {
    const gme = new WatchedSymbol("GME");
    gme.push(quote(25.17, 25.18));
    gme.push(trade());
    gme.push(historyRecord(trade()));
    expect(gme.prints.prints(0).map((print) => print.quote !== undefined)).toEqual([false, true]);
  });

  test("a cancel marks its trade", () => {
    const gme = new WatchedSymbol("GME");
    const cancelled = trade();
    gme.push(cancelled);
    gme.push(cancel(cancelled));
    expect(gme.prints.prints(0)[0]?.update).toEqual({ kind: "cancelled" });
  });

  test("a snapshot replaces nothing that the stream has sent", () => {
    const gme = new WatchedSymbol("GME");
    gme.push(trade({ price: 25.18 }));
    gme.push(day(DAY, 25.18, 5000));
    gme.pushSnapshot({
      symbol: "GME",
      latestTrade: trade({ price: 24 }),
      latestQuote: quote(25.17, 25.18),
      minuteBar: undefined,
      dailyBar: day(DAY, 24, 4000),
      previousDailyBar: day(0, 23.66),
    });
    expect(gme).toMatchObject({ last: 25.18, volume: 5000, previousClose: 23.66 });
    expect(gme.quote).toBeDefined();
  });

  test("a new day begins an empty line, and the close of the day before is the previous one", () => {
    const gme = new WatchedSymbol("GME");
    gme.push(minute(DAY - 60, 25));
    gme.push(day(0, 25));
    gme.push(day(DAY, 26));
    expect(gme.previousClose).toBe(25);
    expect(gme.spark.closes).toEqual([]);
  });
});

describe("the state of a symbol", () => {
  test("a halt has the server's reason and lasts until trading resumes, not until quotes do", () => {
    const gme = new WatchedSymbol("GME");
    gme.push(status("P", "Trading Pause", "LULD pause"));
    expect(gme.state).toBe("halted");
    expect(gme.halt).toEqual({ fromMs: SECONDS * 1000, toMs: undefined, reason: "LULD pause" });
    gme.push(status("Q", "Quotation Resumption"));
    expect(gme.state).toBe("halted");
    gme.push(status("T", "Trading Resumption"));
    expect(gme.state).toBe("active");
  });

  test("a symbol is silent a minute after its last trade or quote, and active at the next", () => {
    const gme = new WatchedSymbol("GME");
    gme.push(quote(25.17, 25.18));
    gme.checkSilence(0, true);
    gme.checkSilence(1000, true);
    gme.checkSilence(999 + SILENT_AFTER_MS, true);
    expect(gme.state).toBe("active");
    gme.checkSilence(1000 + SILENT_AFTER_MS, true);
    expect(gme.state).toBe("silent");
    expect(gme.silentSinceMs).toBe(1000);
    gme.push(quote(25.17, 25.18));
    gme.checkSilence(2000 + SILENT_AFTER_MS, true);
    expect(gme.state).toBe("active");
  });

  test("a symbol is not silent while its market is closed or the connection is lost", () => {
    const gme = new WatchedSymbol("GME");
    gme.checkSilence(0, true);
    gme.checkSilence(10 * SILENT_AFTER_MS, false);
    expect(gme.state).toBe("active");
    gme.checkSilence(10 * SILENT_AFTER_MS + 1000, true);
    expect(gme.state).toBe("active");
  });
});
