import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { Random } from "../shared/random.ts";

/** The trades of a recording, by symbol, in its order. */
export class SymbolTrades {
  readonly bySymbol: Map<string, string[]> = new Map();
  count = 0;
  /** The time of the first record. */
  from = "";

  add(line: string): void {
    const record = JSON.parse(line) as { readonly T: string; readonly S: string; readonly t: string };
    this.from ||= record.t;
    if (record.T !== "t") return;
    this.count++;
    const keys = this.bySymbol.get(record.S) ?? [];
    this.bySymbol.set(record.S, keys);
    keys.push(keyOf(line));
  }

  /** What printed lines lack, repeat or put in another order. */
  problems(lines: readonly string[]): string[] {
    const got = new Map<string, string[]>();
    for (const line of lines) {
      const { T, S } = JSON.parse(line) as { readonly T: string; readonly S: string };
      if (T !== "t") continue;
      const keys = got.get(S) ?? [];
      got.set(S, keys);
      keys.push(keyOf(line));
    }
    return [...this.bySymbol].flatMap(([symbol, keys]) => differences(symbol, keys, got.get(symbol) ?? []));
  }
}

function differences(symbol: string, expected: readonly string[], got: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const key of got) counts.set(key, (counts.get(key) ?? 0) + 1);
  const missing = expected.filter((key) => !counts.has(key));
  const repeated = [...counts].filter(([, count]) => count > 1).map(([key]) => key);
  const problems = [
    ...missing.map((key) => `${symbol} lacks ${key}`),
    ...repeated.map((key) => `${symbol} repeats ${key}`),
  ];
  if (problems.length > 0) return problems;
  const at = expected.findIndex((key, index) => key !== got[index]);
  return at < 0 ? [] : [`${symbol} has ${got[at]} in place of ${expected[at]}`];
}

/** A trade as a string that its copy in another spelling has, too. */
function keyOf(line: string): string {
  const { t, x, i, p, s } = JSON.parse(line.replace(/"i":(\d+)/, '"i":"$1"')) as Record<string, unknown>;
  return `${String(t).replace(/\.?0*Z$/, "")} ${x} ${i} ${p} ${s}`;
}

export async function readTrades(file: string): Promise<SymbolTrades> {
  const input = createReadStream(file);
  const trades = new SymbolTrades();
  for await (const line of createInterface(file.endsWith(".gz") ? input.pipe(createGunzip()) : input)) trades.add(line);
  return trades;
}

const SYMBOLS = Array.from({ length: 20 }, (_, index) => `SEAM${String.fromCharCode(65 + index)}`);
const DAY_MS = 6.5 * 3_600_000;
const TRADES = 60_000;

/** Writes a made-up day: trades of twenty symbols, several within one millisecond now and then. */
export async function writeRecording(file: string): Promise<string> {
  const random = new Random(1);
  const times = Array.from({ length: TRADES }, () => Math.floor(random.next() * DAY_MS)).sort((a, b) => a - b);
  const startMs = Date.parse("2025-11-14T14:30:00Z");
  const lines = times.map((ms, id) => {
    const t = new Date(startMs + ms).toISOString().replace("Z", `${String(id % 1000).padStart(3, "0")}Z`);
    const S = SYMBOLS[Math.floor(random.next() * SYMBOLS.length)];
    return JSON.stringify({ T: "t", S, i: id + 1, x: "V", p: 100 + (id % 100) / 100, s: 100, c: ["@"], t, z: "C" });
  });
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}
