import { fileURLToPath } from "node:url";
import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import type { CodecRates } from "../processes/compare-codec.ts";
import type { ReaderAnswer, ReaderQuestion } from "../processes/compare-reader.ts";
import { median, type Row, rowOf } from "../row.ts";
import { Worker } from "../worker.ts";
import { DATA_SETS, type DataSet } from "../workload.ts";

/** This build. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

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

/**
 * Decoders and encoders of both builds in one process. A round is two processes, and each build is
 * loaded first in one of them: the order alone is worth up to a third, by what is compiled first and
 * where it lies in memory.
 */
async function codecRows(base: string, codec: Codec, size: number, dataSet: DataSet, effort: Effort): Promise<Row[]> {
  const ours: Record<"decode" | "encode", number[]> = { decode: [], encode: [] };
  const theirs: typeof ours = { decode: [], encode: [] };
  for (let round = 0; round < effort.rounds; round++) {
    const [first, second] = [
      await answerOf<CodecRates>("compare-codec", [ROOT, base, codec, size, dataSet].map(String)),
      await answerOf<CodecRates>("compare-codec", [base, ROOT, codec, size, dataSet].map(String)),
    ];
    for (const does of ["decode", "encode"] as const) {
      ours[does].push(geometricMean(median(first[does][0]), median(second[does][1])));
      theirs[does].push(geometricMean(median(first[does][1]), median(second[does][0])));
    }
  }
  return (["decode", "encode"] as const).map((does) => {
    const what = `${does}, frames of ${size}, ${codec}, ${dataSet}`;
    return rowOf({ bench: "compare", case: what, peer: base, unit: "records/CPU s" }, ours[does], theirs[does]);
  });
}

function geometricMean(a: number, b: number): number {
  return Math.sqrt(a * b);
}

/** Two reader processes that live as long as the comparison; one of them is stopped at any time. */
async function endToEndRow(base: string, codec: Codec, { rounds }: Effort): Promise<Row> {
  const server = new Worker<Record<string, never>>("frame-server", [codec, 100, "simulated", 1]);
  const url = await server.ask<string>({});
  const readers = [ROOT, base].map((build) => new Worker<ReaderQuestion>("compare-reader", [build, url, codec]));
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
