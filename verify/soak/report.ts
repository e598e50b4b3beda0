import { type Alignment, table } from "../shared/table.ts";
import type { ChannelAccount } from "./channel-account.ts";
import type { Counter } from "./handlers.ts";
import { growthPerMinute, type Memory } from "./memory.ts";
import type { Counted } from "./questions.ts";

/** The outcome of a soak. */
export interface Outcome {
  readonly seconds: number;
  readonly sent: Readonly<Record<Counted, number>>;
  readonly accounts: Readonly<Record<Counted, ChannelAccount>>;
  readonly counters: readonly Counter[];
  readonly dropped: number;
  readonly conflated: number;
  readonly cuts: number;
  readonly reconnects: number;
  readonly gaps: number;
  readonly lagMs: { readonly p50: number; readonly p99: number };
  /** Samples after the warm-up, every ten seconds, and at the end; the first and the last follow a garbage collection. */
  readonly memory: readonly Memory[];
  readonly gatewayRssMiB: readonly [start: number, end: number];
}

/** How much RSS may grow after the warm-up. */
const ALLOWED_GROWTH = { factor: 1.2, plusMiB: 20 };

const COLUMNS = ["", "channel", "sent", "delivered", "dropped", "conflated", "in gaps", "late in gaps", "unaccounted"];
const ALIGNMENTS = COLUMNS.map((_, column): Alignment => (column < 2 ? "left" : "right"));

/** Prints the outcome; returns a sentence for each failure. */
export function report(outcome: Outcome): string[] {
  const wrong: string[] = [];
  const rows: string[][] = [COLUMNS];
  console.log(
    `\n${Math.round(outcome.seconds)} s, ${outcome.cuts} cuts, ${outcome.reconnects} reconnects, ${outcome.gaps} gaps\n`,
  );
  for (const { name, channel, loses, delivered, disordered } of outcome.counters) {
    const { missing } = outcome.accounts[channel];
    const dropped = loses === "dropped" ? outcome.dropped : 0;
    const conflated = loses === "conflated" ? outcome.conflated : 0;
    const sent = outcome.sent[channel];
    const unaccounted = sent - delivered - dropped - conflated - missing.inGap - missing.late;
    const numbers = [sent, delivered, dropped, conflated, missing.inGap, missing.late, unaccounted];
    rows.push([name, channel, ...numbers.map((number) => number.toLocaleString("en-US"))]);
    if (unaccounted !== 0) wrong.push(`${unaccounted} ${channel} of the ${name} are unaccounted for`);
    if (disordered > 0) wrong.push(`${disordered} ${channel} of the ${name} were out of order`);
  }
  console.log(table(rows, ALIGNMENTS));
  for (const { channel, disordered } of Object.values(outcome.accounts)) {
    if (disordered > 0) wrong.push(`${disordered} ${channel} were received twice or out of order`);
  }
  const sentInAll = Object.values(outcome.sent).reduce((sum, count) => sum + count, 0);
  const { p50, p99 } = outcome.lagMs;
  console.log(`\n${Math.round(sentInAll / outcome.seconds).toLocaleString("en-US")} records a second sent`);
  console.log(`lag of quotes at the fast handler: p50 ${p50} ms, p99 ${p99} ms`);
  wrong.push(...reportMemory(outcome));
  return wrong;
}

function reportMemory({ memory, gatewayRssMiB }: Outcome): string[] {
  const start = memory[0];
  const end = memory.at(-1);
  if (start === undefined || end === undefined) return ["no memory was measured"];
  const line = (name: string, from: number, to: number, slope: number): void =>
    console.log(
      `${name.padEnd(16)}${from.toFixed(1)} MiB after ${Math.round(start.atS)} s, ${to.toFixed(1)} MiB at the end, ` +
        `${slope.toFixed(2)} MiB a minute`,
    );
  const between = memory.slice(1, -1);
  line("client, heap", start.heapMiB, end.heapMiB, growthPerMinute(between, "heapMiB"));
  line("client, RSS", start.rssMiB, end.rssMiB, growthPerMinute(between, "rssMiB"));
  const [gatewayStart, gatewayEnd] = gatewayRssMiB;
  console.log(
    `gateway, RSS    ${gatewayStart.toFixed(1)} MiB after the warm-up, ${gatewayEnd.toFixed(1)} MiB at the end`,
  );
  const limit = start.rssMiB * ALLOWED_GROWTH.factor + ALLOWED_GROWTH.plusMiB;
  if (end.rssMiB <= limit) return [];
  return [`RSS grew to ${end.rssMiB.toFixed(1)} MiB, above the ${limit.toFixed(1)} MiB allowed`];
}
