import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Random } from "../shared/random.ts";
import { run } from "../shared/run-command.ts";

const PROGRAM = fileURLToPath(new URL("damage-process.js", import.meta.url));

/** Cases of one process: a few seconds, and far below the limit of a command. */
const BATCH = 25;

/** A file that is no longer as it was written. */
export interface Damage {
  readonly kind: "bits" | "cut" | "zeros" | "moved";
  /** Where it begins. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Damages the bytes of a file: flips bits, cuts the end off, or overwrites a range with zeros or with other bytes of it. */
export function randomDamage(random: Random, bytes: Buffer): Damage {
  const changed = Buffer.from(bytes);
  const offset = random.below(bytes.length);
  const length = random.between(1, Math.min(4_096, bytes.length - offset));
  const kind = random.pick(["bits", "bits", "cut", "zeros", "moved"] as const);
  if (kind === "cut") return { kind, offset, bytes: changed.subarray(0, offset) };
  if (kind === "zeros") changed.fill(0, offset, offset + length);
  else if (kind === "moved") {
    const from = random.below(bytes.length - length + 1);
    bytes.copy(changed, offset, from, from + length);
  } else for (let left = random.between(1, 4); left > 0; left--) flipBit(changed, random.below(bytes.length * 8));
  return { kind, offset, bytes: changed };
}

function flipBit(bytes: Buffer, bit: number): void {
  const at = bit >> 3;
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at);
}

/** Describes a damage in a few words. */
export function describeDamage({ kind, offset }: Damage): string {
  return `${kind} at ${offset}`;
}

/** Damages files of recordings, in processes of their own: a crash is found as well. Returns what is wrong. */
export async function damageFiles(seed: number, count: number): Promise<string[]> {
  const problems: string[] = [];
  for (let done = 0; done < count; done += BATCH) {
    const batch = Math.min(BATCH, count - done);
    const args = [PROGRAM, String(seed + done), String(batch)];
    const { code, output } = await run(process.execPath, args, tmpdir());
    problems.push(...problemsIn(output.trim().split("\n"), code));
  }
  return problems;
}

function problemsIn(lines: readonly string[], code: number | undefined): string[] {
  let current = "";
  const problems: string[] = [];
  for (const line of lines) {
    if (line.startsWith("case ")) current = line.slice("case ".length);
    else if (line.startsWith("problem ")) problems.push(`seed ${current}: ${line.slice("problem ".length)}`);
  }
  if (code !== 0 || lines.at(-1) !== "end")
    problems.push(`seed ${current}: the process ended with ${code ?? "a signal"}: ${lines.slice(-8).join(" / ")}`);
  return problems;
}
