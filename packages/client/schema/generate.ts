/**
 * Writes the code and the parts of documents that follow from the descriptions of records.
 *
 * Usage: generate.js [--check]
 * With --check nothing is written: it fails and names the files that are out of date.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crypto } from "./crypto.ts";
import { channelsSource } from "./generator/channels.ts";
import { checkAssetClass } from "./generator/check.ts";
import { columnsSource } from "./generator/columns.ts";
import { fastPathSource } from "./generator/fast-path.ts";
import { JSON_CODEC } from "./generator/json-fast-codec.ts";
import { MSGPACK } from "./generator/msgpack-fast-codec.ts";
import { protocolParts, withParts } from "./generator/protocol.ts";
import { readersSource } from "./generator/readers.ts";
import { recordsSource } from "./generator/records.ts";
import { writersSource } from "./generator/writers.ts";
import type { AssetClass } from "./schema.ts";
import { stocks } from "./stocks.ts";

const ASSET_CLASSES: readonly AssetClass[] = [stocks, crypto];

/** This file runs in `packages/client/schema/dist`. */
const ROOT = join(import.meta.dirname, "../../../..");
const PROTOCOL = "PROTOCOL.md";

const FILES: Readonly<Record<string, (assetClass: AssetClass) => string>> = {
  "channels.ts": channelsSource,
  "columns.ts": columnsSource,
  "json-fast-path.ts": (assetClass) => fastPathSource(assetClass, JSON_CODEC),
  "msgpack-fast-path.ts": (assetClass) => fastPathSource(assetClass, MSGPACK),
  "read-record.ts": readersSource,
  "records.ts": recordsSource,
  "write-record.ts": writersSource,
};

/** The content of every generated file, by its path below the root. */
function generated(): Map<string, string> {
  const files = new Map<string, string>();
  for (const assetClass of ASSET_CLASSES) {
    checkAssetClass(assetClass);
    for (const [name, source] of Object.entries(FILES)) {
      const path = `packages/client/src/${assetClass.folder}/${name}`;
      files.set(path, formatted(path, source(assetClass)));
    }
  }
  const parts = Object.assign({}, ...ASSET_CLASSES.map(protocolParts)) as Record<string, string>;
  return files.set(PROTOCOL, withParts(present(PROTOCOL) ?? "", parts));
}

/** TypeScript as Biome formats and sorts it, so that `npm run fix` changes nothing. */
function formatted(path: string, source: string): string {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "check", "--write", "--linter-enabled=false", `--stdin-file-path=${path}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, input: source, encoding: "utf8" });
  if (status !== 0) throw new Error(`Biome cannot format ${path}:\n${stderr}`);
  return stdout;
}

/** The content of a file; undefined if there is none. */
function present(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return undefined;
  }
}

const stale = [...generated()].filter(([path, content]) => present(path) !== content);
if (process.argv.includes("--check")) {
  for (const [path] of stale) {
    console.error(`${path} is not what packages/client/schema describes: run "npm run generate" and commit it`);
  }
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [path, content] of stale) {
    writeFileSync(join(ROOT, path), content);
    console.log(`wrote ${path}`);
  }
}
