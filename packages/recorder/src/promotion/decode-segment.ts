import { setImmediate as nextTurn } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { segmentName } from "../folder/recording-files.ts";
import { segmentTimeMs } from "../log/segment-name.ts";
import { isDamage, type Segment } from "../log/segment-reader.ts";
import { cameLiveAsWell } from "../parquet/history-duplicates.ts";
import { GAP_COLUMNS, GAPS_TABLE } from "../parquet/table-columns.ts";
import type { RecorderError } from "../recorder-error.ts";
import { newYorkDay } from "../trading-day.ts";
import { SegmentTables } from "./segment-tables.ts";
import { StagingTable } from "./staging-table.ts";

/** Options of {@link decodeSegment}. */
export interface DecodeOptions {
  /** The channels that are needed; all without it. Gaps are always included. */
  readonly wanted?: ReadonlySet<string>;
  /** Whether a recorder writes to the segment: then neither its end nor a block that is half written is a damage. */
  readonly isGrowing?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes a segment into tables of a database, and returns those with rows. Records of history that came live as well
 * are left out.
 */
export async function decodeSegment(
  connection: DuckDBConnection,
  segment: Segment,
  { wanted, isGrowing = false, signal }: DecodeOptions = {},
): Promise<readonly StagingTable[]> {
  // One transaction: else each of the many small steps is one, which takes several times as long. An error leaves it
  // open, and ends with its connection.
  await connection.run("begin transaction");
  const tables = await SegmentTables.create(connection, segment.header, wanted);
  for await (const part of segment.blocks()) {
    signal?.throwIfAborted();
    if (!isDamage(part)) {
      for (const entry of part) {
        tables.add(entry);
        await nextTurn(); // a gateway may share the event loop
      }
    } else if (!(isGrowing && part.isTail)) tables.addDamage(part);
  }
  tables.finish({ isGrowing });
  await connection.run("commit");
  for (const table of tables.tables) await deleteRepeated(connection, table);
  return tables.tables;
}

/**
 * Makes the table that says what is missing for a segment whose header is damaged: all of it, from the time in its name
 * on.
 */
export async function describeDamagedSegment(
  connection: DuckDBConnection,
  path: string,
  { message }: RecorderError,
): Promise<readonly StagingTable[]> {
  const begunMs = segmentTimeMs(segmentName(path)) ?? 0;
  const gaps = await StagingTable.create(connection, GAPS_TABLE, GAP_COLUMNS);
  const row: Readonly<Record<string, unknown>> = {
    kind: "damaged",
    message,
    received: BigInt(begunMs) * 1_000_000n,
    sequence: 0,
  };
  gaps.add(
    newYorkDay(begunMs / 1000),
    GAP_COLUMNS.map(({ name }) => row[name]),
  );
  gaps.finish();
  return [gaps];
}

async function deleteRepeated(connection: DuckDBConnection, { name, columns }: StagingTable): Promise<void> {
  if (name === GAPS_TABLE) return;
  const names = columns.map((column) => column.name);
  await connection.run(`delete from "${name}" where ${cameLiveAsWell(name, name, names)}`);
}

/** Returns SQL for the columns of a file, from the rows of a table. Times lack the flag of UTC: DuckDB would read it in microseconds. */
export function storedColumns({ columns }: StagingTable): string {
  const values = columns.map(({ name, type }) =>
    type === "time" ? `make_timestamp_ns("${name}") as "${name}"` : `"${name}"`,
  );
  return values.join(", ");
}
