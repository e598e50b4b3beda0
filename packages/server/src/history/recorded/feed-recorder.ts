import type { Id, MarketRecord } from "@tickerplant/client/wire";

/** The place of a row in a recording, in the order of arrival. */
export interface ArrivalPlace {
  readonly segmentMs: number;
  readonly sequence: number;
}

/** What to read of a recording. */
export interface RecordedQuery {
  readonly channels: readonly string[];
  /** All symbols without it. */
  readonly symbols?: readonly string[];
  /** Times from here to `toNs`, both included, in nanoseconds since the Unix epoch. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly order: "time";
  readonly isDescending?: boolean;
  readonly ids?: readonly Id[];
  readonly arrivedBefore: ArrivalPlace;
  readonly limit?: number;
}

/** Records that a recorder may have lost. */
export interface RecordedGap {
  readonly channels: readonly string[];
  readonly symbols: readonly string[];
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
  /** Since when no recorder ran, up to `receivedNs`; undefined for other gaps. */
  readonly sinceNs?: bigint | undefined;
  readonly receivedNs: bigint;
}

/** Reads what a recorder had written when the reader was opened. */
export interface RecordedReader {
  read(query: RecordedQuery): AsyncIterable<{
    readonly records: readonly MarketRecord[];
    readonly segmentsMs: Float64Array;
    readonly sequences: Float64Array;
  }>;
  /** Returns the number of records of each symbol. */
  counts(query: RecordedQuery): Promise<ReadonlyMap<string, number>>;
  gaps(query: { readonly arrivedBefore: ArrivalPlace }): Promise<readonly RecordedGap[]>;
  close(): void;
}

/** A recorder of a feed, as the history needs it. A `Recorder` of the package `@tickerplant/recorder` is one. */
export interface FeedRecorder {
  /** The folder of the recording. */
  readonly folder: string;
  /** `mark` returns how many rows were published to the recorder. */
  readonly sink: { mark(): number };
  /** When the recorder last dropped records, because of a full disk. */
  readonly droppedUntilMs: number | undefined;
  /** Opens what is recorded; `rowCount` of this recorder's rows are in it. */
  openReader(): Promise<{ readonly reader: RecordedReader; readonly rowCount: number }>;
  /** Returns the place of the row behind so many others. */
  placeOf(rowCount: number): ArrivalPlace;
}
