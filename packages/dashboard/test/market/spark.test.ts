import { expect, test } from "vitest";
import { MAX_SPARK_POINTS } from "../../src/market/limits.ts";
import { Spark } from "../../src/market/spark.ts";

test("a day's line is in order of time, and a minute of the stream replaces that of history", () => {
  const spark = new Spark();
  spark.pushLive(120, 3);
  spark.pushHistory(0, 1);
  spark.pushHistory(60, 2);
  spark.pushHistory(120, 99);
  expect(spark.closes).toEqual([1, 2, 3]);
  spark.pushLive(60, 2.5);
  expect(spark.closes).toEqual([1, 2.5, 3]);
});

test("a day's line is the same array while no minute comes, and keeps the newest minutes alone", () => {
  const spark = new Spark();
  for (let minute = 0; minute < MAX_SPARK_POINTS + 5; minute++) spark.pushLive(60 * minute, minute);
  const { closes } = spark;
  expect(closes).toHaveLength(MAX_SPARK_POINTS);
  expect(closes.at(-1)).toBe(MAX_SPARK_POINTS + 4);
  expect(spark.closes).toBe(closes);
});
