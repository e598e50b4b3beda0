/** Every limit of the cluster, with its reason. */
export const CLUSTER_LIMITS = {
  /**
   * How long a lease lasts, in milliseconds, unless it is renewed: longer than a pause of the process (a collection of
   * garbage, a busy machine) or a restart of NATS, and short enough that a dead ingest costs few seconds.
   */
  leaseMs: 4_000,
  /** Shortest lease: renewals need several round trips within it. */
  minLeaseMs: 200,
  /** Renewals within one lease: two may fail, and a third is still in time. */
  renewalsPerLease: 4,
  /** The part of its lease after which a leader no longer counts on it: the rest is for closing what it holds. */
  leaseMargin: 0.8,
  /**
   * Bytes at which a frame is full. A message of NATS costs about as much with 50 bytes as with 16 kB, and NATS accepts
   * 1 MB by default, which a frame never reaches: one record is added to fewer bytes than this.
   */
  maxFrameBytes: 65_536,
  /** Frames that are sent and not acknowledged: enough for 8,000 frames a second at a round trip of 30 ms. */
  maxInFlight: 256,
  /** Bytes of frames that wait for NATS: ten seconds of a busy market, within the memory of a small machine. */
  maxWaitingBytes: 67_108_864,
  /** How long NATS may take to acknowledge a message, in milliseconds, before its outcome is looked up. */
  ackTimeoutMs: 2_000,
  /** How long NATS may take to answer a request, in milliseconds. */
  requestTimeoutMs: 3_000,
  /** Between attempts at something that failed, in milliseconds, doubled with each further one. */
  retryInitialMs: 100,
  retryMaxMs: 2_000,
  /** How often a leader without records publishes a heartbeat, in milliseconds: readers see that it lives. */
  heartbeatMs: 1_000,
  /** How long no frame may come before a reader says that no ingest publishes, in milliseconds. */
  silentMs: 5_000,
  /**
   * Messages that a reader asks NATS for in advance: 16 MB of full frames. By bytes instead, the two sides count
   * differently, and a reader stands still until its request expires (seen with nats.js 3.4.0).
   */
  readAhead: 256,
  /** How long a request for messages lasts before it is made again; the shorter, the sooner a lost one is noticed. */
  pullExpiresMs: 5_000,
  /** Between the heartbeats of NATS for a reader that gets nothing: two that are missed show a lost consumer. */
  consumerHeartbeatMs: 1_000,
  /** How often a reader tells how far it is, in milliseconds. */
  presenceMs: 2_000,
  /** After how long a reader that tells nothing any more is forgotten, in milliseconds. */
  presenceTtlMs: 15_000,
  /** How long a close waits for what was published, in milliseconds: NATS may be gone. */
  closeMs: 1_000,
} as const;
