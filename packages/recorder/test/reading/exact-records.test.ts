import type { MarketRecord } from "@tickerplant/client/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as any from "../../../client/test/wire/support/arbitraries.ts";
import { ASSET_CLASSES, type AssetClass } from "../../src/asset-class.ts";
import { isStorableTime } from "../../src/promotion/storable-time.ts";
import { temporaryFolder } from "../folders.ts";
import { promoteLog, recordsOf, writeSegment } from "./recorded.ts";

/** Returns what a file has of a record: values that its columns cannot hold are missing. */
function stored(record: MarketRecord, assetClass: AssetClass): MarketRecord {
  const fields: Record<string, unknown> = { ...record };
  for (const { name, kind } of ASSET_CLASSES[assetClass].columns[record.channel] ?? []) {
    const value = fields[name];
    if (kind === "id" && (value as bigint) < 0) fields[name] = 0;
    if (kind === "count" && !Number.isSafeInteger(value)) fields[name] = undefined;
    if (kind === "nanoseconds" && typeof value === "bigint" && !isStorableTime(value)) fields[name] = undefined;
  }
  return Object.assign(Object.create(Object.getPrototypeOf(record)), fields);
}

test.each([
  ["stocks", any.record as fc.Arbitrary<MarketRecord>],
  ["crypto", any.cryptoRecord as fc.Arbitrary<MarketRecord>],
] as const)(
  "any record of %s is read from the log, and from Parquet, as it was received",
  async (assetClass, record) => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40, size: "max" }), async (records) => {
        const dir = temporaryFolder();
        await writeSegment(dir, records, { assetClass });
        const expected = records
          .filter(({ timestampNs }) => isStorableTime(timestampNs))
          .map((received) => stored(received, assetClass));
        expect(await recordsOf(dir)).toStrictEqual(expected);
        await promoteLog(dir);
        expect(await recordsOf(dir)).toStrictEqual(expected);
      }),
      { numRuns: 8 },
    );
  },
);
