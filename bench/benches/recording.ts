import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import type { Prepared } from "../processes/recording.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { DATA_SETS, type DataSet } from "../workload.ts";

const TARGET_MS = 1000;

/**
 * Measures recordings beside JSON lines: the commands that write them from a gateway that sends as fast as they read; the
 * size of a record and the rate of a replay; and the time that `query` needs for all minute bars.
 */
export async function recording(effort: Effort): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-bench-"));
  try {
    const rows: Row[] = [];
    for (const dataSet of effort.isShort ? DATA_SETS.slice(-1) : DATA_SETS)
      rows.push(...(await readings(join(folder, dataSet.replace(" ", "-")), dataSet, effort)));
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The size, replays and a query of a data set. */
async function readings(folder: string, dataSet: DataSet, { rounds }: Effort): Promise<Row[]> {
  const ask = (kind: string): Promise<number> => answerOf<number>("recording", [kind, folder, dataSet]);
  const { recordCount, parquetBytes, gzipBytes } = await answerOf<Prepared>("recording", ["prepare", folder, dataSet]);
  const values = await inTurn(
    ["record", "stream", "stream-gzip", "replay", "replay-lines", "query"].map((kind) => ({
      name: kind,
      measure: () => ask(kind),
    })),
    rounds,
  );
  const of = (kind: string): readonly number[] => values[kind] ?? [];
  const bench = { bench: "recording" };
  const record = { ...bench, case: `tickerplant record, ${dataSet}`, unit: "records/s" };
  return [
    rowOf({ ...record, peer: "tickerplant stream" }, of("record"), of("stream")),
    rowOf({ ...record, peer: "tickerplant stream, gzip" }, of("record"), of("stream-gzip")),
    rowOf(
      { ...bench, case: `size, ${dataSet}`, peer: "JSON lines, gzip", unit: "bytes a record" },
      [parquetBytes / recordCount],
      [gzipBytes / recordCount],
    ),
    rowOf(
      { ...bench, case: `replay, ${dataSet}`, peer: "JSON lines", unit: "records/s" },
      of("replay"),
      of("replay-lines"),
    ),
    rowOf(
      { ...bench, case: `query, minute bars, ${dataSet}`, peer: "target of a second", unit: "ms, with the start" },
      of("query"),
      of("query").map(() => TARGET_MS),
    ),
  ];
}
