/** What a process holds, in MiB. */
export interface Memory {
  /** When, in seconds of the soak. */
  readonly atS: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

const MIB = 1024 * 1024;

/** What this process holds now; `afterGc` collects garbage first, where Node was started with --expose-gc. */
export function memoryNow(atS: number, afterGc: boolean): Memory {
  if (afterGc) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { atS, heapMiB: heapUsed / MIB, rssMiB: rss / MIB };
}

/** By how much a figure grows, in MiB a minute: the line through all samples with the least squares. */
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
