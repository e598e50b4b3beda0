import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { systemClock } from "@tickerplant/client";
import { Cluster, FeedReader, type Frame, FrameKind, readEntry } from "@tickerplant/cluster";
import { portOf, tickerplant } from "../shared/command.ts";
import { Random } from "../shared/random.ts";
import { table } from "../shared/table.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { IngestProcess } from "./ingest-process.ts";
import { MAX_LATE_MS, Market } from "./market.ts";
import { freePort, NatsServer, natsProgram } from "./nats-server.ts";
import { Reader } from "./reader.ts";
import { checkReplayed } from "./replayed.ts";
import { Resources } from "./resources.ts";

const USAGE = `Usage: npm run cluster -- [FILE] [--count N] [--seed N] [--lease SECONDS]

Two ingests write a market's trades into NATS, two gateways read them, and a client reads each gateway. At random
moments the leader is killed, paused, stopped, or cut off, or NATS is restarted: N times, each kind in turn (default: once
each). In the end every trade must have come at each client once, in the order of its symbol. Then a recording, FILE or one
that is made, is replayed into a cluster, whose leader is killed in the middle; "tickerplant stream" at each gateway must
print every trade once. Needs nats-server on the path or in the variable NATS_SERVER; without it, nothing is checked.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: String(FAULTS.length) },
    seed: { type: "string", default: "1" },
    lease: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

/** How long everything may take to come after the last fault, in milliseconds: a fill asks six times within 16 s. */
const SETTLE_MS = 40_000;
const TAKE_OVER_TIMEOUT_MS = 60_000;
/** Messages of an ingest that are printed after a failure. */
const MAX_LINES = 200;

/** Follows the stream, to see when which epoch brings records. */
class Watch {
  epoch = 0;
  /** When the first record of an epoch came, by this process's clock. */
  readonly firstRecordMs = new Map<number, number>();

  frame({ kind, epoch }: Frame): void {
    this.epoch = epoch;
    const hasRecords = kind === FrameKind.RECORDS || kind === FrameKind.FILLED;
    if (hasRecords && !this.firstRecordMs.has(epoch)) this.firstRecordMs.set(epoch, Date.now());
  }
}

/** One fault as it happened. */
interface Outcome {
  readonly fault: Fault;
  /** From the fault to the next leader's first record, in milliseconds; undefined if the leader stayed. */
  readonly takeOverMs: number | undefined;
}

async function main(): Promise<boolean> {
  const nats = natsProgram();
  if (nats === undefined) {
    console.log("skipped: nats-server is not installed; put it on the path, or name it in NATS_SERVER");
    return true;
  }
  console.log(`nats-server ${nats.version}`);
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-cluster-"));
  try {
    const isClean = await campaign(nats.program, join(folder, "campaign"));
    return (await checkReplayed(nats.program, folder, positionals[0])) && isClean;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function campaign(program: string, folder: string): Promise<boolean> {
  const random = new Random(Number(values.seed));
  const leaseMs = Number(values.lease) * 1000;
  await using stack = new Resources();
  const server = stack.use(new NatsServer(program, folder, await freePort()));
  await server.start();
  const market = stack.use(new Market(random.fork()));
  const upstreamPort = await market.open();

  const cluster = await Cluster.connect({ servers: `nats://127.0.0.1:${server.port}`, name: "verify" });
  stack.defer(() => cluster.close());
  const ports = await cluster.openFeed("sip");
  const watch = new Watch();
  const over = new AbortController();
  stack.defer(() => over.abort());
  const events = { frame: (frame: Frame) => watch.frame(frame), skipped() {}, rewound() {}, caughtUp() {}, lost() {} };
  void new FeedReader({ log: ports.log, clock: systemClock, start: { sequence: 1 }, events }).run(over.signal);

  const readers: Reader[] = [];
  for (let count = 0; count < 2; count++) {
    const gateway = stack.command(tickerplant(gatewayArguments(server.port)));
    const reader = new Reader(await portOf(gateway));
    stack.defer(() => reader.close());
    readers.push(reader);
    await reader.connect();
  }
  const ingests: IngestProcess[] = [];
  for (const name of ["A", "B"]) {
    const ingest = await IngestProcess.start({ name, natsPort: server.port, upstreamPort, leaseS: leaseMs / 1000 });
    ingests.push(stack.use(ingest));
  }
  await until("the first trade at each reader", () => readers.every(({ keys }) => keys.length > 0));
  const first = market.published.findIndex(({ key }) => readers.some(({ keys }) => keys[0] === key));

  // A fill asks for nothing from before the first record that was ever received.
  await wait(MAX_LATE_MS + 1_000);
  const outcomes: Outcome[] = [];
  for (let count = 0; count < Number(values.count); count++) {
    await wait(500 + random.below(4_000));
    const entry = await ports.leases.get("sip");
    const leader = ingests.find(({ name }) => entry !== undefined && readEntry(entry.value).ingest.name === name);
    if (leader === undefined) throw new Error("nobody leads the feed");
    const fault = FAULTS[count % FAULTS.length] as Fault; // within the array
    outcomes.push(
      await hit(fault, { leader, server, leaseMs }, watch).catch((error: unknown) => {
        printLogs(ingests);
        throw error;
      }),
    );
  }
  market.close();
  const all = market.published.slice(first);
  await until(
    "every trade at each reader",
    () => readers.every(({ keys }) => keys.length >= all.length),
    SETTLE_MS,
  ).catch(() => {});
  const found = readers.map((reader) => reader.problems(all));
  report(outcomes, all.length, found);
  const isClean = found.every(({ missing, doubled, disordered }) => missing.length + doubled + disordered === 0);
  if (!isClean) printLogs(ingests);
  return isClean;
}

