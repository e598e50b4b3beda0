/** A message of a log. The bytes are good until the listener returns. */
export interface LogMessage {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** What a log has. */
export interface LogState {
  /** Identifies the log: one that was deleted and made again has another. */
  readonly id: string;
  /** The sequence of the oldest message that is kept; one behind the last of a log without messages. */
  readonly firstSequence: number;
  /** The sequence of the newest message that was ever kept; 0 without any. */
  readonly lastSequence: number;
  /** When that message arrived, by the log's clock, in milliseconds since the Unix epoch; 0 without any. */
  readonly lastAtMs: number;
  readonly byteLength: number;
}

/** The writer of a message. */
export interface LogWriter {
  readonly epoch: number;
  /** The sequence of its first message. */
  readonly epochStart: number;
}

/** Where a reader begins: at a sequence, or at the first message that arrived at a time or later. */
export type LogStart = { readonly sequence: number } | { readonly sinceMs: number };

/**
 * Numbered messages, kept for a while: a stream of JetStream, as far as the cluster relies on it. Methods reject with a
 * `ClusterError`; `unreachable` leaves open whether a message was appended.
 */
export interface MessageLog {
  /**
   * Appends a message behind the one with `lastSequence`; it gets the next sequence. Unless it is the first of its epoch,
   * the message before must be of the same one: the sequence alone does not show whose it is, and of several messages
   * under way, another writer may have taken the place of the first.
   *
   * @throws ClusterError `fenced` if another message is last, `no_room` if the log is full.
   */
  append(bytes: Uint8Array, lastSequence: number, writer: LogWriter): Promise<void>;
  state(): Promise<LogState>;
  /** Returns a copy of one message; undefined if it is not kept. */
  get(sequence: number): Promise<LogMessage | undefined>;
  /**
   * Calls `onMessage` with each message from `start` on, those that are still to come as well. A sequence that is not
   * kept any more is replaced by the next one. Resolves when `signal` is aborted; rejects when no more messages can come,
   * as when the log was deleted, or with what `onMessage` throws. After a lost connection it may go on, and may have left
   * messages out: see their sequences.
   */
  read(start: LogStart, onMessage: (message: LogMessage) => void, signal: AbortSignal): Promise<void>;
}
