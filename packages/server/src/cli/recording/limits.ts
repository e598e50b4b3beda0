/** Limits of a recording of a cluster, each with its reason. */
export const CLUSTER_RECORDING_LIMITS = {
  /**
   * Bytes that wait for the disk before the reading stops. Another 16 MB that NATS was asked for may follow: both are far
   * below the 64 MB above which a recorder drops frames.
   */
  maxWaitingBytes: 16_777_216,
  /** Bytes at which the reading goes on: enough for the disk while the first frames are requested. */
  resumeWaitingBytes: 4_194_304,
  /** How often the disk is looked at while the reading stands still, in milliseconds. */
  diskCheckMs: 50,
  /**
   * How often heartbeats move the place of a silent feed, in milliseconds. Each time is a block of the log; without any,
   * a recorder that was down would report heartbeats as missing that NATS has removed.
   */
  heartbeatPlaceMs: 60_000,
} as const;
