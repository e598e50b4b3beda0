import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import { type Sending, withFrameServer } from "../frame-server.ts";
import type { CodecRates } from "../processes/compare-codec.ts";
import { nodeReader } from "../reader.ts";
import { median, type Row, rowOf } from "../row.ts";
import { inSlices } from "../slices.ts";
import { DATA_SETS, type DataSet, ROOT } from "../workload.ts";

/**
 * This build beside another one, such as the commit before: both in turn, in slices so short that the
 * machine's other work hits both alike. `base` is the root of the other build.
 */
export async function compare(base: string, effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { codec, size, dataSet } of cases(effort.isShort)) {
    rows.push(...(await codecRows(base, codec, size, dataSet, effort)));
  }
  for (const one of endToEndCases(effort.isShort)) rows.push(...(await endToEndRows(base, one, effort)));
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

interface EndToEndCase extends Pick<Sending, "codec" | "scheme"> {
  /** A kind of `processes/frame-reader.ts` that both builds have. */
  readonly kind: string;
}

function endToEndCases(isShort: boolean): readonly EndToEndCase[] {
  const clear = { codec: Codec.MSGPACK, scheme: "ws" } as const;
  const ways = isShort ? ["sync handler"] : ["sync handler", "async handler", "iterator", "rawData"];
  return [
    ...ways.map((kind) => ({ ...clear, kind })),
    { ...clear, codec: Codec.JSON, kind: "sync handler" },
    { ...clear, scheme: "wss", kind: "sync handler" },
  ];
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

/** Readers of both builds, each in its own process. */
async function endToEndRows(base: string, one: EndToEndCase, { readerRounds }: Effort): Promise<Row[]> {
  const { codec, scheme, kind } = one;
  // Ten frames a write, so that no reader waits for the server and wakes up for less.
  const sending = { codec, scheme, size: 100, dataSet: "simulated", framesAWrite: 10 } as const;
  const rates = await withFrameServer(sending, (url) =>
    inSlices(
      [ROOT, base].map((build) => nodeReader(`${kind} of ${build}`, build, kind, url, codec, 100)),
      readerRounds,
    ),
  );
  const [ours, theirs] = rates ?? [];
  if (ours === undefined || theirs === undefined) return [];
  const secure = scheme === "wss" ? ", TLS" : "";
  const names = { bench: "compare", case: `end to end, frames of 100, ${codec}${secure}, ${kind}`, peer: base };
  return [
    rowOf({ ...names, unit: "messages/s" }, ours.clock, theirs.clock),
    rowOf({ ...names, unit: "messages/CPU s" }, ours.cpu, theirs.cpu),
  ];
}
