import * as LIMITS from "../limits.ts";

/** A market time, and when a record with it came. */
export interface TimeReading {
  /** In milliseconds since the epoch. */
  readonly timeMs: number;
  /** By the monotonic clock. */
  readonly atMs: number;
}

/** When a record came: on this machine's clock, and on the monotonic one. */
export interface Arrival {
  readonly nowMs: number;
  readonly atMs: number;
}

/**
 * The times of one channel's records. Keeps one wrong time from being believed: a time far from those
 * before it is suspect, until its arrival or the records that follow confirm it.
 */
export class ChannelTimes {
  /** The newest time that is not suspect, in milliseconds since the epoch; minus infinity before any. */
  newestMs: number = Number.NEGATIVE_INFINITY;
  /** When it came, by the monotonic clock. */
  newestAtMs: number = Number.NEGATIVE_INFINITY;
  /** Records of the channel that an earlier stream had received. */
  receivedBefore = 0;
  /** Records in a row that do not fit: each may be an outlier, or the market has jumped. Times ascend. */
  #suspects: TimeReading[] = [];
  /** The symbol of the last suspect, and how many records of the channel had come with it. */
  #symbol = "";
  #received = 0;
  readonly #outliers: (symbol: string, timesMs: readonly number[]) => void;

  /** `outliers` is called with times that proved wrong, and the symbol of the last of them. */
  constructor(outliers: (symbol: string, timesMs: readonly number[]) => void) {
    this.#outliers = outliers;
  }

  /** Whether some times are suspect. */
  get hasSuspects(): boolean {
    return this.#suspects.length > 0;
  }

  /** The newest time that is not suspect, and when it came. */
  get newest(): TimeReading {
    return { timeMs: this.newestMs, atMs: this.newestAtMs };
  }

  /** The newest time that may be right: suspects count, unless they are months off. */
  latest(nowMs: number): TimeReading {
    const possible = this.#suspects.filter(({ timeMs }) => timeMs > this.newestMs && this.isPossible(timeMs, nowMs));
    return possible.at(-1) ?? this.newest;
  }

  /** Whether a time may be right, for all that is known: false for what is months off. */
  isPossible(timeMs: number, nowMs: number): boolean {
    if (this.newestMs === Number.NEGATIVE_INFINITY) return Math.abs(timeMs - nowMs) <= LIMITS.maxFirstAgeMs;
    return Math.abs(timeMs - this.newestMs) <= LIMITS.certainOutlierMs;
  }

  /**
   * Checks a time that is neither a little newer than the newest nor a little older; `received` counts
   * the channel's records. The arrival confirms it if as much time has passed since, or if it is this
   * machine's time. Otherwise the records that follow have to confirm it; until
   * then it moves nothing. Returns whether it is usable as a lag.
   */
  check(timeMs: number, symbol: string, received: number, { nowMs, atMs }: Arrival): boolean {
    if (Number.isNaN(timeMs)) return false; // a raw record, whose time nothing else needs
    const isFirst = this.newestMs === Number.NEGATIVE_INFINITY;
    const expectedMs = this.newestMs + atMs - this.newestAtMs + LIMITS.maxTimeLeadMs;
    const isExpected = timeMs > this.newestMs && timeMs <= expectedMs;
    const ageMs = nowMs - timeMs;
    // Without neighbours, any time of the past may be that of a replay; but not year 1 or 1970.
    const maxAgeMs = isFirst ? LIMITS.maxFirstAgeMs : LIMITS.maxClockOffsetMs;
    const isNow = ageMs >= -LIMITS.maxTimeLeadMs && ageMs <= maxAgeMs;
    if (isExpected || (isNow && this.#isNowCredible(received, { nowMs, atMs }))) {
      this.#refute(this.#suspects.splice(0));
      this.#believe({ timeMs, atMs });
      return true;
    }
    const distanceMs = Math.abs(isFirst ? ageMs : timeMs - this.newestMs);
    const needed = distanceMs > LIMITS.farTimeMs ? LIMITS.farTimeConfirmations : LIMITS.timeConfirmations;
    this.#suspect({ timeMs, atMs }, symbol, received, needed);
    return Math.abs(ageMs) <= LIMITS.maxTimeLagMs;
  }

  /**
   * Whether the channel may bring this machine's time: not where its records have another one, as in a
   * replay. The first records alone prove nothing, because they may be the last ones of a quiet symbol.
   */
  #isNowCredible(received: number, { nowMs, atMs }: Arrival): boolean {
    if (received + this.receivedBefore <= LIMITS.farTimeConfirmations) return true;
    return Math.abs(nowMs - (this.newestMs + atMs - this.newestAtMs)) <= LIMITS.maxClockOffsetMs;
  }

  /** Suspects that were followed by a record with an ordinary time are outliers. */
  judge(received: number): void {
    if (received !== this.#received) this.#refute(this.#suspects.splice(0));
  }

  /** The connection is lost: suspects that are months off are outliers, though no record came to show it. */
  connectionLost(nowMs: number): void {
    const suspects = this.#suspects;
    this.#suspects = suspects.filter(({ timeMs }) => this.isPossible(timeMs, nowMs));
    this.#refute(suspects.filter((suspect) => !this.#suspects.includes(suspect)));
  }

  /**
   * Adds a suspect to those before it. A market that jumped goes on from there, while an outlier is
   * followed by earlier times: so a suspect is believed once `needed` in a row, with it, did not fall behind.
   */
  #suspect(reading: TimeReading, symbol: string, received: number, needed: number): void {
    const isAhead = ({ timeMs }: TimeReading): boolean => timeMs > this.newestMs;
    const isInARow = received === this.#received + 1;
    const isKept = (suspect: TimeReading): boolean => {
      const stepMs = reading.timeMs - suspect.timeMs;
      const follows = stepMs >= -LIMITS.maxTimeLeadMs && stepMs <= LIMITS.certainOutlierMs;
      return isInARow && follows && isAhead(suspect) === isAhead(reading);
    };
    const suspects = this.#suspects;
    this.#suspects = [...suspects.filter(isKept), reading];
    this.#refute(suspects.filter((suspect) => !isKept(suspect)));
    this.#symbol = symbol;
    this.#received = received;
    if (this.#suspects.length < needed) return;
    let next = this.#suspects.shift();
    while (next !== undefined) {
      this.#believe(next);
      const [following] = this.#suspects;
      const isNear = following !== undefined && following.timeMs <= next.timeMs + LIMITS.maxTimeLeadMs;
      next = isNear ? this.#suspects.shift() : undefined;
    }
  }

  #believe({ timeMs, atMs }: TimeReading): void {
    this.newestMs = timeMs;
    this.newestAtMs = atMs;
  }

  #refute(readings: readonly TimeReading[]): void {
    if (readings.length > 0)
      this.#outliers(
        this.#symbol,
        readings.map(({ timeMs }) => timeMs),
      );
  }
}
