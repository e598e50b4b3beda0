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

/** Does something with a range of frames. */
export type FrameWork = (from: number, to: number) => void;

/** Shorter than the bursts of other work on a machine, so that they affect all works of a turn alike. */
const SLICE_MS = 15;
/** Turns until the engine has compiled all works. */
const WARM_UP_TURNS = 20;
/** The clock is read after so many records: rarely beside their work, and often in a slice. */
const RECORDS_A_STEP = 2_000;

/**
 * Measures works on the same frames in turn, in the same process and in slices of 15 ms; the order
 * alternates. Returns the records per second of processor time of each slice, for each work.
 */
export function framesInTurn(
  works: readonly FrameWork[],
  { count, size }: { readonly count: number; readonly size: number },
  turns: number,
): number[][] {
  const rates: number[][] = works.map(() => []);
  const starts = works.map(() => 0);
  const step = Math.max(1, Math.floor(RECORDS_A_STEP / size));
  const slice = (index: number): number => {
    const startedAtS = cpuS();
    let records = 0;
    let elapsedS = 0;
    do {
      const from = starts[index] ?? 0;
      const to = Math.min(from + step, count);
      works[index]?.(from, to);
      starts[index] = to === count ? 0 : to;
      records += (to - from) * size;
      elapsedS = cpuS() - startedAtS;
    } while (elapsedS < SLICE_MS / 1000);
    return records / elapsedS;
  };
  const indices = [...works.keys()];
  for (let turn = -WARM_UP_TURNS; turn < turns; turn++) {
    for (const index of turn % 2 === 0 ? indices : indices.toReversed()) {
      const rate = slice(index);
      if (turn >= 0) rates[index]?.push(rate);
    }
  }
  return rates;
}

/** Processor time of this process in seconds, without that of other programs on a busy machine. */
function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
