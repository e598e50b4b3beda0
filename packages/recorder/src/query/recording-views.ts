import type { DuckDBConnection } from "@duckdb/node-api";
import { ASSET_CLASSES, type AssetClass } from "../asset-class.ts";
import type { RecordedFeed, RecordedFile } from "../folder/recording-files.ts";
import { firstHeader } from "../log/segment-reader.ts";
import { quotedList, quotedName } from "../parquet/database.ts";
import { assetClassOf } from "../parquet/file-metadata.ts";
import { LOG_SCHEMA } from "./log-tables.ts";
import { namesOf } from "./needed-tables.ts";
import { QUERY_TABLES, type QueryColumn, type QueryTable } from "./query-tables.ts";
import { TAPE_VIEW } from "./tape-view.ts";

/** A feed with the asset class of its records. */
export interface ClassifiedFeed extends RecordedFeed {
  readonly assetClass: AssetClass;
}

/** Finds out the asset class of a feed, from its log or from the metadata of one of its files. */
export async function classify(connection: DuckDBConnection, feed: RecordedFeed): Promise<ClassifiedFeed> {
  const [file] = feed.files;
  if (file !== undefined) return { ...feed, assetClass: await assetClassOf(connection, file.path) };
  const header = await firstHeader(feed.segments);
  return { ...feed, assetClass: header?.assetClass ?? "stocks" }; // or nothing is recorded yet
}

/** Returns the statements that make the views of a recording; `inLog` has the tables with rows that are still in the log. */
export function viewStatements(feeds: readonly ClassifiedFeed[], inLog: ReadonlySet<string>): string[] {
  return QUERY_TABLES.flatMap((table) => {
    const { name, recordedAs } = table;
    if (recordedAs === undefined) return [];
    const [, ...aliases] = namesOf(table);
    return [
      `create view ${name} as ${viewOf(table, recordedAs, feeds, inLog)}`,
      ...aliases.map((alias) => `create view ${quotedName(alias)} as from ${name}`),
    ];
  }).concat(TAPE_VIEW);
}

function viewOf(
  { columns }: QueryTable,
  recordedAs: string,
  feeds: readonly ClassifiedFeed[],
  inLog: ReadonlySet<string>,
): string {
  const parts: string[] = [];
  for (const assetClass of Object.keys(ASSET_CLASSES) as AssetClass[]) {
    const files = feeds
      .filter((feed) => feed.assetClass === assetClass)
      .flatMap((feed) => feed.files.filter(({ table }) => table === recordedAs));
    if (files.length > 0) parts.push(selectFiles(columns, files, hasColumn(assetClass, recordedAs)));
  }
  if (inLog.has(recordedAs)) parts.push(selectLog(columns, recordedAs));
  if (parts.length === 0) parts.push(`select ${columns.map(emptyColumn).join(", ")} where false`);
  return parts.join(" union all ");
}

/**
 * The folders of a file's feed and day, which are next to it: those above the recording may have such names as well,
 * and DuckDB's own reading of them takes the first. Filters of these columns choose files without opening them.
 */
const FOLDERS: Readonly<Record<string, string>> = {
  feed: String.raw`regexp_extract(filename, '[\\/]feed=([^\\/]+)[\\/]date=[^\\/]+[\\/][^\\/]+[\\/][^\\/]+$', 1)`,
  day: String.raw`regexp_extract(filename, '[\\/]date=([^\\/]+)[\\/][^\\/]+[\\/][^\\/]+$', 1)::date`,
};

function selectFiles(
  columns: readonly QueryColumn[],
  files: readonly RecordedFile[],
  has: (name: string) => boolean,
): string {
  const selected = columns.map((column) => {
    const { name } = column;
    if (FOLDERS[name] !== undefined) return `${FOLDERS[name]} as ${name}`;
    return has(name) ? quotedName(name) : emptyColumn(column);
  });
  const paths = quotedList(files.map(({ path }) => path));
  return `select ${selected.join(", ")} from read_parquet(${paths}, hive_partitioning = false, filename = true)`;
}

function selectLog(columns: readonly QueryColumn[], recordedAs: string): string {
  return `select ${columns.map(({ name }) => quotedName(name)).join(", ")} from ${LOG_SCHEMA}.${quotedName(recordedAs)}`;
}

function emptyColumn({ name, type }: QueryColumn): string {
  return `null::${type} as ${quotedName(name)}`;
}

/** Whether the files of a channel have a column. Those of an asset class have all that its schema has, and the others'. */
function hasColumn(assetClass: AssetClass, channel: string): (name: string) => boolean {
  const own = new Set(ASSET_CLASSES[assetClass].columns[channel]?.map(({ name }) => name));
  const others = new Set(
    Object.values(ASSET_CLASSES)
      .flatMap(({ columns }) => columns[channel] ?? [])
      .map(({ name }) => name),
  );
  return (name) => own.has(name) || !others.has(name);
}
