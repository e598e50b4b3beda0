import { describe, expect, test } from "vitest";
import { BandLog } from "../../src/market/band-log.ts";
import { HaltLog } from "../../src/market/halt-log.ts";
import { MAX_BAND_STEPS } from "../../src/market/limits.ts";
import { at } from "../chart/fixture/scripted-market.ts";

const WORDS = { statusMessage: "Trading Pause", reasonMessage: "LULD pause" };

describe("halts of a symbol", () => {
  const log = (...statuses: readonly (readonly [code: string, time: string])[]): HaltLog => {
    const halts = new HaltLog();
    for (const [statusCode, time] of statuses) halts.push({ ...WORDS, statusCode, timestamp: new Date(at(time)) });
    return halts;
  };

  test("a pause lasts until trading resumes, on tapes of the UTP and of the CTA", () => {
    expect(log(["P", "10:06"], ["T", "10:11"]).spans).toEqual([
      { fromMs: at("10:06"), toMs: at("10:11"), reason: "LULD pause" },
    ]);
    expect(log(["2", "10:06"], ["3", "10:11"]).spans).toEqual([
      { fromMs: at("10:06"), toMs: at("10:11"), reason: "LULD pause" },
    ]);
  });

  test("quotes that resume alone do not end a halt, and a second halt code does not begin another", () => {
    expect(log(["H", "10:06"], ["Q", "10:09"], ["P", "10:10"]).spans).toEqual([
      { fromMs: at("10:06"), toMs: undefined, reason: "LULD pause" },
    ]);
  });

  test("a resumption without a halt is no span, and leaves the array as it is", () => {
    const halts = log();
    const before = halts.spans;
    halts.push({ ...WORDS, statusCode: "T", timestamp: new Date(at("10:00")) });
    expect(halts.spans).toBe(before);
  });
});

describe("bands of a symbol", () => {
  test("bands that repeat are one step, and other bands begin the next", () => {
    const bands = new BandLog();
    const push = (limitUpPrice: number, time: string): void =>
      bands.push({ limitUpPrice, limitDownPrice: 20, timestamp: new Date(at(time)) });
    push(25, "10:00");
    const first = bands.steps;
    push(25, "10:01");
    expect(bands.steps).toBe(first);
    push(26, "10:02");
    expect(bands.steps).toEqual([
      { fromMs: at("10:00"), upper: 25, lower: 20 },
      { fromMs: at("10:02"), upper: 26, lower: 20 },
    ]);
  });

  test("the oldest steps go at the limit", () => {
    const bands = new BandLog();
    for (let index = 0; index <= MAX_BAND_STEPS; index++)
      bands.push({ limitUpPrice: index, limitDownPrice: 0, timestamp: new Date(index) });
    expect(bands.steps).toHaveLength(MAX_BAND_STEPS);
    expect(bands.steps[0]?.upper).toBe(1);
  });
});
