import type { MarketRecord } from "@tickerplant/client/wire";

/** Which records of its files a replay publishes. */
export interface RecordFilter {
  /** Whether it selects every record. */
  readonly isOpen: boolean;
  readonly channels: ReadonlySet<string> | undefined;
  readonly symbols: ReadonlySet<string> | undefined;
  /** In nanoseconds since the Unix epoch; both ends are included. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
}

/** Returns whether a filter selects a record. */
export function matches({ channel, symbol, timestampNs }: MarketRecord, filter: RecordFilter): boolean {
  const { channels, symbols, fromNs, toNs } = filter;
  if (channels !== undefined && !channels.has(channel)) return false;
  if (symbols !== undefined && !symbols.has(symbol)) return false;
  return (fromNs === undefined || timestampNs >= fromNs) && (toNs === undefined || timestampNs <= toNs);
}