async function hit(fault: Fault, victims: Parameters<Fault["begin"]>[0], watch: Watch): Promise<Outcome> {
  const { epoch } = watch;
  const atMs = Date.now();
  const end = await fault.begin(victims);
  const ended = end();
  const next = (): number | undefined =>
    [...watch.firstRecordMs].find(([of, firstMs]) => of > epoch && firstMs > atMs)?.[1];
  if (fault.isTakenOver) await until(`another leader (${fault.title})`, () => next() !== undefined);
  await ended;
  const firstMs = next();
  return { fault, takeOverMs: firstMs === undefined ? undefined : firstMs - atMs };
}

function printLogs(ingests: readonly IngestProcess[]): void {
  for (const { name, log } of ingests) console.log(`== ${name}`, ...log.slice(-MAX_LINES).map((line) => `\n  ${line}`));
}

function report(outcomes: readonly Outcome[], count: number, found: readonly ReturnType<Reader["problems"]>[]): void {
  const rows = FAULTS.map((fault) => {
    const of = outcomes.filter((outcome) => outcome.fault === fault);
    const times = of.map(({ takeOverMs }) => takeOverMs ?? Number.NaN).filter((ms) => !Number.isNaN(ms));
    times.sort((one, other) => one - other);
    const time = (ms: number | undefined): string => (ms === undefined ? "-" : `${(ms / 1000).toFixed(1)} s`);
    return [fault.title, String(of.length), time(times[Math.floor(times.length / 2)]), time(times.at(-1))];
  });
  console.log(table([["fault", "times", "take-over p50", "longest"], ...rows], ["left", "right", "right", "right"]));
  for (const [index, { missing, doubled, disordered, reportedGaps }] of found.entries()) {
    console.log(
      `gateway ${index + 1}: ${count} trades, ${missing.length} missing, ${doubled} doubled, ${disordered} out of order, ${reportedGaps} gaps reported`,
    );
    for (const { key, isLate, atMs } of missing.slice(0, 20))
      console.log(`  missing ${key}, published at ${new Date(atMs).toISOString()}${isLate ? ", late" : ""}`);
  }
}

function gatewayArguments(natsPort: number): string[] {
  return ["serve", "--cluster", `nats://127.0.0.1:${natsPort}`, "--feed", "sip", "--port", "0"];
}

async function until(what: string, isTrue: () => boolean, timeoutMs = TAKE_OVER_TIMEOUT_MS): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await wait(10);
  }
}

if (values.help) console.log(USAGE);
else process.exitCode = (await main()) ? 0 : 1;
