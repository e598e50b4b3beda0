/**
 * Set on records of history alone: live records keep their shape, and reading them costs nothing. JSON,
 * consoles and `structuredClone` leave it out. The value is what history reports of a record that was
 * changed later, "" for all others. A `WeakSet` takes ten times as long.
 */
const FROM_HISTORY: unique symbol = Symbol("fromHistory");

interface Marked {
  [FROM_HISTORY]?: string;
}

/**
 * Marks a record as one of history, as a recording does with those that filled a gap. `change` is what history reports
 * of a record that was changed later.
 */
export function markFromHistory(record: object, change: string = ""): void {
  (record as Marked)[FROM_HISTORY] = change; // every record is an object that may be extended
}

/**
 * Whether a record comes from history: from a request for it, or from a stream that has filled a gap.
 *
 * @example `if (!isFromHistory(trade)) reactTo(trade);`
 */
export function isFromHistory(record: object): boolean {
  return FROM_HISTORY in record;
}

/** What history reports of a record that was changed later, such as "canceled"; "" for any other record. */
export function laterChange(record: object): string {
  return (record as Marked)[FROM_HISTORY] ?? "";
}
