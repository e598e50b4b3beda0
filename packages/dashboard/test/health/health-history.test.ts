import { expect, test } from "vitest";
import { HealthHistory, rateNow } from "../../src/health/health-history.ts";
import { binned, Samples } from "../../src/health/samples.ts";
import { counters } from "./fixture/scripted-stream.ts";

function trades(history: HealthHistory): Samples {
  return history.rates.get("trades") ?? new Samples();
}

test("the first sample gives no rate, because nothing is known of the time before", () => {
  const history = new HealthHistory();
  history.sample(counters({ trades: 500 }), 0, true);
  expect(trades(history).known()).toEqual([]);
  expect(rateNow(trades(history))).toBeUndefined();
});

test("the rate of a sample counts the records since the one before", () => {
  const history = new HealthHistory();
  history.sample(counters({ trades: 500 }), 0, true);
  history.sample(counters({ trades: 700, quotes: 100 }), 1000, true);
  expect(trades(history).known()).toEqual([200]);
  expect(history.total.known()).toEqual([300]);
});

test("a sample that comes late is spread over the seconds that it covers", () => {
  const history = new HealthHistory();
  history.sample(counters({ trades: 0 }), 0, true);
  history.sample(counters({ trades: 400 }), 4000, true);
  expect(trades(history).known()).toEqual([100, 100, 100, 100]);
});

test("the history keeps ten minutes, also after an hour without a sample", () => {
  const history = new HealthHistory();
  history.sample(counters({ trades: 0 }), 0, true);
  history.sample(counters({ trades: 3600 }), 3_600_000, true);
  expect(trades(history).values()).toEqual(Array.from({ length: 600 }, () => 1));
});

test("the lag is unknown while the connection is lost, and known again after it", () => {
  const history = new HealthHistory();
  const lag = { p50: 2, p99: 9 };
  history.sample(counters({}, lag), 0, true);
  history.sample(counters({}, lag), 1000, false);
  history.sample(counters({}, lag), 2000, true);
  expect(history.p50.values().slice(-3)).toEqual([2, Number.NaN, 2]);
});

test("the lag is unknown without a record in the last minute, of which the counters report zero", () => {
  const history = new HealthHistory();
  history.sample(counters({}), 0, true);
  expect([history.p50.known(), history.p99.known()]).toEqual([[], []]);
});

test("a bin shows its largest value, so that a spike of one second stays visible", () => {
  expect(binned([0, 0, 9, 0, 1, 1], 3)).toEqual([0, 9, 1]);
  expect(binned([Number.NaN, Number.NaN, 3, Number.NaN], 2)).toEqual([Number.NaN, 3]);
});
