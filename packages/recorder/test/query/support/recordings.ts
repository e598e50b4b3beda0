import type { MarketRecord } from "@tickerplant/client/wire";
import { queryRecording } from "../../../src/query/query-recording.ts";
import type { QueryValue } from "../../../src/query/query-result.ts";
import { Recorder } from "../../../src/recorder.ts";

/** Records as a gateway's feed publishes them, and makes Parquet files of them. */
export async function recordInto(
  dir: string,
  records: Iterable<MarketRecord>,
  options: { readonly feed?: string; readonly assetClass?: "stocks" | "crypto" } = {},
): Promise<void> {
  const recorder = await Recorder.open({ dir, feed: "sip", ...options });
  for (const record of records) recorder.sink.record(record);
  await recorder.close();
}

/** The rows of a query as objects. */
export async function rowsOf(dir: string, sql: string): Promise<Record<string, QueryValue>[]> {
  const result = await queryRecording(dir, sql);
  const rows: Record<string, QueryValue>[] = [];
  for await (const batch of result)
    for (const row of batch)
      rows.push(Object.fromEntries(result.columns.map(({ name }, at) => [name, row[at] ?? null])));
  return rows;
}

/** The values of the first column. */
export async function valuesOf(dir: string, sql: string): Promise<QueryValue[]> {
  return (await rowsOf(dir, sql)).map((row) => Object.values(row)[0] ?? null);
}
