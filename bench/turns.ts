/** Something that is measured in several rounds, in turn with others. */
export interface Contestant {
  readonly name: string;
  /** Runs one round and returns its value. */
  measure(): number | Promise<number>;
}

/** Measures all contestants once per round, one after the other, and returns every round of each by name. */
export async function inTurn(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const results: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of contestants) {
      const list = results[name] ?? [];
      results[name] = list;
      list.push(await measure());
    }
  }
  return results;
}

/** Runs `work` for about `ms` milliseconds and returns operations per second; each call does `count` operations. */
export function perSecond(count: number, ms: number, work: () => void): number {
  const startedAt = performance.now();
  let done = 0;
  let elapsedMs = 0;
  do {
    work();
    done += count;
    elapsedMs = performance.now() - startedAt;
  } while (elapsedMs < ms);
  return (done / elapsedMs) * 1000;
}
