/** Every limit of the gateway, with its reason. */
export const GATEWAY_LIMITS = {
  /** For a client to authenticate, then error 404. Source: docs.alpaca.markets/docs/streaming-market-data. */
  authTimeoutMs: 10_000,
  /**
   * Attempts to authenticate on one connection. The official Go SDK makes up to 15 when it meets the
   * connection limit, which is why a refused one does not close the socket.
   */
  maxAuthAttempts: 20,
  /** Unreadable messages of one client before it is cut off: a client with a bug is told, a fuzzer is not fed. */
  maxBadMessages: 100,
  /** Bytes that may wait for one client before it counts as slow: seconds of the whole tape. */
  maxBufferedBytes: 16_777_216,
  /** Bytes that may wait for the slowest client of a feed without a clock before the feed waits. */
  feedWaitBytes: 1_048_576,
  /** How long such a feed waits for a client that takes nothing at all before it counts as slow. */
  stallTimeoutMs: 30_000,
  /** Bytes after which a frame is sent although more is ready: the size of a socket's buffer. */
  maxFrameBytes: 65_536,
  /** For clients to answer a close before their sockets are cut. */
  closeTimeoutMs: 5_000,
  /** Between pings to a client; one that has not answered by the next is cut off. Alpaca wants a pong every 20 s. */
  pingIntervalMs: 20_000,
} as const;
