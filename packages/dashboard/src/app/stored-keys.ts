/** A key with its secret, and the feed to read. */
export interface Keys {
  readonly apiKey: string;
  readonly secretKey: string;
  readonly feed: string;
}

/** In the storage of the tab: it ends with the tab, and no other tab reads it. */
const STORED = "tickerplant.keys";

/** The keys that this tab was given; undefined if it has none. */
export function storedKeys(): Keys | undefined {
  const stored = sessionStorage.getItem(STORED);
  // Only storeKeys writes the item.
  return stored === null ? undefined : (JSON.parse(stored) as Keys);
}

export function storeKeys(keys: Keys): void {
  sessionStorage.setItem(STORED, JSON.stringify(keys));
}

export function removeKeys(): void {
  sessionStorage.removeItem(STORED);
}
