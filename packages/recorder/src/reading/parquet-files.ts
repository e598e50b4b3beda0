import type { DuckDBConnection, DuckDBResultReader } from "@duckdb/node-api";
import { ASSET_CLASSES, type AssetClass } from "../asset-class.ts";
import type { RecordedFile } from "../folder/recording-files.ts";
import { quoted, quotedList } from "../parquet/database.ts";
import { assetClassOf } from "../parquet/file-metadata.ts";
import { checkIntact } from "../parquet/intact-files.ts";
import { RecorderError } from "../recorder-error.ts";
import { ANY_TIME, type RecordedRows } from "./recorded-rows.ts";
import { type ColumnTypes, parquet } from "./step-sql.ts";

/** Reads what Parquet files say of themselves. A file does not change while it has its name. */
export class ParquetFiles {
  readonly #connection: DuckDBConnection;
  readonly #ranges = new Map<string, Pick<RecordedRows, "fromNs" | "toNs">>();

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  close(): void {
    this.#connection.closeSync();
  }

  /** Returns the rows of files. */
  async rowsOf(files: readonly RecordedFile[]): Promise<RecordedRows[]> {
    await this.#readRanges(files.map(({ path }) => path).filter((path) => !this.#ranges.has(path)));
    return files.map(({ path, firstSegment, lastSegment }) => ({
      firstSegment,
      lastSegment,
      ...(this.#ranges.get(path) ?? ANY_TIME),
      place: { type: "parquet", path },
    }));
  }

  /** Returns the columns that files have, all together. */
  async typesOf(paths: readonly string[]): Promise<ColumnTypes> {
    if (paths.length === 0) return new Map();
    const result = await this.#query(paths, `describe select * from ${parquet(paths)}`);
    return new Map(result.getRowsJson().map(([name, type]) => [String(name).toLowerCase(), String(type)]));
  }

  /** Returns the asset class that a file of the recorder names; `stocks` for one of another program. */
  assetClassOf(path: string): Promise<AssetClass> {
    return named([path], assetClassOf(this.#connection, path));
  }

  /** Whether the times of a file are in nanoseconds with the flag of UTC, of which DuckDB reads microseconds. */
  async losesNanoseconds(path: string): Promise<boolean> {
    const result = await this.#connection.runAndReadAll(
      `select 1 from parquet_schema(${quoted(path)})
        where name = 't' and logical_type like '%isAdjustedToUTC=1%' and logical_type like '%NANOS%'`,
    );
    return result.currentRowCount > 0;
  }

  /** Reads files to their end; returns the error for the first that cannot be read. */
  async findDamage(paths: readonly string[]): Promise<RecorderError | undefined> {
    for (const path of paths) {
      let rowCount = 0;
      try {
        const result = await this.#connection.stream(`select * from ${parquet([path])}`);
        for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk())
          rowCount += chunk.rowCount;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return new RecorderError("damaged", `could not read ${path} behind row ${rowCount}: ${reason}`, error);
      }
    }
    return undefined;
  }

  #query(paths: readonly string[], sql: string): Promise<DuckDBResultReader> {
    return named(paths, this.#connection.runAndReadAll(sql));
  }

  async #readRanges(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const result = await this.#query(
      paths,
      `select file_name, epoch_ns(min(try_cast(stats_min_value as timestamp_ns))),
          epoch_ns(max(try_cast(stats_max_value as timestamp_ns))), bool_or(stats_min_value is null)
        from parquet_metadata(${quotedList(paths)}) where path_in_schema = 't' group by 1`,
    );
    for (const path of paths) this.#ranges.set(path, ANY_TIME); // for files without the column
    for (const [path, fromNs, toNs, isPartial] of result.getRows()) {
      const isKnown = typeof fromNs === "bigint" && typeof toNs === "bigint" && isPartial === false;
      this.#ranges.set(String(path), isKnown ? { fromNs, toNs } : ANY_TIME);
    }
  }
}

/** Waits for what is read of files. An error names the file whose bytes have changed: DuckDB's own may not. */
async function named<T>(paths: readonly string[], read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    await checkIntact(paths);
    throw error;
  }
}

/**
 * Returns the channel whose records a file of another program has: the one with most of its columns, and all that a
 * record must have.
 *
 * @throws RecorderError `wrong_columns` without one.
 */
export function channelByColumns(path: string, types: ColumnTypes, assetClass: AssetClass): string {
  checkKeys(path, types);
  let best: { readonly channel: string; readonly count: number } | undefined;
  for (const [channel, columns] of Object.entries(ASSET_CLASSES[assetClass].columns)) {
    const present = columns.filter(({ name }) => types.has(name.toLowerCase()));
    const isWhole = columns.every((column) => column.whenMissing !== "rejected" || present.includes(column));
    if (isWhole && present.length > (best?.count ?? 0)) best = { channel, count: present.length };
  }
  if (best !== undefined) return best.channel;
  throw new RecorderError(
    "wrong_columns",
    `${path} has no columns of records besides symbol and t: expected price for trades; bidPrice and askPrice for quotes; or open, high, low and close for bars; got ${[...types.keys()].join(", ")}`,
  );
}

function checkKeys(path: string, types: ColumnTypes): void {
  const symbol = types.get("symbol");
  const time = types.get("t");
  if (symbol !== undefined && time?.startsWith("TIMESTAMP")) return;
  const got = time === undefined || symbol === undefined ? [...types.keys()].join(", ") : `t as ${time}`;
  throw new RecorderError(
    "wrong_columns",
    `${path} has no records: expected the columns symbol, and t as a timestamp in UTC; got ${got}`,
  );
}
