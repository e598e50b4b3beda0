import { Reader, type ReaderCommand } from "./reader.ts";
import type { Rates } from "./slices.ts";

/** Readings that load and compile, and do not count. */
const WARM_UP_ROUNDS = 1;

/**
 * Lets readers of a history read all of it once per round, in turn; the processes live through all rounds.
 * Returns their rates by name. The processor time is that of the reader, or of what `cpuS` returns in seconds.
 *
 * @throws Error when a reader has read another number of messages than `count`.
 */
export async function readInTurn(
  commands: readonly ReaderCommand[],
  count: number,
  rounds: number,
  cpuS?: () => Promise<number>,
): Promise<ReadonlyMap<string, Rates>> {
  const readings = commands.map((command) => new Readings(command, count, cpuS));
  try {
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
      for (const reading of readings) await reading.measure(round >= 0);
    return new Map(readings.map(({ name, rates }) => [name, rates]));
  } finally {
    await Promise.all(readings.map((reading) => reading.end()));
  }
}

/** One reader and its rates. */
class Readings {
  readonly name: string;
  readonly rates: Rates = { clock: [], cpu: [] };
  readonly #reader: Reader;
  readonly #count: number;
  readonly #cpuS: (() => Promise<number>) | undefined;
  #messages = 0;
  /** Of the reader, as of its last reading: it is idle between two. */
  #readerCpuS = 0;

  constructor(command: ReaderCommand, count: number, cpuS: (() => Promise<number>) | undefined) {
    this.name = command.name;
    this.#reader = new Reader(command);
    this.#count = count;
    this.#cpuS = cpuS;
  }

  async measure(counts: boolean): Promise<void> {
    const cpuBeforeS = (await this.#cpuS?.()) ?? this.#readerCpuS;
    const startedAt = performance.now();
    const { messages, cpuS } = await this.#reader.totals();
    const elapsedS = (performance.now() - startedAt) / 1000;
    const usedS = ((await this.#cpuS?.()) ?? cpuS) - cpuBeforeS;
    const read = messages - this.#messages;
    if (read !== this.#count) throw new Error(`the reader "${this.name}" read ${read} of ${this.#count}`);
    this.#messages = messages;
    this.#readerCpuS = cpuS;
    if (!counts) return;
    this.rates.clock.push(read / elapsedS);
    this.rates.cpu.push(read / usedS);
  }

  end(): Promise<void> {
    return this.#reader.end();
  }
}
