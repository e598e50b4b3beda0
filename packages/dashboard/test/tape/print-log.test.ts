import { describe, expect, test } from "vitest";
import { MAX_LINES } from "../../src/tape/limits.ts";
import { PrintLog } from "../../src/tape/print-log.ts";
import { cancel, correction, trade } from "./fixture/trades.ts";

describe("the log of prints", () => {
  test("prints are newest first, and limited while the count goes on", () => {
    const log = new PrintLog();
    const trades = Array.from({ length: 3 * MAX_LINES + 7 }, () => trade());
    for (const each of trades) log.push(each, undefined);
    expect(log.prints(0).map((print) => print.trade)).toEqual(trades.slice(-MAX_LINES).reverse());
    expect(log.count(0)).toBe(3 * MAX_LINES + 7);
  });

  test("a flood of small trades pushes out no large one", () => {
    const log = new PrintLog();
    const large = trade({ size: 1000 });
    const block = trade({ size: 10_000 });
    for (const each of [large, block]) log.push(each, undefined);
    for (let count = 0; count < 1000; count++) log.push(trade({ size: 999 }), undefined);
    expect(log.prints(1000).map((print) => print.trade)).toEqual([block, large]);
    expect(log.prints(10_000).map((print) => print.trade)).toEqual([block]);
    expect(log.count(1000)).toBe(2);
  });

  test("a correction and a cancel mark their trades, also those that only a ring of large trades still has", () => {
    const log = new PrintLog();
    const [wrong, gone] = [trade({ size: 2000, price: 25.18 }), trade({ size: 1500 })];
    for (const each of [wrong, gone]) log.push(each, undefined);
    for (let count = 0; count < MAX_LINES; count++) log.push(trade(), undefined);
    log.correct(correction(wrong, 25.17));
    log.cancel(cancel(gone));
    expect(log.prints(1000).map((print) => print.update)).toEqual([
      { kind: "cancelled" },
      { kind: "corrected", price: 25.17, size: 2000 },
    ]);
  });

  test("a cancel of another exchange with the same id marks nothing", () => {
    const log = new PrintLog();
    const kept = trade({ exchange: "N" });
    log.push(kept, undefined);
    log.cancel(cancel({ ...kept, exchange: "P" } as typeof kept)); // only its fields are read
    expect(log.prints(0)[0]?.update).toBeUndefined();
  });
});
