import fc from "fast-check";
import { expect, test } from "vitest";
import { Intake } from "../../src/delivery/intake.ts";
import { STOCK_SCHEMA } from "../../src/index.ts";

const CHANNELS = ["quotes", "trades", "bars", "updatedBars"] as const;
const NOW_MS = Date.parse("2025-01-02T15:00:00Z");

/** From the time of a record to the arrival of its frame: mostly moments, sometimes days or years, or a time of 0. */
const lateMs = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(0, 0, 0.4, 0.9, 1, 2.5, 40, -3) },
  { weight: 2, arbitrary: fc.constantFrom(5_000, -5_000, 3 * 86_400_000, 40 * 86_400_000) },
  { weight: 1, arbitrary: fc.constantFrom(NOW_MS, Number.NaN) },
);
const records = fc.array(fc.record({ channel: fc.constantFrom(...CHANNELS), lateMs }), { minLength: 1, maxLength: 40 });
const frames = fc.array(
  fc.record({ records, passedMs: fc.constantFrom(0, 0.2, 1, 7, 15_000), clockSetMs: fc.constantFrom(0, 0, 0, -900) }),
  { maxLength: 20 },
);

/** Everything that an intake reports. */
function stateOf(intake: Intake): object {
  const { outliers } = intake; // first, because it judges the suspects that the other values depend on
  const channels = CHANNELS.map((channel) => ({
    received: intake.received(channel),
    heardAtMs: intake.heardAtMs(channel),
    newest: intake.newest(channel),
    latest: intake.latest(channel),
  }));
  return {
    channels,
    receivedInAll: intake.receivedInAll,
    outliers,
    recent: intake.lag.recent(),
    sinceStart: intake.lag.sinceStart(),
  };
}

test("an intake reports after a frame what it would report if each record were a frame of its own", () => {
  fc.assert(
    fc.property(frames, fc.boolean(), (list, isReadOften) => {
      const whole = new Intake(STOCK_SCHEMA, () => {});
      const single = new Intake(STOCK_SCHEMA, () => {});
      let atMs = 1_000;
      let nowMs = NOW_MS;
      for (const frame of list) {
        atMs += frame.passedMs;
        nowMs += Math.floor(frame.passedMs) + frame.clockSetMs;
        whole.frame(nowMs, atMs);
        for (const { channel, lateMs } of frame.records) {
          const timeMs = nowMs - lateMs;
          const seconds = Math.floor(timeMs / 1000);
          const nanos = Number.isNaN(timeMs) ? 0 : Math.round((timeMs - seconds * 1000) * 1e6);
          single.frame(nowMs, atMs);
          for (const intake of [whole, single]) intake.count(channel, "A", seconds, nanos);
          if (isReadOften) expect(stateOf(whole)).toEqual(stateOf(single));
        }
        expect(stateOf(whole)).toEqual(stateOf(single));
      }
    }),
    { numRuns: 500 },
  );
});

test("a lag is counted in the minute in which its record came, however many equal ones follow", () => {
  const intake = new Intake(STOCK_SCHEMA, () => {});
  intake.frame(NOW_MS, 0);
  for (let count = 0; count < 100; count++) intake.count("trades", "A", NOW_MS / 1000 - 1, 0);
  intake.lag.move(120_000);
  expect(intake.lag.recent()).toEqual({ p50: 0, p99: 0, max: 0 });
  expect(intake.lag.sinceStart()).toMatchObject({ p50: 1000, p99: 1000, max: 1000 });
});

test("the same time in a later frame counts as heard later, and with more lag", () => {
  const intake = new Intake(STOCK_SCHEMA, () => {});
  intake.frame(NOW_MS, 1_000);
  intake.count("trades", "A", NOW_MS / 1000 - 1, 999_000_000); // the first time of a channel is always looked at
  intake.count("trades", "A", NOW_MS / 1000, 0);
  intake.frame(NOW_MS + 50, 1_050);
  intake.count("trades", "A", NOW_MS / 1000, 999_999);
  expect(intake.heardAtMs("trades")).toBe(1_050);
  expect(intake.newest("trades")).toEqual({ timeMs: NOW_MS, atMs: 1_000 });
  expect(intake.lag.recent().max).toBe(50);
});
