/** Limits of an upstream feed, each with its reason. */
export const UPSTREAM_LIMITS = {
  /**
   * How long a symbol stays subscribed after its last client has left: a program that is restarted or deployed again
   * is back within half a minute, and finds its symbols as it left them.
   */
  lingerMs: 30_000,
  /**
   * First delay after an error that reconnecting does not resolve, such as a rejected key, doubled with each further
   * one: soon enough for an operator who watches, and no load for the server.
   */
  retryInitialMs: 10_000,
  /** Longest such delay: a key that is valid again is in use within minutes. */
  retryMaxMs: 300_000,
  /**
   * How long upstream may be out of reach before clients get error 500: a restart or a new route takes seconds, and
   * a program whose data have stopped for a minute should learn why.
   */
  unreachableMs: 60_000,
  /**
   * From the end of a fill until the feed counts as current again, in milliseconds: the live records that were held
   * for it are published behind the report of its end, in parts where clients have no room.
   */
  releasedAfterMs: 1_000,
  /**
   * From a new connection until the feed counts as current again, if a symbol that was subscribed to has no gap: it was
   * rejected, or its gap is known only when the next record has come, and bars come each minute.
   */
  currentAfterMs: 60_000,
  /** Records outside of frames, such as those of history, between two checks whether the clients have room. */
  roomRecords: 256,
} as const;
