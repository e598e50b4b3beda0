import type { RecentOfSymbol, RecentRecord, RecentRecords } from "./recent-records.ts";

/** What was delivered of one channel. */
export type DeliveredRecords = Pick<
  RecentRecords,
  "add" | "bySymbol" | "forgetAll" | "symbols" | "keepsAll" | "rememberedNs"
>;

/**
 * Remembers the newest record of each symbol, for a channel whose records contain the earlier ones: of daily bars a
 * window would hold the hundreds of a whole day.
 */
export class NewestRecords implements DeliveredRecords {
  /** Without effect: the newest records are kept in any case. */
  keepsAll = false;
  /** Records of one running period have no places in time. */
  readonly rememberedNs = undefined;
  readonly #bySymbol = new Map<string, RecentRecord>();

  /** Adds a record that was delivered. */
  add(symbol: string, _symbolNumber: number, seconds: number, nanos: number, identity: number): void {
    this.#bySymbol.set(symbol, { seconds, nanos, identity });
  }

  /** What was delivered, by symbol. Of earlier times everything is over. */
  bySymbol(): ReadonlyMap<string, RecentOfSymbol> {
    return new Map(
      [...this.#bySymbol].map(([symbol, newest]) => [
        symbol,
        { records: [newest], forgotten: { seconds: newest.seconds - 1, nanos: newest.nanos } },
      ]),
    );
  }

  /** Without effect: each symbol has times of its own here. */
  forgetAll(): void {}

  /** The symbols of which records were delivered. */
  symbols(): string[] {
    return [...this.#bySymbol.keys()];
  }
}
