import { parseArgs } from "node:util";
import { table } from "../shared/table.ts";
import { killClusterRecorders } from "./cluster-campaign.ts";
import { crashIntoFolder, type FolderResult, KILLS_PER_FOLDER } from "./crash-campaign.ts";
import { damageFiles } from "./damage.ts";
import { fillDisk } from "./full-disk.ts";
import { continueAfterKills } from "./place-campaign.ts";

const USAGE = `Usage: npm run crash -- [--count N] [--places N] [--cluster N] [--damage N] [--seed S] [--lanes N]

Kills N processes that record (default 25), up to ${KILLS_PER_FOLDER} in a folder and in N folders at once (default 2), at random moments of opening, recording,
promotion and closing, and checks the folder after each kill: nothing older than a second is missing,
nothing is doubled or out of order, and what is missing is reported. Then kills N processes (default 15) that record
a source of numbered messages, each from the place on that the recording has: it has every message up to that
place once, gaps included, after each kill, and the place is left when all days are deleted. Then kills N times
(default 8) "tickerplant record --cluster" while a market is written into NATS, which is restarted at times: the recording
has every record and gap once. Needs nats-server on the path or in the variable NATS_SERVER, and is skipped without it.
The seed sets what a process does and when it is killed; what that interrupts depends on the machine as well.

Then fills a small disk under a recorder, where mounts are allowed, and damages a file of a recording in N ways
(default 50): verify finds each, and no record that is read has another value than the one that was recorded.`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "25" },
    seed: { type: "string", default: "1" },
    places: { type: "string", default: "15" },
    cluster: { type: "string", default: "8" },
    damage: { type: "string", default: "50" },
    lanes: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(USAGE);
else process.exitCode = (await main(Number(values.seed))) ? 0 : 1;

async function main(seed: number): Promise<boolean> {
  const areKillsFine = await killProcesses(Number(values.count), seed, Number(values.lanes));
  const placeProblems = await continueNumbered(Number(values.places), seed);
  const clusterProblems = await killOfCluster(Number(values.cluster), seed);
  const diskProblems = await fillDisk();
  const count = Number(values.damage);
  const damageProblems = await damageFiles(seed, count);
  const problems = [...placeProblems, ...clusterProblems, ...diskProblems, ...damageProblems];
  for (const problem of problems) console.log(problem);
  console.log(`damage: ${count} cases, ${damageProblems.length} problems`);
  return areKillsFine && problems.length === 0;
}

async function continueNumbered(kills: number, seed: number): Promise<readonly string[]> {
  if (kills === 0) return [];
  const { messages, problems } = await continueAfterKills(seed, kills);
  console.log(`places: ${kills} kills, ${messages.toLocaleString("en-US")} messages, ${problems.length} problems`);
  return problems;
}

async function killOfCluster(kills: number, seed: number): Promise<readonly string[]> {
  if (kills === 0) return [];
  const result = await killClusterRecorders(seed, kills);
  if (result === undefined) {
    console.log("cluster: skipped, because nats-server is neither on the path nor in NATS_SERVER");
    return [];
  }
  const { restarts, records, problems } = result;
  console.log(
    `cluster: ${kills} kills, ${restarts} restarts of NATS, ${records.toLocaleString("en-US")} records, ${problems.length} problems`,
  );
  return problems;
}

async function killProcesses(count: number, seed: number, lanes: number): Promise<boolean> {
  if (count === 0) return true;
  const most = Math.min(KILLS_PER_FOLDER, Math.ceil(count / lanes));
  const folders = Array.from({ length: Math.ceil(count / most) }, (_, index) => ({
    seed: seed + index,
    kills: Math.min(most, count - index * most),
  }));
  const results: FolderResult[] = [];
  const waiting = [...folders];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await crashIntoFolder(next.seed, next.kills);
      results.push(result);
      printProblems(result);
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  printSummary(results);
  return results.every(({ problems }) => problems.length === 0);
}

function printProblems({ seed, dir, problems }: FolderResult): void {
  if (problems.length === 0) return;
  console.log(`failed in ${dir}, which is kept:`);
  for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`);
  console.log(`  again: npm run crash -- --lanes 1 --count ${KILLS_PER_FOLDER} --seed ${seed}`);
}

function printSummary(results: readonly FolderResult[]): void {
  const lives = results.flatMap((result) => result.lives);
  const sum = (of: (result: FolderResult) => number): string =>
    results.reduce((total, result) => total + of(result), 0).toLocaleString("en-US");
  const killed = (stage: string): string => String(lives.filter((life) => life.stage === stage).length);
  console.log(
    table(
      [
        ["kills", String(lives.length)],
        ["  while opening", killed("opening")],
        ["  while recording", killed("recording")],
        ["  while closing", killed("closing")],
        ["  after closing", killed("closed")],
        ["folders", String(results.length)],
        ["days", sum(({ days }) => days)],
        ["records kept", sum(({ recorded }) => recorded)],
        ["records lost, all within the last second", sum(({ lost }) => lost)],
        ["problems", sum(({ problems }) => problems.length)],
      ],
      ["left", "right"],
    ),
  );
}
