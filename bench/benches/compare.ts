import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import type { ReaderAnswer, ReaderQuestion } from "../processes/compare-reader.ts";
import { type Row, rowOf } from "../row.ts";
import { Worker } from "../worker.ts";
import { DATA_SETS, type DataSet } from "../workload.ts";

/** Rates of both builds, in the order in which they were measured. */
export interface Pairs {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

const WARM_UP_SLICES = 4;
/** Long enough for a reader to use up what the kernel had ready for it while it was stopped. */
const END_TO_END_SLICE_MS = 150;

/**
 * This build beside another one, such as the commit before: both in turn, in slices so short that the
 * machine's other work hits both alike. `base` is the root of the other build.
 */
export async function compare(base: string, effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { codec, size, dataSet } of cases(effort.isShort)) {
    rows.push(...(await codecRows(base, codec, size, dataSet, effort)));
  }
  for (const codec of effort.isShort ? [Codec.MSGPACK] : Object.values(Codec)) {
    rows.push(await endToEndRow(base, codec, effort));
  }
  return rows;
}

interface Case {
  readonly codec: Codec;
  readonly size: number;
  readonly dataSet: DataSet;
}

function cases(isShort: boolean): readonly Case[] {
  return Object.values(Codec).flatMap((codec) =>
    DATA_SETS.flatMap((dataSet) =>
      (isShort || dataSet !== "simulated" ? [100] : [100, 1]).map((size) => ({ codec, size, dataSet })),
    ),
  );
}

/** Decoders and encoders of both builds in one process. */
async function codecRows(base: string, codec: Codec, size: number, dataSet: DataSet, effort: Effort): Promise<Row[]> {
  const args = [base, codec, size, dataSet, effort.rounds].map(String);
  const results = await answerOf<Readonly<Record<string, Pairs>>>("compare-codec", args);
  return Object.entries(results).map(([does, { ours, theirs }]) =>
    rowOf(
      { bench: "compare", case: `${does}, frames of ${size}, ${codec}, ${dataSet}`, peer: base, unit: "records/CPU s" },
      ours,
      theirs,
    ),
  );
}

/** Two reader processes that live as long as the comparison; one of them is stopped at any time. */
async function endToEndRow(base: string, codec: Codec, { rounds }: Effort): Promise<Row> {
  const server = new Worker<Record<string, never>>("frame-server", [codec, 100, "simulated", 1]);
  const url = await server.ask<string>({});
  const root = new URL("../../..", import.meta.url).pathname;
  const readers = [root, base].map((build) => new Worker<ReaderQuestion>("compare-reader", [build, url, codec]));
  const rates: number[][] = readers.map(() => []);
  for (const reader of readers) reader.signal("SIGSTOP");
  for (let slice = -WARM_UP_SLICES; slice < rounds * 6; slice++) {
    for (const [index, reader] of readers.entries()) {
      reader.signal("SIGCONT");
      const { messages, cpuS } = await reader.ask<ReaderAnswer>({ ms: END_TO_END_SLICE_MS });
      reader.signal("SIGSTOP");
      if (slice >= 0) rates[index]?.push(messages / cpuS);
    }
  }
  for (const reader of readers) {
    reader.signal("SIGCONT");
    reader.end();
  }
  server.end();
  const [ours = [], theirs = []] = rates;
  const what = `end to end, frames of 100, ${codec}, sync handler`;
  return rowOf({ bench: "compare", case: what, peer: base, unit: "messages/CPU s" }, ours, theirs);
}
