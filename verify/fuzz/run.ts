/**
 * Fuzzes both codecs and the sessions of both ends, and checks properties. Inputs are not guided by
 * coverage: a version that kept inputs which reached new code (by V8's block coverage) reached no more
 * blocks in 20,000 frames, and took up to twice the time.
 *
 * Usage: run.js [--target NAME] [--frames N] [--seconds S] [--seed N], or run.js --target NAME --replay INPUT.
 * NAME may be the beginning of several targets' names; a campaign of some targets runs nothing but them.
 */
import { parseArgs } from "node:util";
import { Random } from "../shared/random.ts";
import { table } from "../shared/table.ts";
import { excessiveClaims } from "./allocation.ts";
import { Campaign, failureOf } from "./campaign.ts";
import { measureGrowth } from "./growth.ts";
import { formatInput, type Input, parseInput } from "./input.ts";
import { faultCounts, type Target, Violation } from "./target.ts";
import { makeTargets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string" },
    target: { type: "string" },
    replay: { type: "string" },
  },
});
/** The least share of messages that a fast path must read for a comparison to mean something. */
const MIN_FAST_SHARE = 0.1;

process.exitCode = main();

function main(): number {
  const all = makeTargets();
  const targets = all.filter(({ name }) => name.startsWith(values.target ?? ""));
  if (targets.length === 0) {
    console.error(`no target is named "${values.target}"; the targets are:`);
    for (const { name } of all) console.error(`  ${name}`);
    return 2;
  }
  return values.replay === undefined ? fuzz(targets) : replay(targets, parseInput(values.replay));
}

function replay(targets: readonly Target[], input: Input): number {
  const errors = targets.map((target) => failureOf(target, input));
  for (const [index, error] of errors.entries()) console.log(`${targets[index]?.name}:`, error ?? "passed");
  return errors.every((error) => error === undefined) ? 0 : 1;
}

function fuzz(targets: readonly Target[]): number {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const seconds = Number(values.seconds ?? Number.POSITIVE_INFINITY);
  const frames = Number(values.frames ?? (values.seconds === undefined ? 100_000 : Number.POSITIVE_INFINITY));
  if (!(Number.isInteger(seed) && seconds > 0 && frames > 0)) {
    console.error(
      "usage: fuzz [--target NAME] [--frames N] [--seconds S] [--seed N], or fuzz --target NAME --replay INPUT",
    );
    return 2;
  }
  console.log(`seed ${seed}`);
  const startedAt = performance.now();
  const passedS = (): number => (performance.now() - startedAt) / 1000;

  const campaign = new Campaign(targets, new Random(seed));
  campaign.runFirstInputs();
  campaign.run(() => campaign.frameCount < frames && passedS() < seconds);

  const tookS = passedS();
  const counts = campaign.counts.map(({ target, inputs, frames }) => [
    target.name,
    `${inputs} inputs`,
    `${frames} frames`,
    target.fastShare === undefined ? "" : `${Math.round(target.fastShare * 100)} % of the messages by fast path`,
  ]);
  console.log(table(counts, ["left", "right", "right", "right"]));
  const faults = [...faultCounts].sort(([, one], [, other]) => other - one).map(([code, count]) => `${code} ${count}`);
  console.log(`faults: ${faults.join(", ")}`);
  console.log(
    `${campaign.frameCount} frames in ${tookS.toFixed(1)} s, ${Math.round(campaign.frameCount / tookS)} a second`,
  );

  // Frames that grow have enough symbols to fill the table of numbers, without which there is no fast path.
  const wrong = values.target === undefined ? measureCosts() : [];
  if (campaign.failures.length === 0) {
    for (const { name, fastShare = 1 } of targets)
      if (fastShare < MIN_FAST_SHARE) wrong.push(`${name}: the fast path reads next to nothing: nothing is compared`);
  }
  for (const { target, input, error } of campaign.failures) {
    // The stack of a violation shows the target alone.
    const what = error instanceof Error && !(error instanceof Violation) ? (error.stack ?? error.message) : error;
    wrong.push(`${target.name}: ${String(what)}`);
    wrong.push(`  seed ${seed}; replay with: npm run fuzz -- --target "${target.name}" --replay ${formatInput(input)}`);
  }
  for (const sentence of wrong) console.log(`!! ${sentence}`);
  console.log(wrong.length === 0 ? "no failures" : "the fuzzer found failures");
  return wrong.length === 0 ? 0 : 1;
}

/** Measures memory and time of hostile frames; returns a sentence for each cost that is too high. */
function measureCosts(): string[] {
  const claims = excessiveClaims();
  console.log(`headers with huge claims: ${claims.length === 0 ? "no excess allocation" : "excess allocation"}`);
  const startedAt = performance.now();
  const { measured, worst, wrong } = measureGrowth();
  console.log(
    `growth of time with length: ${measured} cases, the worst exponent ${worst.exponent.toFixed(2)} (${worst.name}), ` +
      `${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  return [...claims, ...wrong];
}
