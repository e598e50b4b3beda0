import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { quoted, quotedList, withDatabase } from "../parquet/database.ts";
import { metadataOf } from "../parquet/file-metadata.ts";
import { checkIntact } from "../parquet/intact-files.ts";
import { type ParquetFile, writeParquet } from "../parquet/parquet-file.ts";
import { promoteSegment } from "../promotion/promote-segment.ts";
import { fileError, RecorderError } from "../recorder-error.ts";
import type { RecordQuery } from "./record-query.ts";
import { sourceOf } from "./recording-source.ts";

/** The records of {@link exportParquet}: those of one channel. */
export interface ExportQuery extends Pick<RecordQuery, "symbols" | "fromNs" | "toNs"> {
  readonly channel: string;
  /** The feed of a folder that has several. */
  readonly feed?: string;
}

/**
 * Writes records of one channel to one Parquet file, with the columns of the recording's files, sorted by symbol and
 * time. It has those that are still in the log.
 *
 * @throws RecorderError for what cannot be read or written, and `not_a_recording` without a record of the channel.
 */
export async function exportParquet(dir: string, query: ExportQuery, file: string): Promise<ParquetFile> {
  const path = resolve(file);
  const source = await sourceOf(dir, query.feed);
  for (;;) {
    const { files, segments } = await source.list();
    const temporary = await mkdtemp(join(tmpdir(), "tickerplant-export-"));
    try {
      const paths = files.filter(({ table }) => table === query.channel).map((each) => each.path);
      await checkIntact(paths); // else the new file would give damaged rows a valid checksum
      for (const segment of segments) paths.push(...(await filesOfSegment(segment, query.channel, temporary)));
      if (paths.length === 0) throw new RecorderError("not_a_recording", `${dir} has no ${query.channel}`);
      return await withDatabase(temporary, (connection) => writeRows(connection, paths, query, path));
    } catch (error) {
      // Files that were promoted or merged meanwhile are gone: list them again.
      const isOutdated = [...files.map((each) => each.path), ...segments].some((each) => !existsSync(each));
      if (!isOutdated) throw fileError("could not write", path, error);
    } finally {
      await rm(temporary, { recursive: true });
    }
  }
}

/** Makes Parquet files of a copy of a segment. */
async function filesOfSegment(segment: string, channel: string, temporary: string): Promise<string[]> {
  const copy = join(temporary, basename(segment));
  await copyFile(segment, copy);
  const files = await promoteSegment(copy, temporary);
  return files.map(({ path }) => path).filter((path) => basename(dirname(path)) === channel);
}

async function writeRows(
  connection: DuckDBConnection,
  paths: readonly string[],
  { symbols, fromNs, toNs }: ExportQuery,
  path: string,
): Promise<ParquetFile> {
  const conditions = [
    ...(symbols === undefined ? [] : [`symbol in (${symbols.map(quoted).join(", ")})`]),
    ...(fromNs === undefined ? [] : [`epoch_ns(t) >= ${fromNs}`]),
    ...(toNs === undefined ? [] : [`epoch_ns(t) <= ${toNs}`]),
  ];
  const rows = `from read_parquet(${quotedList(paths)}, hive_partitioning = false) where ${["true", ...conditions].join(" and ")}`;
  const count = await connection.runAndReadAll(`select count(*) ${rows}`);
  const file = { path, rowCount: Number(count.getRowsJS()[0]?.[0]) };
  const metadata = await metadataOf(connection, paths[0] ?? ""); // all files of the channel have the same
  await writeParquet(connection, `select * ${rows} order by symbol, t, segment, sequence`, metadata, file);
  return file;
}
