import { type DuckDBConnection, DuckDBListValue, type DuckDBValue } from "@duckdb/node-api";
import { WILDCARD } from "@tickerplant/client/wire";
import { quoted } from "../parquet/database.ts";
import { CONTINUED, gapParts, isReadAgain } from "./gap-parts.ts";
import type { RecordedRows } from "./recorded-rows.ts";
import { parquet, SEGMENT_MS } from "./step-sql.ts";

/** Records that a recording may lack, as its table `gaps` says. */
export interface RecordedGap {
  /** The channels: one, or all that the recording has. */
  readonly channels: readonly string[];
  /** The symbols; `*` for all. */
  readonly symbols: readonly string[];
  /** The range of the records' times, in nanoseconds since the Unix epoch; undefined if only its place is known. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
  /** Since when no recorder ran, in nanoseconds since the Unix epoch; undefined for other causes than `downtime`. */
  readonly sinceNs?: bigint | undefined;
  /** The cause as a word. */
  readonly cause: string;
  readonly message: string;
  /** When the recorder noted it, in nanoseconds since the Unix epoch. */
  readonly receivedNs: bigint;
  /** The time in the name of its segment, in milliseconds since the Unix epoch. */
  readonly segmentMs: number;
  /** The number of the next record in that segment. */
  readonly sequence: number;
}

/** Kinds of rows without a range of the records' own times: what was received around them may be missing. */
const PLACES: readonly string[] = ["dropped", "damaged", "unsealed", "unreadable", "downtime"];

/** How a recorder ends; without it, a `downtime` would seem to begin earlier. */
const CLOSED = "closed";

/** The other kinds that are read: a gap, and what became of it. */
const GAPS: readonly string[] = ["gap", "gap_filled", "gap_open"];

/**
 * Reads what is missing, in the order of arrival, without gaps that were filled: their records are there. `allChannels`
 * are those that the recording has.
 */
export async function readGaps(
  connection: DuckDBConnection,
  rows: readonly RecordedRows[],
  allChannels: readonly string[],
): Promise<RecordedGap[]> {
  const sources = rows.flatMap(({ place }) => (place.type === "staged" ? [place.sql] : []));
  const paths = rows.flatMap(({ place }) => (place.type === "parquet" ? [place.path] : []));
  if (paths.length > 0) sources.push(parquet(paths));
  if (sources.length === 0) return [];
  const columns = `kind, channel, symbols, epoch_ns("fromTime"), epoch_ns("toTime"), cause, message,
    epoch_ns(received) as "receivedNs", ${SEGMENT_MS}::double as "segmentMs", "sequence"::double as "sequence"`;
  const kinds = [...PLACES, ...GAPS, CLOSED, CONTINUED].map(quoted).join(", ");
  const selects = sources.map((from) => `select ${columns} from ${from} where kind in (${kinds})`);
  const result = await connection.runAndReadAll(
    `select * from (${selects.join(" union all ")}) order by "segmentMs", "receivedNs", "sequence"`,
  );
  return openGaps(result.getRows().map((values) => toRow(values, allChannels)));
}

interface GapRow extends RecordedGap {
  readonly kind: string;
}

function toRow(values: readonly DuckDBValue[], allChannels: readonly string[]): GapRow {
  const [kind, channel, symbols, fromNs, toNs, cause, message, receivedNs, segmentMs, sequence] = values;
  const hasRange = !PLACES.includes(String(kind)) && typeof fromNs === "bigint" && typeof toNs === "bigint";
  return {
    kind: String(kind),
    channels: typeof channel === "string" ? [channel] : allChannels,
    symbols: symbols instanceof DuckDBListValue ? symbols.items.map(String) : [WILDCARD],
    fromNs: hasRange ? fromNs : undefined,
    toNs: hasRange ? toNs : undefined,
    cause: String(cause ?? kind),
    message: String(message ?? ""),
    receivedNs: typeof receivedNs === "bigint" ? receivedNs : 0n,
    segmentMs: Number(segmentMs),
    sequence: Number(sequence),
  };
}

/** Leaves out the symbols of gaps that were filled. */
function openGaps(rows: readonly GapRow[]): RecordedGap[] {
  const parts = gapParts(rows, rangeOf);
  return rows.flatMap((row, index) => {
    const { kind, ...gap } = row;
    if (isReadAgain(rows, index)) return [];
    if (kind === "downtime") return [{ ...gap, sinceNs: rows[index - 1]?.receivedNs }];
    if (PLACES.includes(kind)) return [gap];
    const open = (parts.get(row) ?? []).filter(({ isFilled }) => !isFilled);
    return open.length === 0 ? [] : [{ ...gap, symbols: open.flatMap(({ symbols }) => symbols) }];
  });
}

function rangeOf({ channels, fromNs, toNs }: RecordedGap): string {
  return `${channels.join()} ${fromNs} ${toNs}`;
}
