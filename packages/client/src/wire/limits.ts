/**
 * Every limit of the wire, with its reason. A frame beyond one of them is rejected with an error
 * that names the limit; nothing is allocated for lengths that a header only claims.
 *
 * Imported as `WIRE_LIMITS`: of a module, bundlers write the numbers where they are used.
 */

/**
 * Bytes in one frame from the server. Alpaca's batches stay far below 1 MiB; the acknowledgement
 * of a subscription to every listed symbol on every channel is about 1 MiB.
 */
export const maxServerFrameBytes = 16_777_216;
/** Bytes in one frame from a client: a request for every listed symbol on every channel has about 1 MiB. */
export const maxClientFrameBytes = 2_097_152;
/** Bytes in one request of ours: users saw longer ones dropped (alpaca-trade-api-csharp#763). */
export const maxRequestBytes = 16_384;
/**
 * Unreadable messages in one frame before the rest of it is abandoned: each is reported, and 16 MiB of
 * zeros would be 16 million errors. Several times the messages of a well-formed frame.
 */
export const maxFaultsPerFrame = 4096;
/** Nested arrays and maps in one message. The protocol needs 3. */
export const maxDepth = 8;
/**
 * Values in one message that is read as plain data. An empty object of one byte takes 90 bytes of memory,
 * so that a frame of 16 MiB would take more than a gigabyte. The acknowledgement of a subscription to
 * every listed symbol on every channel has about 110,000.
 */
export const maxValues = 262_144;
/** Bytes in a symbol. The longest US listings with suffixes have 10. */
export const maxSymbolBytes = 32;
/** Symbols that stay interned; beyond it a string is built for each record. Five times the listed US equities. */
export const maxInternedSymbols = 49_152;
/** Arrays of conditions that stay interned; beyond it an array is built for each record. */
export const maxInternedConditions = 4096;
/** Characters of an array of conditions that is interned, as JSON. Four conditions of one letter take 17. */
export const maxInternedConditionsLength = 64;
/** Characters of a server's message that an error repeats. The longest documented message has 52. */
export const maxQuotedLength = 80;
