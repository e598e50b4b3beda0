/**
 * Fuzzes both codecs and the sessions of both ends, and checks properties. Inputs are not guided by
 * coverage: a version that kept inputs which reached new code (by V8's block coverage) reached no more
 * blocks in 20,000 frames, and took up to twice the time.
 *
 * Usage: run.js [--frames N] [--seconds S] [--seed N], or run.js --target NAME --replay INPUT
 */
import { parseArgs } from "node:util";
import { Random } from "../shared/random.ts";
import { table } from "../shared/table.ts";
import { excessiveClaims } from "./allocation.ts";
import { Campaign, failureOf, TARGETS } from "./campaign.ts";
import { makeCorpus } from "./corpus.ts";
import { measureGrowth } from "./growth.ts";
import { formatInput, parseInput } from "./input.ts";
import { faultCounts } from "./target.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string" },
    target: { type: "string", default: "server frame" },
    replay: { type: "string" },
  },
});
process.exitCode = values.replay === undefined ? fuzz() : replay(values.target, values.replay);

function replay(name: string, text: string): number {
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (target === undefined) {
    console.error(`unknown target "${name}"; the targets are ${TARGETS.map((known) => known.name).join(", ")}`);
    return 2;
  }
  const error = failureOf(target, parseInput(text));
  console.log(error ?? "passed");
  return error === undefined ? 0 : 1;
}

function fuzz(): number {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const seconds = Number(values.seconds ?? Number.POSITIVE_INFINITY);
  const frames = Number(values.frames ?? (values.seconds === undefined ? 100_000 : Number.POSITIVE_INFINITY));
  if (!(Number.isInteger(seed) && seconds > 0 && frames > 0)) {
    console.error("usage: fuzz [--frames N] [--seconds S] [--seed N], or fuzz --target NAME --replay INPUT");
    return 2;
  }
  console.log(`seed ${seed}`);
  const startedAt = performance.now();
  const passedS = (): number => (performance.now() - startedAt) / 1000;

  const wrong = [...excessiveClaims()];
  console.log(
    `headers with huge claims: ${wrong.length === 0 ? "no excess allocation" : "excess allocation"}, ${passedS().toFixed(1)} s`,
  );
  const growth = measureGrowth();
  wrong.push(...growth.wrong);
  const { worst } = growth;
  console.log(
    `growth of time with length: ${growth.measured} cases, the worst exponent ${worst.exponent.toFixed(2)} ` +
      `(${worst.name}), ${passedS().toFixed(1)} s`,
  );

  const fuzzingAt = passedS();
  const secondsLeft = Math.max(0, seconds - fuzzingAt);
  const campaign = new Campaign(makeCorpus(), new Random(seed));
  campaign.runCorpus();
  campaign.run(() => campaign.frameCount < frames && passedS() - fuzzingAt < secondsLeft);

  const tookS = passedS() - fuzzingAt;
  const counts = TARGETS.map((target) => [
    target.name,
    `${campaign.inputs.get(target)} inputs`,
    `${campaign.frames.get(target)} frames`,
  ]);
  console.log(table(counts, ["left", "right", "right"]));
  const faults = [...faultCounts].sort(([, one], [, other]) => other - one).map(([code, count]) => `${code} ${count}`);
  console.log(`faults: ${faults.join(", ")}`);
  console.log(
    `${campaign.frameCount} frames in ${tookS.toFixed(1)} s, ${Math.round(campaign.frameCount / tookS)} a second`,
  );

  for (const { target, input, error } of campaign.failures) {
    wrong.push(`${target.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    wrong.push(`  seed ${seed}; replay with: npm run fuzz -- --target "${target.name}" --replay ${formatInput(input)}`);
  }
  for (const sentence of wrong) console.log(`!! ${sentence}`);
  console.log(wrong.length === 0 ? "no failures" : "the fuzzer found failures");
  return wrong.length === 0 ? 0 : 1;
}
