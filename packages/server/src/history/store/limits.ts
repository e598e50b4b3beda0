/** Every limit of the store, with its reason. */
export const STORE_LIMITS = {
  /** Records that are dropped together. More would forget much at once, fewer would make many small arrays. */
  segmentRows: 1024,
  /** Bytes of a row in the index of its symbol: a number. */
  indexBytes: 8,
  /** Different codes of one kind, such as conditions; a feed has some hundred. With more, the history ends. */
  maxCodes: 65_536,
  /**
   * Records of one symbol and one place in the order that a new one is compared with, to find out whether it is held
   * already. Sources with times in whole seconds have thousands.
   */
  maxCompared: 64,
  /**
   * Records of a channel that show the market's time when a symbol begins to be carried. One or two may have been
   * reported late, with earlier times.
   */
  settlingRows: 3,
  /** Symbols of one channel whose gaps are known apart; with more, a gap counts for all symbols. */
  maxGapSymbols: 10_000,
  /** Lists of conditions that are recognised without being joined; simulators and decoders share a few hundred. */
  maxKnownLists: 4096,
} as const;
