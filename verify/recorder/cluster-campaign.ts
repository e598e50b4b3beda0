import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Fsync } from "@tickerplant/recorder";
import { freePort, NatsServer, natsProgram } from "../cluster/nats-server.ts";
import { tickerplant } from "../shared/command.ts";
import { Random } from "../shared/random.ts";
import { ClusterMarket, markOf } from "./cluster-market.ts";
import { numberOf } from "./market.ts";
import { type RecordedContent, readContent } from "./recorded-content.ts";

/** The longest life of a process behind its first record. */
const MAX_LIFE_MS = 2_500;

/** How long NATS is away when it is restarted, at most. */
const MAX_OUTAGE_MS = 1_500;

/** How long the last recorder may take to have everything. */
const FINISH_MS = 60_000;

/** What came of the kills. */
export interface ClusterResult {
  readonly kills: number;
  readonly restarts: number;
  readonly records: number;
  /** What is wrong. Empty if all is well; then the folder is removed. */
  readonly problems: readonly string[];
}

/**
 * Kills `tickerplant record --cluster` again and again, and restarts NATS under it, and checks after each kill that the
 * recording has the records and gaps of the feed from the first one on, each once and in order. In the end it has all of
 * them. Undefined where there is no NATS.
 */
export async function killClusterRecorders(seed: number, kills: number): Promise<ClusterResult | undefined> {
  const nats = natsProgram();
  if (nats === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-cluster-"));
  const dir = join(folder, "tape");
  const random = new Random(seed);
  await using server = new NatsServer(nats.program, join(folder, "nats"), await freePort());
  await server.start();
  const url = `nats://127.0.0.1:${server.port}`;
  await using market = await ClusterMarket.open(url, random.fork());
  const problems: string[] = [];
  let restarts = 0;
  let kept = 0;
  for (let kill = 1; kill <= kills && problems.length === 0; kill++) {
    const life = runLife(url, dir, random);
    if (random.chance(0.4)) {
      restarts++;
      await restart(server, random);
    }
    await life;
    const content = await contentOf(dir);
    const found = problemsIn(content, market);
    if (content.records.length < kept)
      found.push(`the recording had ${kept} records, and has ${content.records.length}`);
    kept = content.records.length;
    problems.push(...[...found, ...market.problems].map((problem) => `kill ${kill}: ${problem}`));
  }
  if (problems.length === 0) {
    await market.close();
    problems.push(...(await finish(url, dir, market)));
  }
  if (problems.length === 0) await rm(folder, { recursive: true });
  else
    problems.push(
      `the folder is kept: ${folder}; again: npm run crash -- --count 0 --places 0 --damage 0 --cluster ${kills} --seed ${seed}`,
    );
  return { kills, restarts, records: market.lastNumber, problems };
}

/** Runs a recorder, and kills it while it opens, records, or closes the recording. */
async function runLife(url: string, dir: string, random: Random): Promise<void> {
  const recorder = tickerplant([
    ...["record", "--cluster", url, "--dir", dir],
    ...["--fsync", random.pick(Object.values(Fsync))],
  ]);
  const exit = once(recorder, "exit");
  recorder.stdout.resume();
  const lines = createInterface(recorder.stderr);
  if (random.chance(0.2)) await sleep(random.between(100, 1_500));
  else {
    // It may wait for NATS first.
    await Promise.race([untilLine(lines, /connected to/), exit]);
    await sleep(random.between(0, MAX_LIFE_MS));
  }
  if (random.chance(0.3)) {
    recorder.kill("SIGINT");
    await Promise.race([sleep(random.between(0, MAX_LIFE_MS)), exit]);
  }
  recorder.kill("SIGKILL");
  await exit;
  lines.close();
}

async function untilLine(lines: ReturnType<typeof createInterface>, pattern: RegExp): Promise<void> {
  for await (const line of lines) if (pattern.test(line)) return;
}

async function restart(server: NatsServer, random: Random): Promise<void> {
  await sleep(random.between(0, MAX_LIFE_MS));
  await server.signal(random.chance(0.5) ? "SIGKILL" : "SIGTERM");
  await sleep(random.between(0, MAX_OUTAGE_MS));
  await server.start();
}

function contentOf(dir: string): Promise<RecordedContent> {
  return existsSync(join(dir, "feed=sip")) ? readContent(dir) : Promise.resolve({ records: [], gaps: [] });
}

/** Every record and gap from the first one on is in the recording once, in order, up to one that is the last. */
function problemsIn({ records, gaps }: RecordedContent, market: ClusterMarket): string[] {
  const problems: string[] = [];
  const wrong = records.findIndex(({ row }, index) => numberOf(row) !== index + 1);
  const last = records.length;
  if (wrong !== -1) problems.push(`record ${wrong + 1} is ${numberOf(records[wrong]?.row ?? {})}`);
  if (last > market.lastNumber) problems.push(`there are ${last} records, of ${market.lastNumber}`);
  const kept = gaps.flatMap(({ kind, message = "" }) => (kind === "gap" ? [message] : [])).sort();
  const due = market.marks.filter((mark) => mark < last).map(markOf);
  // The gap behind the last record may be there or not.
  const expected = [...due, ...kept.filter((mark) => mark === markOf(last))].sort();
  if (kept.join() !== expected.join())
    problems.push(`the recording has ${kept.length} gaps up to record ${last}, expected ${expected.length}`);
  if (new Set(kept).size < kept.length) problems.push("the recording has a gap twice");
  return problems;
}

/** Records the rest, and checks that nothing is missing. */
async function finish(url: string, dir: string, market: ClusterMarket): Promise<string[]> {
  const startMs = Date.now();
  let content = await contentOf(dir);
  while (content.records.length < market.lastNumber && Date.now() - startMs < FINISH_MS) {
    const recorder = tickerplant(["record", "--cluster", url, "--dir", dir, "--duration", "5"]);
    recorder.stdout.resume();
    recorder.stderr.resume();
    const [code] = await once(recorder, "exit");
    if (code !== 0) return [`the last recorder exited with ${code}`];
    content = await contentOf(dir);
  }
  const problems = problemsIn(content, market);
  const { length } = content.records;
  if (length < market.lastNumber) problems.push(`the recording has ${length} records of ${market.lastNumber}`);
  return problems;
}
