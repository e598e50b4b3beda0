import type { DuckDBConnection } from "@duckdb/node-api";
import type { AssetClass } from "../asset-class.ts";
import { quoted } from "./database.ts";

/** Reads what the recorder has written into the metadata of a Parquet file; a file of another program has other keys. */
export async function metadataOf(
  connection: DuckDBConnection,
  path: string,
): Promise<Readonly<Record<string, string>>> {
  const pairs = await connection.runAndReadAll(
    `select decode(key), decode(value) from parquet_kv_metadata(${quoted(path)})`,
  );
  return Object.fromEntries(pairs.getRowsJS().map(([key, value]) => [String(key), String(value)]));
}

/** Returns the asset class that a file of the recorder names; `stocks` for one of another program. */
export async function assetClassOf(connection: DuckDBConnection, path: string): Promise<AssetClass> {
  return (await metadataOf(connection, path)).asset_class === "crypto" ? "crypto" : "stocks";
}
