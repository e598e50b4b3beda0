import { Codec } from "@tickerplant/client/wire";
import { answerOf } from "../child.ts";
import type { Effort } from "../effort.ts";
import { type Row, rowOf } from "../row.ts";
import { FRAME_SIZES } from "../workload.ts";

type Rounds = Readonly<Record<string, readonly number[]>>;

/** Bytes to records and back, beside the packages that do so: no socket, one process a case. */
export async function codec({ rounds, roundMs }: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of [Codec.MSGPACK, Codec.JSON]) {
    for (const size of FRAME_SIZES) {
      const args = [name, size, rounds, roundMs].map(String);
      const results = await answerOf<{ decode: Rounds; bytes: Rounds; encode: Rounds }>("codec", args, ["--expose-gc"]);
      const units = { decode: "records/s", bytes: "bytes allocated a record", encode: "records/s" };
      for (const [what, byName] of Object.entries(results)) {
        const { ours = [], ...peers } = byName;
        const does = what === "encode" ? "encode" : "decode";
        for (const [peer, theirs] of Object.entries(peers)) {
          const unit = units[what as keyof typeof units]; // the keys are those of the answer
          rows.push(rowOf({ bench: "codec", case: `${does}, frames of ${size}, ${name}`, peer, unit }, ours, theirs));
        }
      }
    }
  }
  return rows;
}
