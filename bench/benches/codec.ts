import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import type { CodecResults } from "../processes/codec.ts";
import { type Row, rowOf } from "../row.ts";
import { DATA_SETS, type DataSet, FRAME_SIZES } from "../workload.ts";

/** Slices of each contestant for one round of other benchmarks. */
const TURNS_A_ROUND = 12;
const RATE = "records/CPU s";
/** What a result measures, and its unit. */
const KINDS = {
  decode: ["decode", RATE],
  bytes: ["decode", "bytes allocated a record"],
  decodeText: ["decode text as in a browser", RATE],
  encode: ["encode", RATE],
} as const;

/** Measures decoding and encoding, compared with other packages: no socket, one process per case. */
export async function codec({ rounds, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { codec: name, size, dataSet } of cases(isShort)) {
    const args = [name, size, dataSet, rounds * TURNS_A_ROUND].map(String);
    const results = await answerOf<CodecResults>("codec", args, ["--expose-gc"]);
    const title = `frames of ${size}, ${name}${dataSet === "simulated" ? "" : `, ${dataSet}`}`;
    for (const [kind, [does, unit]] of Object.entries(KINDS)) {
      const { ours = [], ...peers } = results[kind as keyof typeof KINDS]; // a key of KINDS
      for (const [peer, theirs] of Object.entries(peers)) {
        rows.push(rowOf({ bench: "codec", case: `${does}, ${title}`, peer, unit }, ours, theirs));
      }
    }
  }
  return rows;
}

/** What a codec is measured with. */
export interface CodecCase {
  readonly codec: Codec;
  readonly size: number;
  readonly dataSet: DataSet;
}

/** Every codec and size with simulated records; frames of 100 with real ticks where those exist. */
function cases(isShort: boolean): readonly CodecCase[] {
  return Object.values(Codec).flatMap((codec): CodecCase[] => {
    if (isShort) return [{ codec, size: 100, dataSet: "simulated" }];
    return DATA_SETS.flatMap((dataSet) =>
      (dataSet === "simulated" ? FRAME_SIZES : [100]).map((size): CodecCase => ({ codec, size, dataSet })),
    );
  });
}
