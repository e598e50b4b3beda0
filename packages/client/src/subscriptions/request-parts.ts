import { WILDCARD, WIRE_LIMITS } from "../wire/index.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/** Removes entries from a set and returns them, as many as one request may carry. */
export function removeChunk(from: Set<LedgerEntry>): LedgerEntry[] {
  const chunk: LedgerEntry[] = [];
  let bytes = 256; // the action and every channel's name
  for (const entry of from) {
    bytes += entry.symbol.length + 3; // quotes and comma in JSON, the wider codec
    if (bytes > WIRE_LIMITS.maxRequestBytes) break;
    from.delete(entry);
    chunk.push(entry);
  }
  return chunk;
}

/**
 * Splits a rejected request into parts that are requested again, so that as much as possible is granted:
 * by halves of the user's calls until one call is alone; then, if the code is about a channel or a symbol, by
 * channel; and for a malformed symbol (400) by halves until it is alone. One part means that nothing is left to try.
 *
 * Halves find one bad call among a hundred with 14 more requests. Requested in their order, they grant the same
 * calls as one request for each: what fits under a limit comes first.
 *
 * A call that exceeds the symbol limit (405) is not split: half of the symbols would look like success.
 */
export function splitRejected(entries: readonly LedgerEntry[], serverCode: number | undefined): LedgerEntry[][] {
  const byCall = groupBy(entries, (entry) => entry.call);
  if (byCall.length > 1) return halvesOf(byCall).map((calls) => calls.flat());
  if (serverCode === 405) return byCall;
  const byChannel = groupBy(entries, (entry) => entry.channel);
  if (byChannel.length > 1) return byChannel;
  if (serverCode === 413 || serverCode === 409) return groupBy(entries, (entry) => entry.symbol === WILDCARD);
  if (serverCode !== 400 || entries.length < 2) return [[...entries]];
  return halvesOf(entries);
}

function halvesOf<T>(list: readonly T[]): [T[], T[]] {
  const half = Math.ceil(list.length / 2);
  return [list.slice(0, half), list.slice(half)];
}

function groupBy(entries: readonly LedgerEntry[], keyOf: (entry: LedgerEntry) => unknown): LedgerEntry[][] {
  const groups = new Map<unknown, LedgerEntry[]>();
  for (const entry of entries) {
    const group = groups.get(keyOf(entry));
    if (group === undefined) groups.set(keyOf(entry), [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
