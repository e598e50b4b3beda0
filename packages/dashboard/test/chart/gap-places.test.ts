import { describe, expect, test } from "vitest";
import { placeGaps } from "../../src/chart/gap-places.ts";
import { gapSentence, gapWords } from "../../src/chart/gap-words.ts";
import { TimeAxis } from "../../src/chart/time-axis.ts";
import { at, gap, NOW } from "./fixture/scripted-market.ts";

/** Ten pixels a minute from 10:00 on. */
const x = (ms: number): number => (ms - at("10:00")) / 6000;

describe("the time axis", () => {
  const axis = new TimeAxis(["10:00", "10:01", "10:05"].map(at), 60_000, (index) => 100 + index * 10);

  test("a time before the first candle is at its edge, and is known as such", () => {
    expect([axis.x(at("09:30")), axis.isBefore(at("09:30"))]).toEqual([axis.x(at("10:00")), true]);
    expect(axis.isBefore(at("10:00"))).toBe(false);
  });

  test("a time within a candle has its place within the width of the candle", () => {
    expect(axis.x(at("10:00"))).toBe(95);
    expect(axis.x(at("10:00:30"))).toBe(100);
    expect(axis.x(at("10:01"))).toBe(105);
  });

  test("a time that has no slot is at the end of the slot before it", () => {
    expect(axis.x(at("10:03"))).toBe(115);
    expect(axis.x(at("10:05"))).toBe(115);
  });

  test("times before the first slot and after the last are at the edges", () => {
    expect(axis.x(at("09:00"))).toBe(95);
    expect(axis.x(at("11:00"))).toBe(125);
  });
});

describe("places of gaps", () => {
  test("a gap covers its time range", () => {
    expect(placeGaps([gap("open", at("10:10"), at("10:13"))], x, NOW)).toMatchObject([{ left: 100, right: 130 }]);
  });

  test("a gap of a second is six pixels wide, around its time", () => {
    const [place] = placeGaps([gap("filled", at("10:10:00"), at("10:10:01"))], x, NOW);
    expect((place?.right ?? 0) - (place?.left ?? 0)).toBeCloseTo(6);
    expect(((place?.right ?? 0) + (place?.left ?? 0)) / 2).toBeCloseTo(x(at("10:10:00") + 500));
  });

  test("a gap that grows ends now", () => {
    expect(placeGaps([gap("open", at("10:40"), undefined)], x, NOW)[0]?.right).toBeCloseTo(x(NOW));
  });

  test("gaps that would overlap are one place with the state that needs most attention", () => {
    const gaps = [gap("filled", at("10:10:20"), at("10:10:21")), gap("open", at("10:10:00"), at("10:10:01"))];
    const places = placeGaps(gaps, x, NOW);
    expect(places).toMatchObject([{ state: "open" }]);
    expect(places[0]?.gaps.map(({ state }) => state)).toEqual(["open", "filled"]);
  });

  test("gaps that can be told apart have places of their own", () => {
    const gaps = [gap("filled", at("10:10"), at("10:11")), gap("filled", at("10:12"), at("10:13"))];
    expect(placeGaps(gaps, x, NOW)).toHaveLength(2);
  });
});

describe("words of gaps", () => {
  const wordsOf = (gaps: ReturnType<typeof gap>[]): ReturnType<typeof gapWords> => {
    const [place] = placeGaps(gaps, x, NOW);
    return place === undefined ? undefined : gapWords(place, NOW);
  };

  test("a filled gap is described by its records, its fill time, its range and its cause", () => {
    expect(wordsOf([gap("filled", at("10:36:10"), at("10:36:12"))])).toEqual({
      title: "Gap filled: 1,284 trades, 0.8 s",
      lines: [
        ["Range", "trades of GME, 10:36:10 – 10:36:12 ET"],
        ["Cause", "the server closed the connection (1006)"],
        ["Filled", "1,284 records from history"],
      ],
    });
  });

  test("an open gap is described by its length and why it is not filled, the code first", () => {
    expect(wordsOf([gap("open", at("10:31:04"), at("10:33:58"))])).toMatchObject({
      title: "Gap open: 2 m 54 s",
      lines: [
        ["Missing", "trades of GME, 10:31:04 – 10:33:58 ET"],
        ["Cause", expect.any(String)],
        ["Not filled", "server_error: history answered 503 three times"],
      ],
    });
  });

  test("a gap that grows lasts until now and names no symbols", () => {
    const growing = { ...gap("open", at("10:41:00"), undefined), symbols: [], channels: [] };
    expect(wordsOf([growing])).toMatchObject({
      title: "Gap open: 7.0 s",
      lines: [["Missing", "everything subscribed, 10:41:00 – now ET"], expect.anything(), expect.anything()],
    });
  });

  test("several gaps at one place are counted", () => {
    const gaps = [gap("filled", at("10:10:00"), at("10:10:01")), gap("open", at("10:10:02"), at("10:10:03"))];
    expect(wordsOf(gaps)?.title).toBe("Gap open: 1.0 s");
    expect(wordsOf(gaps)?.lines.at(-1)).toEqual(["Also here", "1 other gap: zoom in"]);
  });

  test("a screen reader gets one sentence for each place", () => {
    const [place] = placeGaps([gap("filled", at("10:36:10"), at("10:36:12"))], x, NOW);
    expect(place && gapSentence(place, NOW)).toMatch(/^Gap filled: 1,284 trades, 0.8 s\. Range: .+\. Cause: /);
  });
});
