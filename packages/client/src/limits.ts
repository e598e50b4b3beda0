/**
 * Every limit of the client above the wire, with its reason. The defaults of options stand here
 * too, so that a reader finds all numbers in two files: this one and `wire/limits.ts`.
 *
 * Imported as `LIMITS`: of a module, bundlers write the numbers where they are used.
 */

/** From opening the socket to "authenticated". Alpaca itself gives a client 10 s to authenticate. */
export const handshakeTimeoutMs = 10_000;
/** From a subscribe to its answer. Answers arrive within milliseconds; a much slower server is failing. */
export const ackTimeoutMs = 10_000;
/** How long an answer may still come after its request timed out; later it counts as lost. */
export const lateAnswerMs = 60_000;
/**
 * From a request that was not answered to the next try, if no change or connection comes first: as
 * long as its answer may still come.
 */
export const retryUnansweredMs = 60_000;
/** Between pings. The official SDKs ping every 10 s. */
export const pingIntervalMs = 10_000;
/** From a ping to the next data from the server. The official Go SDK waits 5 s. */
export const pongTimeoutMs = 5_000;
/** For the peer to answer a close; a dead one must not delay `stop`. */
export const closeTimeoutMs = 1_000;
/**
 * Bytes of the buffer that a socket is read into, on Node: twice the largest plain frame, so that there is
 * room for another 64 KiB (one read of Node) behind an incomplete frame. Larger buffers read no faster.
 */
export const readBufferBytes = 131_072;
/**
 * Bytes of the largest frame that is read in place; `ws` assembles larger ones. Frames of 100 records
 * have some 16 KiB.
 */
export const maxPlainFrameBytes = 65_536;
/** Readable bytes behind each frame in that buffer, whatever they hold: a fast path checks the end after it has read. */
export const bytesBehindFrame = 512;
/**
 * From an error that announces a close (404, 406, 407) to that close. A server closes right after it;
 * one that does not, and sends nothing more either, serves this connection no longer.
 */
export const announcedCloseMs = 1_000;
/**
 * Bytes behind a frame in the buffer that text frames are encoded into. The fast path of JSON fetches
 * the longest message without a check of the end; without room behind it, the general reader would read
 * the last messages of each frame.
 */
export const frameSlackBytes = 512;
/** Bytes of that buffer that are kept between frames: a batch of Alpaca is smaller, an acknowledgement rarely larger. */
export const maxKeptFrameBytes = 1_048_576;
/** For running handler calls to finish after a stop; one that never settles must not delay the end of the run. */
export const drainTimeoutMs = 5_000;
/**
 * First delay of the back-off, and the time between attempts while connections bring market data.
 * The first as alpaca-py 0.44 does; the second so that a server that sends one record and closes,
 * again and again, is not hammered.
 */
export const reconnectInitialMs = 1_000;
/**
 * Over how long the attempts are spread that replace a good connection at once: a quarter of a
 * handshake, which is tens of milliseconds to a server far away, and this at most. Clients that a
 * server cuts off together then do not come back together; every millisecond more is data missed.
 */
export const reconnectSpreadMs = 50;
/** Longest delay before a reconnect. As alpaca-py 0.44 does. */
export const reconnectMaxMs = 30_000;
/**
 * First delay after "connection limit exceeded". Alpaca reaps a dead connection after about 90 s,
 * and trying every second only adds rejected ones.
 */
export const connectionLimitInitialMs = 8_000;
/** Longest `Retry-After` that is followed; a longer one, mistaken or not, would stop a stream for hours. */
export const retryAfterMaxMs = 300_000;
/** Records that wait for one subscription before its overflow policy applies: a busy second of the tape. */
export const maxQueued = 10_000;
/**
 * Records in one array of `batches()`. With so many the cost of an array does not show, and an `insert` of
 * one array stays below the 65,535 parameters that PostgreSQL takes, at 12 columns of a quote.
 */
export const maxBatch = 1_000;
/**
 * Levels on one side of an order book: far more than any venue shows. Each change moves the levels behind it,
 * so that without a limit a server could make a client spend minutes on one frame.
 */
