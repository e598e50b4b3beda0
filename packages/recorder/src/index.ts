// Recording

export type { DiskUsage } from "./disk-usage.ts";
export { type ArrivalPlace, Fsync, type LogMetrics } from "./log/log-writer.ts";
export { Recorder, type RecorderOptions } from "./recorder.ts";
export { RecorderError, type RecorderErrorCode } from "./recorder-error.ts";
export { FeedSource, type ReportedFill, type ReportedGap } from "./sources/feed-source.ts";
export type { RecordingDecoder, StreamToRecord } from "./sources/stream-source.ts";

// What a folder has

export { listRecording, type RecordedFeed, type RecordedFile } from "./folder/recording-files.ts";
export type { MissingRecords } from "./overview/missing-records.ts";
export {
  type ChannelOverview,
  type FeedOverview,
  recordingOverview,
  type SegmentOverview,
} from "./overview/overview.ts";

// The log

export type { LogEntry, LogEvent, LogEventKind } from "./log/log-event.ts";
export type { SegmentHeader } from "./log/segment-format.ts";
export { type Damage, isDamage, readSegment, type Segment, type SegmentEnd } from "./log/segment-reader.ts";
export type { SourcePlace } from "./log/source-place.ts";

// Reading records

export { type ExportQuery, exportParquet } from "./reading/export-parquet.ts";
export { placeOf, type RecordBatch } from "./reading/record-batch.ts";
export { ReadOrder, type RecordPlace, type RecordQuery } from "./reading/record-query.ts";
export type { RecordedGap } from "./reading/recorded-gaps.ts";
export { type ReaderOptions, RecordingReader } from "./reading/recording-reader.ts";
export type { RejectedRow } from "./reading/row-columns.ts";

// Parquet

export { compact } from "./compaction/compact.ts";
export type { Compaction } from "./compaction/compact-feed.ts";
export type { ParquetFile } from "./parquet/parquet-file.ts";
export { promoteSegment } from "./promotion/promote-segment.ts";

// Verification

export type { Finding, FindingKind } from "./verification/finding.ts";
export { type Verification, verify } from "./verification/verify.ts";

// Queries

export { QUERY_MACROS, type QueryMacro } from "./query/query-macros.ts";
export { type QueryOptions, queryRecording, writeQuery } from "./query/query-recording.ts";
export type { QueryResult, QueryRow, QueryValue } from "./query/query-result.ts";
export { QUERY_TABLES, type QueryColumn, type QueryTable } from "./query/query-tables.ts";
