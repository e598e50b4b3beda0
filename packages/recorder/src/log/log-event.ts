/** Something besides a frame that a log keeps, because it says what the recording lacks, or may lack. */
export interface LogEvent {
  readonly kind: LogEventKind;
  readonly channel?: string | undefined;
  /** The symbols; `*` for all. */
  readonly symbols?: readonly string[] | undefined;
  /** The times of the records concerned. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** How many records or frames. */
  readonly count?: number | undefined;
  /** A word to branch on, such as the code of a `StreamError`. */
  readonly cause?: string | undefined;
  readonly message?: string | undefined;
}

export type LogEventKind =
  /** Records may be missing. */
  | "gap"
  /** The records of a gap are in the log, from history. */
  | "gap_filled"
  /** The records of a gap could not be requested from history. */
  | "gap_open"
  /** Frames were not kept, because the disk did not accept them in time. */
  | "dropped"
  /** A handler of the program missed records because its queue was full. The recording has them. */
  | "missed"
  /** The stream continues without a subscription of the program. The recording has its records. */
  | "isolated"
  /** The connection was lost. */
  | "reconnecting"
  /** No data came for longer than the channel can be silent. */
  | "stale"
  /** The stream has ended. */
  | "ended"
  /** The server rejected symbols. */
  | "rejected"
  /** Anything else that failed. */
  | "error"
  /** A feed carries symbols from now on. */
  | "carried"
  /** A feed need not carry symbols any more. */
  | "released"
  /** The machine's clock was set: receive times continue from `to`. */
  | "clock"
  /** The recorder was closed: until the next one is opened, nothing is recorded. */
  | "closed"
  /** A recorder was opened behind another one. What came since the entry before is not in the recording. */
  | "downtime"
  /** The same of a recorder whose source is read from the recording's place on: nothing is missing, nor what a crash cost. */
  | "continued"
  /** The segment is complete. Its last entry. */
  | "sealed";

/** One entry of a log, in the order of its arrival. */
export type LogEntry =
  /** A frame as it was received. */
  | { readonly type: "frame"; readonly receivedNs: bigint; readonly frame: Uint8Array }
  /** A frame with records from history, which the recorder encoded. */
  | { readonly type: "history"; readonly receivedNs: bigint; readonly frame: Uint8Array }
  | { readonly type: "event"; readonly receivedNs: bigint; readonly event: LogEvent };

/** The event as the bytes of JSON. */
export function encodeEvent(event: LogEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}

/** Reads {@link encodeEvent}'s bytes, which a checksum has covered. */
export function decodeEvent(bytes: Uint8Array): LogEvent {
  const { from, to, ...rest } = JSON.parse(Buffer.from(bytes).toString()) as StoredEvent; // written by encodeEvent
  return { ...rest, ...(from && { from: new Date(from) }), ...(to && { to: new Date(to) }) };
}

type StoredEvent = Omit<LogEvent, "from" | "to"> & { readonly from?: string; readonly to?: string };