export const maxBookLevels = 20_000;
/**
 * Records of one channel that are held back while earlier ones are fetched: ten seconds of the tape's
 * busiest channel, tens of megabytes. At the limit a symbol is released, and nothing lost.
 */
export const maxHeld = 200_000;
/**
 * Delivered records of one channel that are remembered, so that a fill does not repeat them: a quarter of an hour of
 * the whole market's trades, 128 MB. Beyond it the oldest are forgotten, and a gap that needs them is reported as open.
 */
export const maxRecent: number = 2 ** 22;
/** Attempts at a page of history that fails, and at records that history does not show yet. */
export const fillAttempts = 6;
/** Before the second attempt, doubled before each further one: history is a few seconds late at most. */
export const fillRetryMs = 500;
export const maxFillRetryMs = 8_000;
/** Pages of 10,000 records in one fill: more take minutes, during which no live record of the symbols comes. */
export const maxFillPages = 200;
/**
 * Gaps that wait for their fills. A stream's own come once in a connection and channel; a server that reports more of
 * its own than history can fill must not use up the memory.
 */
export const maxWaitingFills = 1_000;
/** Records of one symbol that a fill keeps until the symbol is complete; of more, the older ones are delivered. */
export const maxFillKept = 20_000;
/**
 * Marks of one channel in a position, of 11 bytes: the trades of 15 seconds in a busy set of symbols, and no more
 * than a program may write with each batch of its data.
 */
export const maxPositionMarks = 5_000;
/** How old a record has to be, so that no late report changes what history has before it. */
export const settledHistoryMs = 60_000;
/** Revisions of one symbol that are remembered. A fill looks back over two minute bars. */
export const maxKnownRevisions = 4;
/** For fills to finish when a stream ends by itself: history is asked six times within some 16 seconds. */
export const endFillsMs = 30_000;
/** How long after a fill the stream may bring a record that history had first. */
export const repeatsMs = 30_000;
/**
 * How far beyond `maxQueued` a blocked subscription may grow while an answer of the server is
 * awaited, which comes after the data in the socket; or where the platform cannot stop reading.
 */
export const maxQueuedFactor = 10;
/** Symbols of one subscription whose asynchronous handlers run concurrently. */
export const concurrency = 64;
/**
 * Events that wait for one iterator of `events`. Events are rare, except for handlers that fail on every
 * record; a loop that is so far behind needs the newest.
 */
export const maxQueuedEvents = 1_000;
/** Shortest time between two `slow` events of one subscription. */
export const slowEventIntervalMs = 1_000;
/**
 * From the confirmation of a symbol with an unusual spelling to the hint about it. A
 * stock that is traded at all has quotes within seconds, which is less than a first trial of a program lasts.
 */
export const silentSymbolMs = 10_000;
/** From a wait for the server or for a record to the hint that the stream was not started. */
export const notStartedMs = 5_000;
/** Symbols that one stream reports as suspect; with more, the first have made the point. */
export const maxSuspectSymbols = 1_000;
/** Unknown option names that a process warns of; names that a program generates must not fill the memory. */
export const maxOptionWarnings = 100;
/**
 * How long a subscription with waiting records may make no progress (no handler call settles, no
 * record is pulled) before it is isolated. Longer than a slow database call, and short enough that
 * the server's buffer outlasts the pause.
 */
export const stalledAfterMs = 10_000;
/** Checks for stalled subscriptions in that time: a stall is found at most a quarter of it late. */
export const stallChecks = 4;
/**
 * How far a record's time may lie ahead of what is expected before it needs other records to confirm
 * it. Clocks of exchanges agree within milliseconds.
 */
export const maxTimeLeadMs = 1_000;
/**
 * How far a record's time may lie behind the newest of its channel. A daily bar carries the start of
 * its day, and what is reported late is reported on the same day.
 */
export const maxTimeLagMs: number = 2 * 86_400_000;
/** Records in a row that have to agree on a time apart from those before: two faults in a row happen. */
export const timeConfirmations = 3;
/**
 * The same where the time is over an hour away. A venue with a wrong clock or zone stamps several
 * records in a row, while a market that has really jumped brings eight records within moments.
 */
