import type { ReaderPosition } from "@tickerplant/cluster";
import { expect, test } from "vitest";
import { placeOfPosition, positionOfPlace } from "../../../src/cli/recording/cluster-place.ts";

const POSITION: ReaderPosition = { logId: "log", number: 7, epoch: 3, completeMs: 5, madeMs: 1_000, readMs: 1_250 };

test.each<[string, ReaderPosition]>([
  ["of a feed with a watermark", POSITION],
  ["of a feed without a record", { ...POSITION, completeMs: Number.NEGATIVE_INFINITY }],
  ["behind frames that are missing", { ...POSITION, missing: { fromMs: 4, message: "they are gone" } }],
  [
    "behind frames that are missing from the begin",
    { ...POSITION, missing: { fromMs: Number.NEGATIVE_INFINITY, message: "they are gone" } },
  ],
])("the place of a position %s has all of it", (_title, position) => {
  const place = placeOfPosition(position);
  expect(place).toMatchObject({ source: "log", sequence: 7 });
  expect(positionOfPlace(place)).toEqual(position);
});

test("the position of a place without a note is behind every time and epoch that could be compared with it", () => {
  expect(positionOfPlace({ source: "log", sequence: 7 })).toMatchObject({
    logId: "log",
    number: 7,
    epoch: Number.POSITIVE_INFINITY,
    completeMs: Number.NEGATIVE_INFINITY,
  });
});
