import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import { type Sending, withFrameServer } from "../frame-server.ts";
import type { CodecRates } from "../processes/compare-codec.ts";
import { nodeReader } from "../reader.ts";
import { median, type Row, rowOf } from "../row.ts";
import { inSlices } from "../slices.ts";
import { DATA_SETS, ROOT } from "../workload.ts";
import type { CodecCase } from "./codec.ts";

/**
 * This build beside another one, such as the commit before: both in turn, in slices so short that the
 * machine's other work hits both alike. `base` is the root of the other build.
 */
export async function compare(base: string, effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of codecCases(effort.isShort)) rows.push(...(await codecRows(base, one, effort)));
  for (const one of endToEndCases(effort.isShort)) rows.push(...(await endToEndRows(base, one, effort)));
  return rows;
}

function codecCases(isShort: boolean): readonly CodecCase[] {
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
async function codecRows(base: string, { codec, size, dataSet }: CodecCase, effort: Effort): Promise<Row[]> {
  const kinds = codec === Codec.JSON ? (["decode", "decodeText", "encode"] as const) : (["decode", "encode"] as const);
  const rounds: (readonly [CodecRates, CodecRates])[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    rounds.push([
      await answerOf<CodecRates>("compare-codec", [ROOT, base, codec, size, dataSet].map(String)),
      await answerOf<CodecRates>("compare-codec", [base, ROOT, codec, size, dataSet].map(String)),
    ]);
  }
  return kinds.map((kind) => {
    const rates = (inFirst: number, inSecond: number): number[] =>
      rounds.map(([first, second]) =>
        geometricMean(median(first[kind][inFirst] ?? []), median(second[kind][inSecond] ?? [])),
      );
    const does = kind === "decodeText" ? "decode text as in a browser" : kind;
    const what = `${does}, frames of ${size}, ${codec}, ${dataSet}`;
    return rowOf({ bench: "compare", case: what, peer: base, unit: "records/CPU s" }, rates(0, 1), rates(1, 0));
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
