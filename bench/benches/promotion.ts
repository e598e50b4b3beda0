import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { inTurn } from "../turns.ts";
import { DATA_SETS } from "../workload.ts";

const TARGET_ROWS = 300_000;
const TARGET_MS = 20;

/**
 * Measures the recorder's promotion: rows of trades and quotes by processor time, and the longest delay of the event
 * loop of a stream that is recorded at 100,000 records a second meanwhile. And the longest delay of a program that reads
 * what is still in the log, as a gateway's history does.
 */
export async function promotion({ rounds, isShort }: Effort): Promise<Row[]> {
  const rowCount = isShort ? 400_000 : 1_000_000;
  const rows: Row[] = [];
  for (const dataSet of isShort ? DATA_SETS.slice(0, 1) : DATA_SETS) {
    const [during = [], alone = [], reading = [], rate = []] = await measured(
      ["delay", "delay-alone", "delay-reading", "rows"],
      rowCount,
      dataSet,
      rounds,
    );
    const names = { bench: "promotion", case: dataSet };
    const delay = { ...names, unit: "ms, longest delay" };
    rows.push(
      rowOf(
        { ...names, peer: "target of 300,000", unit: "rows/CPU s" },
        rate,
        rate.map(() => TARGET_ROWS),
      ),
      rowOf(
        { ...delay, peer: "target of 20 ms" },
        during,
        during.map(() => TARGET_MS),
      ),
      rowOf({ ...delay, peer: "recording alone" }, during, alone),
      rowOf(
        { ...names, peer: "target of 20 ms", unit: "ms, longest delay of a reader" },
        reading,
        reading.map(() => TARGET_MS),
      ),
    );
  }
  return rows;
}

/** Runs each kind in turn, and returns its values. */
async function measured(
  kinds: readonly string[],
  rowCount: number,
  dataSet: string,
  rounds: number,
): Promise<number[][]> {
  const contestants = kinds.map((kind) => ({
    name: kind,
    measure: () => answerOf<number>("promotion", [kind, String(rowCount), dataSet]),
  }));
  const values = await inTurn(contestants, rounds);
  return kinds.map((kind) => [...(values[kind] ?? [])]);
}
