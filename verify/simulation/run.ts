import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { table } from "../shared/table.ts";
import { simulateCluster } from "./cluster/cluster-world.ts";
import { simulateEnd } from "./ending-world.ts";
import type { FaultKind } from "./fault-injector.ts";
import { relayCount } from "./relay-chain.ts";
import { type Outcome, simulate } from "./world.ts";

/** The number of seeds that a worker simulates before it reports. */
const BATCH_SEEDS = 50;

const HELP = `Usage: npm run simulate -- [--seeds N] [--from S] [--workers N] [--relays | --once | --cluster] [--bail]
       npm run simulate -- --seed S [--once | --cluster]

Simulates N worlds of clients, network and gateway (default 1,000, from seed 1), and reports the first
seed that violates an invariant; with --bail it stops soon after that one, with --relays it skips the
seeds whose world has no relay, with --once it simulates worlds that end, and with
--cluster ingests that lead a feed in turn, which have seeds of their own. With --seed it simulates that seed alone, and prints the events before the violation.`;

/** The result of a batch of seeds. */
interface Batch {
  readonly seeds: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly published: number;
  readonly gaps: number;
  readonly failed: readonly Outcome[];
}

/** Which worlds are simulated: all, those with relays, those that end, or those of a cluster. */
type Kind = "all" | "relays" | "once" | "cluster";

const SIMULATE = { all: simulate, relays: simulate, once: simulateEnd, cluster: simulateCluster } as const;

async function simulateBatch(from: number, seeds: number, kind: Kind): Promise<Batch> {
  const faults = new Map<FaultKind, number>();
  const failed: Outcome[] = [];
  let published = 0;
  let gaps = 0;
  let unhandled: unknown;
  const onUnhandled = (reason: unknown): void => {
    unhandled = reason ?? new Error("without a reason");
  };
  process.on("unhandledRejection", onUnhandled);
  process.on("uncaughtException", onUnhandled);
  let simulated = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    if (kind === "relays" && relayCount(seed) === 0) continue;
    simulated++;
    let outcome = await SIMULATE[kind](seed);
    await new Promise((resolve) => setImmediate(resolve)); // unhandled rejections are reported between tasks
    if (unhandled !== undefined && outcome.failure === undefined) {
      const text = unhandled instanceof Error ? unhandled.stack : String(unhandled);
      outcome = { ...outcome, failure: { message: `not caught: ${text}`, trace: [] } };
    }
    unhandled = undefined;
    for (const [kind, count] of outcome.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
    published += outcome.published;
    gaps += outcome.gaps;
    if (outcome.failure !== undefined) failed.push(outcome);
  }
  process.off("unhandledRejection", onUnhandled);
  process.off("uncaughtException", onUnhandled);
  return { seeds: simulated, faults, published, gaps, failed };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      workers: { type: "string", default: String(availableParallelism()) },
      relays: { type: "boolean", default: false },
      once: { type: "boolean", default: false },
      cluster: { type: "boolean", default: false },
      bail: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { relays, once, cluster } = values;
  const kind = cluster ? "cluster" : once ? "once" : relays ? "relays" : "all";
  if (values.seed !== undefined) {
    const { failed } = await simulateBatch(Number(values.seed), 1, kind === "relays" ? "all" : kind);
    for (const { failure } of failed)
      console.log(`${failure?.trace.slice(-TRACE_LINES).join("\n")}\n\n${failure?.message}`);
    if (failed.length === 0) console.log(`seed ${values.seed} passed`);
    return failed.length === 0 ? 0 : 1;
  }
  const { from, seeds, workers, bail } = values;
  return report(await withWorkers(Number(from), Number(seeds), Number(workers), bail, kind), kind);
}

/** The number of lines of a failing seed's trace that are printed. */
const TRACE_LINES = 80;

interface Total {
  seeds: number;
  readonly faults: Map<FaultKind, number>;
  published: number;
  gaps: number;
  readonly failed: Outcome[];
  readonly seconds: number;
}

async function withWorkers(from: number, seeds: number, workers: number, bails: boolean, kind: Kind): Promise<Total> {
  const startedMs = performance.now();
  const total: Omit<Total, "seconds"> = { seeds: 0, faults: new Map(), published: 0, gaps: 0, failed: [] };
  const end = from + seeds;
  let next = from;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url));
    while (next < end && !(bails && total.failed.length > 0)) {
      const batch: Batch = await new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.postMessage({ from: next, seeds: Math.min(BATCH_SEEDS, end - next), kind });
        next += BATCH_SEEDS;
      });
      worker.removeAllListeners("error");
      total.seeds += batch.seeds;
      total.published += batch.published;
      total.gaps += batch.gaps;
      total.failed.push(...batch.failed);
      for (const [kind, count] of batch.faults) total.faults.set(kind, (total.faults.get(kind) ?? 0) + count);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { ...total, seconds: (performance.now() - startedMs) / 1000 };
}

function report({ seeds, faults, published, gaps, failed, seconds }: Total, kind: Kind): number {
  console.log(`${seeds} seeds in ${seconds.toFixed(1)} s, ${Math.round(seeds / seconds)} a second`);
  console.log(`${published} records published, ${gaps} gaps reported; faults by kind:`);
  const byKind = [...faults].sort(([one], [other]) => (one < other ? -1 : 1));
  console.log(
    table(
      byKind.map(([kind, count]) => [String(count), kind]),
      ["right"],
    ),
  );
  const first = failed.sort((one, other) => one.seed - other.seed)[0];
  if (first === undefined) {
    console.log("all seeds passed");
    return 0;
  }
  console.log(
    `\n${failed.length} seeds failed: ${failed
      .slice(0, 20)
      .map(({ seed }) => seed)
      .join(" ")}`,
  );
  console.log(`the first is ${first.seed}: ${first.failure?.message}`);
  console.log(
    `replay it with: npm run simulate -- --seed ${first.seed}${kind === "once" || kind === "cluster" ? ` --${kind}` : ""}`,
  );
  return 1;
}

if (isMainThread) process.exitCode = await main();
else {
  parentPort?.on("message", async ({ from, seeds, kind }: { from: number; seeds: number; kind: Kind }) => {
    parentPort?.postMessage(await simulateBatch(from, seeds, kind));
  });
}
