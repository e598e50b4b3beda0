import { describe, expect, test } from "vitest";
import { simulateCluster } from "../../../verify/simulation/cluster/cluster-world.ts";
import { simulateEnd } from "../../../verify/simulation/ending-world.ts";
import { type Outcome, simulate } from "../../../verify/simulation/world.ts";

/** Seeds of `npm test`; `.ci/run` runs more of them, and `npm run simulate` any number. */
const SEEDS = 500;
const SEEDS_A_TEST = 250;

/**
 * Worlds that violate an invariant if the bug returns, as long as the simulation makes the same random
 * choices. Each bug also has a test of its own.
 */
const NAMED_SEEDS: readonly [seed: number, bug: string][] = [
  [44, "a handler stops the stream while others wait for the same record"],
  [51, "an error that answers no request hides that a symbol was granted which no subscription holds any more"],
  [1017, "a relay's rejected request ends the subscription of another client"],
  [2427, "upstream rejects a symbol after a reconnect, while a client of the relay waits for it"],
  [3578, "a handler removes a symbol of another handler that waits for the same record"],
  [18646, "two gaps of a symbol become known at once, the later one first"],
];

/** Seeds of worlds that end. */
const ENDING_SEEDS = 100;

/** Seeds of worlds of a cluster. */
const CLUSTER_SEEDS = 100;

/** Worlds of a cluster, as above. */
const NAMED_CLUSTER_SEEDS: readonly [seed: number, bug: string][] = [
  [66, "a follower takes over that has read frames which NATS has lost"],
  [105, "an ingest goes on behind a pause, without its lease, between two requests for its first frame"],
  [215, "an answer is lost to an ingest that begins an epoch"],
];

async function failureOf(
  seed: number,
  world: (seed: number) => Promise<Outcome> = simulate,
): Promise<string | undefined> {
  const { failure } = await world(seed);
  await new Promise((resolve) => setImmediate(resolve)); // unhandled rejections are reported between tasks
  if (failure === undefined) return undefined;
  const option = world === simulateEnd ? " --once" : world === simulateCluster ? " --cluster" : "";
  return `seed ${seed}: ${failure.message}\nreplay it with: npm run simulate -- --seed ${seed}${option}\n${failure.trace.slice(-20).join("\n")}`;
}

describe("the simulation of clients, network and gateway keeps every invariant", () => {
  for (let from = 1; from <= SEEDS; from += SEEDS_A_TEST) {
    test(`in the worlds of seeds ${from} to ${from + SEEDS_A_TEST - 1}`, { timeout: 120_000 }, async () => {
      for (let seed = from; seed < from + SEEDS_A_TEST; seed++) expect(await failureOf(seed)).toBeUndefined();
    });
  }

  test(`in the worlds of seeds 1 to ${ENDING_SEEDS} that end`, { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= ENDING_SEEDS; seed++) expect(await failureOf(seed, simulateEnd)).toBeUndefined();
  });

  test(`in the worlds of seeds 1 to ${CLUSTER_SEEDS} of a cluster`, { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= CLUSTER_SEEDS; seed++) expect(await failureOf(seed, simulateCluster)).toBeUndefined();
  });

  test.each(NAMED_CLUSTER_SEEDS)("in the world of a cluster of seed %i, where %s", async (seed) => {
    expect(await failureOf(seed, simulateCluster)).toBeUndefined();
  });

  test.each(NAMED_SEEDS)("in the world of seed %i, where %s", async (seed) => {
    expect(await failureOf(seed)).toBeUndefined();
  });
});

test("the same seed is the same world", async () => {
  for (const seed of [3, 14, 27, 157, 159, 2653]) {
    const [one, other] = [await simulate(seed), await simulate(seed)];
    expect(other).toEqual(one);
    expect(await simulateEnd(seed)).toEqual(await simulateEnd(seed));
    expect(await simulateCluster(seed)).toEqual(await simulateCluster(seed));
  }
});
