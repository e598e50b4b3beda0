/**
 * Every limit of the wire, with its reason. A frame beyond one of them is refused with an error
 * that names the limit; nothing is allocated for what a header only claims.
 */
export const WIRE_LIMITS = {
  /**
   * Bytes in one frame from the server. Alpaca's batches stay far below 1 MiB; the acknowledgement
   * of a subscription to every listed symbol on every channel is about 1 MiB.
   */
  maxServerFrameBytes: 16_777_216,
  /** Bytes in one frame from a client: a request for every listed symbol on every channel has about 1 MiB. */
  maxClientFrameBytes: 2_097_152,
  /** Bytes in one request of ours: users saw longer ones dropped (alpaca-trade-api-csharp#763). */
  maxRequestBytes: 16_384,
  /**
   * Unreadable messages in one frame before the rest of it is given up: each is told to the user, and
   * 16 MiB of zeros would be 16 million errors. Several times the messages of an honest frame.
   */
  maxFaultsPerFrame: 4096,
  /** Nested arrays and maps in one message. The protocol needs 3. */
  maxDepth: 8,
  /** Bytes in a symbol. The longest US listings with suffixes have 10. */
  maxSymbolBytes: 32,
  /** Symbols kept interned before the table starts afresh: five times the listed US equities. */
  maxInternedSymbols: 49_152,
  /** Condition lists kept interned; beyond it a list is built for each record. */
  maxInternedConditions: 4096,
  /** Characters of a condition list that is kept, as JSON. Four conditions of one letter take 17. */
  maxInternedConditionsLength: 64,
} as const;
