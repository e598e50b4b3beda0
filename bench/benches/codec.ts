import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { DATA_SETS, type DataSet, FRAME_SIZES } from "../workload.ts";

type Rounds = Readonly<Record<string, readonly number[]>>;

/** Measures decoding and encoding, compared with other packages: no socket, one process per case. */
export async function codec({ rounds, roundMs, isShort }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { codec: name, size, dataSet } of cases(isShort)) {
    const args = [name, size, dataSet, rounds, roundMs].map(String);
    const results = await answerOf<{ decode: Rounds; bytes: Rounds; encode: Rounds }>("codec", args, ["--expose-gc"]);
    const units = { decode: "records/s", bytes: "bytes allocated a record", encode: "records/s" };
    for (const [what, byName] of Object.entries(results)) {
      const { ours = [], ...peers } = byName;
      const does = what === "encode" ? "encode" : "decode";
      const title = `${does}, frames of ${size}, ${name}${dataSet === "simulated" ? "" : `, ${dataSet}`}`;
      for (const [peer, theirs] of Object.entries(peers)) {
        const unit = units[what as keyof typeof units]; // the keys are those of the answer
        rows.push(rowOf({ bench: "codec", case: title, peer, unit }, ours, theirs));
      }
    }
  }
  return rows;
}

interface Case {
  readonly codec: Codec;
  readonly size: number;
  readonly dataSet: DataSet;
}

/** Every codec and size with simulated records; frames of 100 with real ticks where those exist. */
function cases(isShort: boolean): readonly Case[] {
  return Object.values(Codec).flatMap((codec): Case[] => {
    if (isShort) return [{ codec, size: 100, dataSet: "simulated" }];
    return DATA_SETS.flatMap((dataSet) =>
      (dataSet === "simulated" ? FRAME_SIZES : [100]).map((size): Case => ({ codec, size, dataSet })),
    );
  });
}
