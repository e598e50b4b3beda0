import type { DuckDBConnection } from "@duckdb/node-api";
import type { FrameSink, MarketRecord, RawRecord, StreamSchema } from "@tickerplant/client/wire";
import { FrameDecoder } from "@tickerplant/client/wire";
import { ASSET_CLASSES } from "../asset-class.ts";
import type { LogEntry, LogEvent } from "../log/log-event.ts";
import { damageMessage, UNSEALED_MESSAGE } from "../log/segment-faults.ts";
import type { SegmentHeader } from "../log/segment-format.ts";
import type { Damage } from "../log/segment-reader.ts";
import { GAP_COLUMNS, GAPS_TABLE, recordColumns } from "../parquet/table-columns.ts";
import { newYorkDay } from "../trading-day.ts";
import { areClose, RecordDays } from "./record-days.ts";
import { StagingTable } from "./staging-table.ts";
import { isStorableTime } from "./storable-time.ts";

/** What is missing in a recording, besides what the log itself says. */
interface Finding {
  readonly kind: "damaged" | "unsealed" | "unreadable" | "not_stored";
  readonly channel?: string;
  readonly count?: number;
  readonly message: string;
}

/** The rows of one channel. */
interface ChannelRows {
  readonly table: StagingTable;
  /** The properties of a record that are columns, in their order. */
  readonly properties: readonly string[];
}

/** The tables of one segment: one for each channel, and one that says what is missing. */
export class SegmentTables implements FrameSink {
  readonly #channels: ReadonlyMap<string, ChannelRows>;
  readonly #gaps: StagingTable;
  readonly #decoder: FrameDecoder;
  /** The receive time of the entry that was added last, and its day. */
  #receivedNs = 0n;
  #receivedDay = 0;
  readonly #days = new RecordDays();
  /** The table of the record that was added last, and the day of its own time. */
  #lastTable: StagingTable | undefined;
  #lastOwnDay: number | undefined;
  #isHistory = false;
  #sequence = 0;
  #isSealed = false;

  private constructor(
    begunNs: bigint,
    schema: StreamSchema,
    channels: ReadonlyMap<string, ChannelRows>,
    gaps: StagingTable,
  ) {
    this.#receive(begunNs);
    this.#channels = channels;
    this.#gaps = gaps;
    this.#decoder = new FrameDecoder(schema);
  }

  /** Makes empty tables for the segment of a header. Rows of other channels than `wanted` are left out, if it is given. */
  static async create(
    connection: DuckDBConnection,
    header: SegmentHeader,
    wanted?: ReadonlySet<string>,
  ): Promise<SegmentTables> {
    const { schema, columns } = ASSET_CLASSES[header.assetClass];
    const channels = new Map<string, ChannelRows>();
    for (const channel of schema.channels.filter((name) => wanted?.has(name) ?? true)) {
      const own = columns[channel] ?? [];
      const table = await StagingTable.create(connection, channel, recordColumns(own));
      channels.set(channel, { table, properties: own.map(({ name }) => name) });
    }
    const gaps = await StagingTable.create(connection, GAPS_TABLE, GAP_COLUMNS);
    return new SegmentTables(BigInt(Date.parse(header.begunAt)) * 1_000_000n, schema, channels, gaps);
  }

  /** The tables that have rows. */
  get tables(): readonly StagingTable[] {
    return this.#allTables.filter(({ rowCount }) => rowCount > 0);
  }

  get #allTables(): readonly StagingTable[] {
    return [...[...this.#channels.values()].map(({ table }) => table), this.#gaps];
  }

  /** Adds what an entry of the log has. */
  add(entry: LogEntry): void {
    this.#receive(entry.receivedNs);
    if (entry.type === "event") return this.#addEvent(entry.event);
    this.#isHistory = entry.type === "history";
    this.#decoder.decode(entry.frame, this);
  }

  /** Adds a part of the segment that cannot be read. */
  addDamage(damage: Damage): void {
    this.#addFinding({ kind: "damaged", message: damageMessage(damage) });
  }

  /** Adds what the segment as a whole lacks, unless it is growing, and passes the last rows to DuckDB. */
  finish({ isGrowing }: { readonly isGrowing: boolean }): void {
    if (!this.#isSealed && !isGrowing) this.#addFinding({ kind: "unsealed", message: UNSEALED_MESSAGE });
    for (const { name, lostValues } of this.#allTables)
      for (const { column, count } of lostValues)
        this.#addFinding({
          kind: "not_stored",
          channel: name,
          count,
          message: `values of ${column} that do not fit its type`,
        });
    for (const table of this.#allTables) table.finish();
  }

  record(record: MarketRecord | RawRecord, channel: string): void {
    const rows = this.#channels.get(channel);
    if (rows === undefined) return;
    const { table, properties } = rows;
    const { symbol, seconds, timestampNs } = record as MarketRecord; // decoded without `raw`
    const fields = record as unknown as Readonly<Record<string, unknown>>; // by the names of the schema's columns
    const values: unknown[] = [symbol, timestampNs];
    for (const name of properties) values.push(fields[name]);
    values.push(this.#receivedNs, this.#isHistory, this.#sequence++);
    const ownDay = isStorableTime(timestampNs) ? newYorkDay(seconds) : undefined;
    const lastDay = this.#days.confirmedLast(ownDay);
    if (lastDay !== undefined) this.#lastTable?.moveLast(lastDay);
    table.add(this.#days.dayOf(ownDay, this.#receivedDay, this.#isHistory), values);
    this.#lastTable = table;
    this.#lastOwnDay = ownDay;
  }

  control(): void {} // the log has them; they are no records

  fault(error: Error): void {
    this.#addFinding({ kind: "unreadable", count: 1, message: error.message });
  }

  #receive(receivedNs: bigint): void {
    this.#receivedNs = receivedNs;
    this.#receivedDay = newYorkDay(Number(receivedNs / 1_000_000_000n));
  }

  #addEvent(event: LogEvent): void {
    if (event.kind === "sealed") this.#isSealed = true;
    else this.#addRow(event, this.#dayOfEvent(event));
  }

  /** The day of the records concerned, unless it is far from the receipt and from the last record. */
  #dayOfEvent({ from }: LogEvent): number {
    if (from === undefined) return this.#receivedDay;
    const day = newYorkDay(from.getTime() / 1000);
    const isOwn = areClose(day, this.#receivedDay) || areClose(day, this.#lastOwnDay ?? day);
    return isOwn ? day : this.#receivedDay;
  }

  #addFinding(finding: Finding): void {
    this.#addRow(finding, this.#receivedDay);
  }

  #addRow(row: Omit<LogEvent, "kind"> & { readonly kind: string }, day: number): void {
    const { kind, channel, symbols, from, to, count, cause, message } = row;
    const origin = [this.#receivedNs, this.#sequence++];
    this.#gaps.add(day, [kind, channel, symbols, toNs(from), toNs(to), count, cause, message, ...origin]);
  }
}

function toNs(time: Date | undefined): bigint | undefined {
  return time === undefined ? undefined : BigInt(time.getTime()) * 1_000_000n;
}
