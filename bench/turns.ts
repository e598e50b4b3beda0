/** Something that is measured again and again, in turn with others. */
export interface Contestant {
  readonly name: string;
  /** One round: a figure, larger or smaller is better by the unit. */
  measure(): number | Promise<number>;
}

/** Measures all contestants once a round, one after the other, and returns every round of each by name. */
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

/** How often per second `work` does one of the `count` things that it does, from running it for about `ms`. */
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
