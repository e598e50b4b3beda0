import { type Clock, systemClock } from "@tickerplant/client";
import type { ExpectedOptions } from "../../option-checks.ts";
import type { SimulationFeedOptions } from "./simulation-feed.ts";

/** Highest rate, in records per second: ticks are at least a nanosecond apart. */
const MAX_RATE = 10_000_000;

/** Lowest rate, about one record per day: between two records the simulator computes every half minute. */
const MIN_RATE = 0.00001;

/** Years in which a simulation can start: times on the wire have years of four digits, and it may run for a year. */
const MIN_YEAR = 0;
const MAX_YEAR = 9998;

/** Options of every simulator. */
export interface SimulationOptions {
  /**
   * Seed of the random numbers, any safe integer. The same seed, options and start give the same records.
   *
   * @defaultValue 1
   */
  readonly seed?: number;
  /**
   * Records per second of simulated time that the simulation draws; the other records are additional. From
   * 0.00001 to 10,000,000.
   *
   * @defaultValue 200
   */
  readonly rate?: number;
  /**
   * Simulated seconds per second: 1 is real time, 60 is a minute per second. `"max"` runs without a clock, as
   * fast as the clients read.
   *
   * @defaultValue 1
   */
  readonly speed?: number | "max";
  /**
   * Simulated time of the start.
   *
   * @defaultValue the time at which `run` is called
   */
  readonly start?: Date;
  /**
   * Number of records after which the feed ends.
   *
   * @defaultValue no limit
   */
  readonly count?: number;
  /**
   * Simulated seconds after which the feed ends.
   *
   * @defaultValue no limit
   */
  readonly durationS?: number;
  /**
   * Clock and timers, for tests in virtual time.
   *
   * @defaultValue the system's clock
   */
  readonly clock?: Clock;
}

/** The simulators check the values, because their messages give the allowed range. */
export const SIMULATION_OPTIONS: ExpectedOptions<SimulationOptions> = {
  seed: "checked",
  rate: "checked",
  speed: "checked",
  start: "checked",
  count: "checked",
  durationS: "checked",
  clock: "object",
};

/**
 * Checks the values of the options of a simulator.
 *
 * @throws TypeError for a value of the wrong type.
 * @throws RangeError for a value outside its range.
 */
export function checkSimulation(caller: string, options: SimulationOptions): void {
  const { seed = 1, rate = 200, speed = 1, start, count, durationS } = options;
  checkSeed(seed, caller);
  checkNumber(caller, "rate", rate, MAX_RATE, "records per second");
  if (rate < MIN_RATE)
    throw new RangeError(`${caller}: rate must be at least 0.00001 (records per second), got ${rate}`);
  if (speed !== "max") checkNumber(caller, "speed", speed, Number.MAX_VALUE, 'simulated seconds per second, or "max"');
  if (count !== undefined) checkNumber(caller, "count", count, Number.POSITIVE_INFINITY, "records");
  if (durationS !== undefined) checkNumber(caller, "durationS", durationS, Number.POSITIVE_INFINITY, "seconds");
  checkStart(caller, start);
}

/** Speed and length of a simulation with these options. */
export function pacing(options: SimulationOptions): SimulationFeedOptions {
  const { seed = 1, speed = 1, count = Number.POSITIVE_INFINITY, durationS = Number.POSITIVE_INFINITY } = options;
  const detail = simulationDetail(seed, speed);
  return { speed, maxRecords: count, durationMs: durationS * 1000, clock: options.clock ?? systemClock, detail };
}

/** Returns the seed and the speed of a simulation for reports. */
export function simulationDetail(seed: number, speed: number | "max"): string {
  return `seed ${seed}, speed ${speed}`;
}

/** @throws TypeError unless `seed` is a safe integer. */
export function checkSeed(seed: number, caller = "simulator"): void {
  if (Number.isSafeInteger(seed)) return;
  throw new TypeError(`${caller}: seed must be a whole number from -(2^53 - 1) to 2^53 - 1, got ${show(seed)}`);
}

function checkNumber(caller: string, name: string, value: number, max: number, unit: string): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${caller}: ${name} must be a number (${unit}), got ${show(value)}`);
  }
  if (value > 0 && value <= max) return;
  const upTo = max < Number.MAX_VALUE ? ` and at most ${max}` : "";
  throw new RangeError(`${caller}: ${name} must be above 0${upTo} (${unit}), got ${value}`);
}

function checkStart(caller: string, start: Date | undefined): void {
  if (start === undefined) return;
  if (!(start instanceof Date) || Number.isNaN(start.getTime()))
    throw new TypeError(`${caller}: start must be a valid Date, got ${show(start)}`);
  const year = start.getUTCFullYear();
  if (year < MIN_YEAR || year > MAX_YEAR)
    throw new RangeError(`${caller}: start must be in a year from ${MIN_YEAR} to ${MAX_YEAR}, got ${year}`);
}

/** Formats a value for an error message, in at most about 40 characters. */
export function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
}