export const farTimeConfirmations = 8;
export const farTimeMs = 3_600_000;
/** How old the first record of a channel may be, in a replay. A zero time (year 1, 1900, 1970) is older. */
export const maxFirstAgeMs: number = 30 * 365 * 86_400_000;
/**
 * So far from its neighbours a time is wrong even where the connection ends before a record shows it:
 * no market closes for a month.
 */
export const certainOutlierMs: number = 31 * 86_400_000;
/**
 * How far the market's time, as records show it, may lie from this machine's clock for both to count
 * as the same. Updated bars come up to six minutes after their time; a delayed feed is 15 minutes late.
 */
export const maxClockOffsetMs = 600_000;
/**
 * How long the release of held records waits for a subscription that would drop them, or end the stream: a second,
 * and 5 ms more for each record that it finishes. With fewer than 200 records a second it does not keep up.
 */
export const paceGraceMs = 1_000;
export const paceMsPerRecord = 5;
/** How late a trade may be reported: exchanges have 10 seconds, and their reports take a moment. */
export const lateReportMs = 15_000;
/**
 * How long a gap waits for a record that shows the market's time, where that is not this machine's;
 * then its end is estimated.
 */
export const gapEndTimeoutMs = 10_000;
/** What `metrics.lag` covers, and the steps in which it moves. */
export const lagWindowMs = 60_000;
export const lagWindowSteps = 6;
/**
 * Shortest key or secret that is removed from a server's messages. Alpaca's have 20 and 40 characters and
 * more; a shorter one stands in ordinary words, and its removal would only garble the message.
 */
export const minRedactedLength = 8;
/**
 * Requests for history in a minute, until the server's answers name another limit. Alpaca's free plan.
 *
 * Source: docs.alpaca.markets/docs/about-market-data-api.
 */
export const requestsPerMinute = 200;
/** Requests for history that are open at once. A browser opens six connections to one host. */
export const maxOpenRequests = 6;
/** Requests for history that wait for their turn: an hour of them at 200 a minute. One more is rejected. */
export const maxQueuedRequests = 12_000;
/** From sending a request for history to the end of its answer. A page of 10,000 records takes Alpaca a second. */
export const requestTimeoutMs = 30_000;
/** Attempts of one request for history that meets a server in trouble, and the delays between them. */
export const historyAttempts = 5;
export const historyRetryInitialMs = 500;
export const historyRetryMaxMs = 30_000;
/** Attempts of one request where the server limits the rate, which waiting does help. As the Go SDK does. */
export const rateLimitedAttempts = 10;
/** Records in one page of history: the most that Alpaca accepts. */
export const maxPageRecords = 10_000;
/**
 * Symbols in one request for history. Longer addresses are rejected (alpaca-trade-api-csharp#238), and a
 * hundred symbols are known to be accepted.
 */
export const maxRequestSymbols = 100;
/** Characters of these symbols in an address: servers and proxies accept 8 KiB for all of it. */
export const maxRequestSymbolsLength = 4_000;
/** Symbols that `*` may stand for: all stocks of the US are 12,000. A fill of so many takes 500 requests. */
export const maxUniverse = 50_000;
/** How long the symbols that a program returned for `*` are used: listings change from day to day. */
export const universeMaxAgeMs = 86_400_000;
/** How long a fill waits for the program's symbols, in which all live records of the channel are held. */
export const universeTimeoutMs = 30_000;
/** Bytes in one answer of history. A page of 10,000 records has one or two million. */
export const maxPageBytes = 33_554_432;
/** Bytes of an error's answer that are read: a message has a hundred, a proxy's web page some thousand. */
export const maxErrorBytes = 65_536;
/** Characters of a server's message that an error about history repeats. The longest documented one has 120. */
export const maxErrorLength = 200;
/** Page tokens that one request remembers, to find a server that sends the same pages again and again. */
export const maxSeenTokens = 10_000;
