import { formatNanoseconds, fromNanoseconds } from "@tickerplant/client/wire";
import type { ChannelOverview, FeedOverview, MissingRecords, Verification } from "@tickerplant/recorder";
import { counted, showBytes, showCount } from "../output/numbers.ts";
import { printable } from "../output/printable.ts";
import { type Alignment, table } from "../output/table.ts";

/** Lines of one kind of missing records that are printed; `--json` has all of them. */
const MOST_LINES = 40;

/** Formats what recordings have and lack, for people. */
export function overviewLines(feeds: readonly FeedOverview[]): string[] {
  return feeds.flatMap((feed, index) => [...(index === 0 ? [] : [""]), ...feedLines(feed)]).map(printable);
}

function feedLines({ feed, folder, channels, segments, missing }: FeedOverview): string[] {
  const logBytes = segments.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const since = segments[0]?.begunAt.toISOString();
  const log =
    since === undefined ? "empty" : `${counted(segments.length, "segment")}, ${showBytes(logBytes)}, since ${since}`;
  const open = missing.filter(({ isFilled }) => !isFilled);
  return [
    `feed ${feed} in ${folder}`,
    ...(channels.length === 0 ? [] : ["", ...channelTable(channels)]),
    "",
    `log: ${log}`,
    ...(open.length === 0 ? ["missing: nothing is reported"] : ["missing:", ...missingTable(open)]),
    ...filledLines(missing.filter(({ isFilled }) => isFilled)),
  ];
}

const CHANNEL_ALIGNMENTS: readonly Alignment[] = ["left", "left", "right", "right", "right", "right"];

function channelTable(channels: readonly ChannelOverview[]): string[] {
  const rows = channels.map(({ day, channel, rowCount, logRowCount, symbolCount, byteLength, fileCount, ...range }) => [
    day,
    channel,
    showCount(rowCount),
    showCount(logRowCount),
    showCount(symbolCount),
    showBytes(byteLength),
    counted(fileCount, "file"),
    timeOf(range.fromNs),
    timeOf(range.toNs),
  ]);
  const header = ["day", "channel", "records", "in log", "symbols", "Parquet", "in", "first", "last"];
  return table([header, ...rows], CHANNEL_ALIGNMENTS);
}

function timeOf(timestampNs: bigint | undefined): string {
  if (timestampNs === undefined) return "";
  const { seconds, nanos } = fromNanoseconds(timestampNs);
  return formatNanoseconds(seconds, nanos);
}

/** Missing records of one day, symbol, channel and kind. */
interface MissingLine {
  readonly cells: readonly string[];
  ranges: number;
  count: number;
  from: Date | undefined;
  to: Date | undefined;
  readonly message: string;
}

/** What is missing, by day and symbol: the first 40 lines. */
function missingTable(missing: readonly MissingRecords[]): string[] {
  const lines = [...groupsOf(missing)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  const rows = lines
    .slice(0, MOST_LINES)
    .map(({ cells, ranges, count, from, to, message }) => [
      ...cells,
      `${ranges} ×`,
      count === 0 ? "" : showCount(count),
      from?.toISOString() ?? "",
      to?.toISOString() ?? "",
      message,
    ]);
  const header = ["  day", "symbol", "channel", "what", "times", "count", "from", "to", "why"];
  const more = lines.length - rows.length;
  return [
    ...table([header, ...rows], ["left", "left", "left", "left", "right", "right"]),
    ...(more > 0 ? [`  and ${counted(more, "line")} more: --json prints all`] : []),
  ];
}

function groupsOf(missing: readonly MissingRecords[]): Map<string, MissingLine> {
  const groups = new Map<string, MissingLine>();
  for (const { day, kind, channel = "all", symbols, from, to, count = 0, cause, message } of missing)
    for (const symbol of symbols.length === 0 ? ["*"] : symbols) {
      const cells = [`  ${day}`, symbol, channel, kind];
      const key = cells.join(" ");
      const group = groups.get(key) ?? { cells, ranges: 0, count: 0, from, to, message: cause ?? message ?? "" };
      groups.set(key, group);
      group.ranges++;
      group.count += count;
      if (from !== undefined && (group.from === undefined || from < group.from)) group.from = from;
      if (to !== undefined && (group.to === undefined || to > group.to)) group.to = to;
    }
  return groups;
}

/** Gaps that history has filled, by day. */
function filledLines(filled: readonly MissingRecords[]): string[] {
  if (filled.length === 0) return [];
  const byDay = new Map<string, { gaps: number; records: number }>();
  for (const { day, count = 0 } of filled) {
    const sums = byDay.get(day) ?? { gaps: 0, records: 0 };
    byDay.set(day, { gaps: sums.gaps + 1, records: sums.records + count });
  }
  const lines = [...byDay].map(
    ([day, { gaps, records }]) => `  ${day}  ${counted(gaps, "gap")}, ${counted(records, "record")}`,
  );
  return ["filled from history:", ...lines];
}

/** Formats what recordings have and lack, for programs. Times have all digits, as in the JSON of the wire. */
export function overviewJson(feeds: readonly FeedOverview[]): string {
  const described = feeds.map(({ feed, folder, channels, segments, missing }) => ({
    feed,
    folder,
    channels: channels.map(({ fromNs, toNs, rowCount, logRowCount, byteLength, fileCount, symbolCount, ...place }) => ({
      ...place,
      records: rowCount,
      recordsInLog: logRowCount,
      symbols: symbolCount,
      bytes: byteLength,
      files: fileCount,
      ...(fromNs !== undefined && { from: timeOf(fromNs) }),
      ...(toNs !== undefined && { to: timeOf(toNs) }),
    })),
    log: segments.map(({ name, byteLength, begunAt }) => ({ segment: name, bytes: byteLength, begunAt })),
    missing: missing.filter(({ isFilled }) => !isFilled).map(withoutState),
    filled: missing.filter(({ isFilled }) => isFilled).map(withoutState),
  }));
  return printable(JSON.stringify({ feeds: described }));
}

function withoutState({ isFilled: _, ...missing }: MissingRecords): object {
  return missing;
}

/** Formats what is wrong with a recording, one finding a line. */
export function findingLines({ findings }: Verification): string[] {
  return table(findings.map(({ kind, path, message }) => [kind, path, message])).map(printable);
}
