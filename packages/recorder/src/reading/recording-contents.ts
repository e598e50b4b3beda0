import { existsSync } from "node:fs";
import type { DuckDBInstance } from "@duckdb/node-api";
import { type RecordedFile, segmentName } from "../folder/recording-files.ts";
import { quoted } from "../parquet/database.ts";
import type { ParquetFiles } from "./parquet-files.ts";
import { ANY_TIME, type RecordedRows } from "./recorded-rows.ts";
import type { RecordingSource } from "./recording-source.ts";
import { stageSegment } from "./staged-segment.ts";

/**
 * Where the rows of a recording are: those that it had when it was opened, each in one place, while a recorder promotes
 * and merges its files.
 */
export class RecordingContents {
  readonly #source: RecordingSource;
  readonly #parquet: ParquetFiles;
  readonly #instance: DuckDBInstance;
  readonly #staged = new Map<string, Promise<ReadonlyMap<string, RecordedRows>>>();
  #files: readonly RecordedFile[] = [];
  /** The paths of the segments in the log, by name. */
  #log: ReadonlyMap<string, string> = new Map();
  /** The last segment when it was opened: later ones are left out. */
  #lastSegment: string | undefined;

  constructor(source: RecordingSource, parquet: ParquetFiles, instance: DuckDBInstance) {
    this.#source = source;
    this.#parquet = parquet;
    this.#instance = instance;
  }

  /** The days that its files have, such as `2026-11-27`, sorted. */
  get days(): readonly string[] {
    return [...new Set(this.#files.map(({ day }) => day))].filter((day) => day !== "").sort();
  }

  /** The tables that its Parquet files have, and the segments that were decoded. */
  async tables(): Promise<ReadonlySet<string>> {
    const staged = await Promise.all(this.#staged.values());
    return new Set([...this.#files.map(({ table }) => table), ...staged.flatMap((rows) => [...rows.keys()])]);
  }

  /** Whether a file is gone, because it was promoted, merged or deleted since it was listed. */
  isOutdated(): boolean {
    const segments = [...this.#log].flatMap(([segment, path]) => (this.#staged.has(segment) ? [] : [path]));
    return [...this.#files.map(({ path }) => path), ...segments].some((path) => !existsSync(path));
  }

  /** Lists the files, for the first time or again. */
  async list(): Promise<void> {
    const { files, segments } = await this.#source.list();
    this.#lastSegment ??= [...files.map(({ lastSegment }) => lastSegment), ...segments.map(segmentName)].sort().at(-1);
    const last = this.#lastSegment ?? "";
    this.#files = files.filter(({ firstSegment }) => firstSegment <= last);
    this.#log = new Map(
      segments.map((path) => [segmentName(path), path] as const).filter(([segment]) => segment <= last),
    );
  }

  /** Returns where a table has rows. A segment of the log is decoded only when `staged` is called with it. */
  async rowsOf(table: string): Promise<RecordedRows[]> {
    const files = this.#files.filter((file) => file.table === table && !this.#isStaged(file));
    const rows = await this.#parquet.rowsOf(files);
    const names = new Set([...this.#log.keys(), ...this.#staged.keys()]);
    for (const segment of names) {
      const path = this.#log.get(segment) ?? ""; // it is not read again once it is decoded
      rows.push({ firstSegment: segment, lastSegment: segment, ...ANY_TIME, place: { type: "log", path } });
    }
    return rows;
  }

  /**
   * Returns where the rows of a table are that are in a segment of the log, which it decodes; undefined if the segment
   * has none.
   *
   * @throws RecorderError, or an error of the file system, for one that cannot be read.
   */
  async staged(table: string, { firstSegment, place }: RecordedRows): Promise<RecordedRows | undefined> {
    if (place.type !== "log") return undefined;
    let staged = this.#staged.get(firstSegment);
    if (staged === undefined) {
      staged = stageSegment(place.path, this.#instance);
      this.#staged.set(firstSegment, staged);
    }
    try {
      return (await staged).get(table);
    } catch (error) {
      this.#staged.delete(firstSegment);
      throw error;
    }
  }

  /** Returns conditions that leave out what a merged file has of segments that are read elsewhere, or were begun later. */
  conditionsFor(rows: readonly RecordedRows[]): string[] {
    const conditions: string[] = [];
    const merged = rows.filter(({ firstSegment, lastSegment }) => firstSegment !== lastSegment);
    const last = this.#lastSegment ?? "";
    if (merged.some(({ lastSegment }) => lastSegment > last)) conditions.push(`"segment" <= ${quoted(last)}`);
    const staged = [...this.#staged.keys()].filter((segment) =>
      merged.some(({ firstSegment, lastSegment }) => firstSegment <= segment && segment <= lastSegment),
    );
    // A single file of another program has no segments, and there is no log beside it.
    if (staged.length > 0) conditions.push(`"segment" not in (${staged.map(quoted).join(", ")})`);
    return conditions;
  }

  #isStaged({ firstSegment, lastSegment }: RecordedFile): boolean {
    return firstSegment === lastSegment && this.#staged.has(firstSegment);
  }
}
