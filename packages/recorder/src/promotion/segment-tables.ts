import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column, FrameSink, MarketRecord, RawRecord } from "@tickerplant/client/wire";
import { FrameDecoder } from "@tickerplant/client/wire";
import { ASSET_CLASSES, type AssetClassParts } from "../asset-class.ts";
import type { LogEntry, LogEvent } from "../log/log-event.ts";
import type { SegmentHeader } from "../log/segment-format.ts";
import type { Damage } from "../log/segment-reader.ts";
import { GAP_COLUMNS, isStorableTime, recordColumns } from "./parquet-columns.ts";
import { StagingTable } from "./staging-table.ts";
import { newYorkDay } from "./trading-day.ts";

/** What is missing in a recording, besides what the log itself says. */
interface Finding {
  readonly kind: "damaged" | "unsealed" | "unreadable" | "not_stored";
  readonly channel?: string;
  readonly count?: number;
  readonly message: string;
}

/** The tables of one segment: one for each channel, and one that says what is missing. */
export class SegmentTables implements FrameSink {
  readonly #columns: Readonly<Record<string, readonly Column[]>>;
  readonly #tables: ReadonlyMap<string, StagingTable>;
  readonly #gaps: StagingTable;
  readonly #decoder: FrameDecoder;
  /** The receive time of the entry that was added last. */
  #receivedNs: bigint;
  #isHistory = false;
  #sequence = 0;
  #isSealed = false;

  private constructor(
    begunNs: bigint,
    { schema, columns }: AssetClassParts,
    tables: ReadonlyMap<string, StagingTable>,
    gaps: StagingTable,
  ) {
    this.#receivedNs = begunNs;
    this.#columns = columns;
    this.#tables = tables;
    this.#gaps = gaps;
    this.#decoder = new FrameDecoder(schema);
  }

  /** Makes empty tables for the segment of a header. */
  static async create(connection: DuckDBConnection, header: SegmentHeader): Promise<SegmentTables> {
    const parts = ASSET_CLASSES[header.assetClass];
    const tables = new Map<string, StagingTable>();
    for (const channel of parts.schema.channels)
      tables.set(channel, await StagingTable.create(connection, channel, recordColumns(parts.columns[channel] ?? [])));
    const gaps = await StagingTable.create(connection, "gaps", GAP_COLUMNS);
    return new SegmentTables(BigInt(Date.parse(header.begunAt)) * 1_000_000n, parts, tables, gaps);
  }

  /** The tables that have rows. */
  get tables(): readonly StagingTable[] {
    return [...this.#tables.values(), this.#gaps].filter(({ rowCount }) => rowCount > 0);
  }

  /** Passes the chunks that are full to DuckDB; returns whether there was one. */
  flush(): boolean {
    const full = [...this.#tables.values(), this.#gaps].filter(({ isChunkFull }) => isChunkFull);
    for (const table of full) table.flush();
    return full.length > 0;
  }

  /** Adds what an entry of the log has. */
  add(entry: LogEntry): void {
    this.#receivedNs = entry.receivedNs;
    if (entry.type === "event") return this.#addEvent(entry.event);
    this.#isHistory = entry.type === "history";
    this.#decoder.decode(entry.frame, this);
  }

  /** Adds a part of the segment that cannot be read. */
  addDamage({ offset, byteLength, isTail }: Damage): void {
    const place = isTail ? "at the end of the segment" : `at byte ${offset} of the segment`;
    this.#addFinding({ kind: "damaged", message: `${byteLength} bytes ${place} cannot be read` });
  }

  /** Adds what the segment as a whole lacks, and passes the last rows to DuckDB. */
  finish(): void {
    if (!this.#isSealed)
      this.#addFinding({
        kind: "unsealed",
        message: "the recorder ended without closing the segment: what it received last may be missing",
      });
    for (const { name, lostValues } of this.#tables.values())
      for (const { column, count } of lostValues)
        this.#addFinding({
          kind: "not_stored",
          channel: name,
          count,
          message: `values of ${column} that do not fit its type`,
        });
    for (const table of [...this.#tables.values(), this.#gaps]) table.finish();
  }

  record(record: MarketRecord | RawRecord, channel: string): void {
    const table = this.#tables.get(channel);
    if (table === undefined) return;
    const { symbol, seconds, timestampNs } = record as MarketRecord; // decoded without `raw`
    const fields = record as unknown as Readonly<Record<string, unknown>>; // by the names of the schema's columns
    const values: unknown[] = [symbol, timestampNs];
    for (const { name } of this.#columns[channel] ?? []) values.push(fields[name]);
    values.push(this.#receivedNs, this.#isHistory, this.#sequence++);
    table.add(isStorableTime(timestampNs) ? newYorkDay(seconds) : this.#receivedDay(), values);
  }

  control(): void {} // the log has them; they are no records

  fault(error: Error): void {
    this.#addFinding({ kind: "unreadable", count: 1, message: error.message });
  }

  #addEvent(event: LogEvent): void {
    if (event.kind === "sealed") this.#isSealed = true;
    else this.#addRow(event, event.from === undefined ? this.#receivedDay() : newYorkDay(event.from.getTime() / 1000));
  }

  #addFinding(finding: Finding): void {
    this.#addRow(finding, this.#receivedDay());
  }

  #addRow(row: Omit<LogEvent, "kind"> & { readonly kind: string }, day: string): void {
    const { kind, channel, symbols, from, to, count, cause, message } = row;
    const origin = [this.#receivedNs, this.#sequence];
    this.#gaps.add(day, [kind, channel, symbols, toNs(from), toNs(to), count, cause, message, ...origin]);
  }

  #receivedDay(): string {
    return newYorkDay(Number(this.#receivedNs / 1_000_000_000n));
  }
}

function toNs(time: Date | undefined): bigint | undefined {
  return time === undefined ? undefined : BigInt(time.getTime()) * 1_000_000n;
}
