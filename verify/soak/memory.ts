/** The memory of a process, in MiB. */
export interface Memory {
  /** Time since the start of the soak, in seconds. */
  readonly atS: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

const MIB = 1024 * 1024;

/** Returns the memory of this process; `afterGc` collects garbage first, if Node was started with --expose-gc. */
export function memoryNow(atS: number, afterGc: boolean): Memory {
  if (afterGc) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { atS, heapMiB: heapUsed / MIB, rssMiB: rss / MIB };
}

/** Returns the growth of a figure in MiB a minute: the slope of the least-squares line through all samples. */
export function growthPerMinute(samples: readonly Memory[], figure: "heapMiB" | "rssMiB"): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanX = samples.reduce((sum, { atS }) => sum + atS / 60, 0) / count;
  const meanY = samples.reduce((sum, sample) => sum + sample[figure], 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.atS / 60 - meanX) * (sample[figure] - meanY);
    variance += (sample.atS / 60 - meanX) ** 2;
  }
  return covariance / variance;
}
