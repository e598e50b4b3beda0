/** Every limit of the gateway, with its reason. */
export const GATEWAY_LIMITS = {
  /** For a client to authenticate, then error 404. Source: docs.alpaca.markets/docs/streaming-market-data. */
  authTimeoutMs: 10_000,
  /**
   * Attempts to authenticate on one connection. The official Go SDK makes up to 15 when it meets the
   * connection limit, which is why a rejected one does not close the socket.
   */
  maxAuthAttempts: 20,
  /**
   * Bytes of one message before authentication. An auth message has about 100; an OAuth token may
   * have some thousands.
   */
  maxUnauthenticatedFrameBytes: 4096,
  /** Bytes of one connection before authentication: all attempts at their longest, and pings. */
  maxUnauthenticatedBytes: 131_072,
  /**
   * Connections at a time that have not authenticated. Four times what one address may have, so
   * that no address alone keeps the others out.
   */
  maxUnauthenticated: 1024,
  /** Connections of one address at a time: a machine full of programs, or an office behind one address. */
  maxConnectionsPerAddress: 256,
  /** Connections at a time, of all addresses: some hundred MiB when they are idle. */
  maxTotalConnections: 4096,
  /** Connections at a time to the port of metrics: some scrapers, and health checks. */
  maxMetricsConnections: 32,
  /** Connections over a limit that stay open until their rejection is sent; more are cut at once. */
  maxExcessConnections: 64,
  /** Bytes of an HTTP request's head; more are answered with 431. Alpaca's clients send some hundred. */
  maxRequestHeadBytes: 16_384,
  /** Characters of a secret that is to be hashed: fewer can be guessed, and the hash is a fast one. */
  minSecretLength: 24,
  /** Bearer tokens of a gateway: an attempt is compared with each of them, at some 2 µs. */
  maxTokens: 1000,
  /** Pairs of channel and symbol that one client may hold where no plan limits it: every listed symbol on every channel. */
  maxSubscriptions: 524_288,
  /** Characters of a key where any is accepted. Alpaca's have 20. */
  maxKeyLength: 128,
  /**
   * Messages in one frame of a client; with more, the frame is rejected. Alpaca's clients send one. Each
   * answer lists the whole subscription, so that many requests for ever more symbols would cost
   * their number squared.
   */
  maxMessagesPerFrame: 64,
  /**
   * Messages of one client that wait while the feed has not answered an earlier one; with more, the
   * client is closed. A program that subscribes symbol by symbol sends some hundred.
   */
  maxHeldMessages: 1024,
  /** Bytes of those messages: two of the longest frames. */
  maxHeldBytes: 4_194_304,
  /** Unreadable messages of one client before it is cut off: a client with a bug gets its errors, a fuzzer does not get many. */
  maxBadMessages: 100,
  /**
   * Symbols of one channel whose newest record is kept for clients that ask for a snapshot: three times as many as
   * are listed in the US.
   */
  maxNewestSymbols: 32_768,
  /**
   * For upstream to return the newest records that a client's snapshot lacks; then the client is acknowledged without
   * them. A request takes Alpaca half a second.
   */
  snapshotWaitMs: 1_000,
  /** How long a gap is repeated to clients that come back: one that was away for longer has a hole of its own. */
  recentGapMs: 3_600_000,
  /** Symbols of gaps that are kept for that: three channels of every US stock, twice; a megabyte. */
  maxRecentGapSymbols: 100_000,
  /**
   * Connections in a report, those with the most bytes waiting: enough to find a slow one, and some 60 kB. Thousands
   * would be megabytes for every page that shows the gateway's health.
   */
  maxReportedClients: 200,
  /** Gaps and lost connections of a feed in a report: what a page shows of them. */
  maxReportedEvents: 20,
  /** Bytes that may wait for one client before it counts as slow: seconds of the whole tape. */
  maxBufferedBytes: 16_777_216,
  /** Bytes that may wait for the slowest client of a feed without a clock before the feed waits. */
  feedWaitBytes: 1_048_576,
  /**
   * For a client to read some of what waits for it, where something else waits for that: a feed
   * without a clock, the end of a feed with `once`, the gateway's close.
   */
  stallTimeoutMs: 30_000,
  /**
   * The same at a feed that asks a source: while it waits, its source waits for it. So a gateway behind a gateway
   * cuts off its client before it is cut off itself.
   */
  relayStallTimeoutMs: 20_000,
  /** Between two checks of the clients that a feed without a clock waits for. */
  stallCheckMs: 1_000,
  /**
   * With `once`, for another client to subscribe after the last one has left: clients reconnect within
   * seconds.
   */
  noReaderTimeoutMs: 10_000,
  /** For a feed to end after its signal. */
  feedStopTimeoutMs: 5_000,
  /** Bytes after which a frame is sent although more is ready: the size of a socket's buffer. */
  maxFrameBytes: 65_536,
  /** For the head of an HTTP request, or a TLS handshake, to arrive: clients send it at once. */
  requestTimeoutMs: 5_000,
  /** For a client to answer a close when it has read everything before it, and for TCP to end after that. */
  closeTimeoutMs: 5_000,
  /** For the gateway's close, in all, while clients still read what they were sent. */
  drainTimeoutMs: 60_000,
  /** Between pings to a client; one that sent nothing by the next is cut off. Alpaca expects a pong every 20 s. */
  pingIntervalMs: 20_000,
  /** Bytes between pings to a client that shows by its pongs what it has read: the network hides some megabytes. */
  progressPingBytes: 1_048_576,
  /** Bytes of the smallest frame that is compressed: below, the head and the work outweigh the gain. */
  minCompressedBytes: 1024,
  /** Frames that are compressed at a time: half of the platform's thread pool, which reads files too. */
  maxDeflaters: 2,
} as const;
