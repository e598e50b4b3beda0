import { VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test } from "vitest";
import { ClusterError } from "../src/cluster-error.ts";
import { CLUSTER_LIMITS } from "../src/limits.ts";
import type { ReaderPosition } from "../src/reading/feed-reader.ts";
import { Presence, type PresenceParts, type ReaderDetails, readReader } from "../src/reading/presence.ts";
import { ModelEntries } from "../src/testing/model-entries.ts";

const IDENTITY = { id: "one", name: "gateway-1", version: "1.2.3", kind: "gateway", feed: "crypto/us" } as const;
const POSITION: ReaderPosition = { logId: "1", number: 7, epoch: 2, completeMs: 5, madeMs: 1_000, readMs: 1_250 };

/** Entries whose writes wait until they are let through, or fail. */
class SlowEntries extends ModelEntries {
  waiting: (() => void)[] = [];
  failure: ClusterError | undefined;
  isSlow = false;

  override async put(key: string, value: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.isSlow) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return super.put(key, value);
  }

  pass(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

function setUp(parts: Partial<PresenceParts> = {}) {
  const clock = new VirtualClock();
  const entries = new SlowEntries();
  const failures: string[] = [];
  let details: ReaderDetails = {};
  const presence = new Presence({
    entries,
    identity: IDENTITY,
    clock,
    position: () => POSITION,
    details: () => details,
    failed: ({ message }) => void failures.push(message),
    ...parts,
  });
  onTestFinished(async () => {
    entries.pass();
    const ended = presence.end();
    await clock.advance(CLUSTER_LIMITS.closeMs);
    await ended;
  });
  const values = async (): Promise<unknown[]> => (await entries.list()).map(({ value }) => readReader(value));
  return {
    clock,
    entries,
    failures,
    presence,
    values,
    change: (changed: ReaderDetails) => {
      details = changed;
      presence.write();
    },
  };
}

test("a reader's entry has who it is and up to where it has read, under its feed and id", async () => {
  const { clock, entries, values } = setUp();
  await clock.settle();
  expect((await entries.list()).map(({ key }) => key)).toEqual(["crypto_us.one"]);
  const { logId: _, completeMs: __, ...position } = POSITION;
  expect(await values()).toEqual([{ ...IDENTITY, ...position, lagMs: 250 }]);
});

test("the entry of a reader that has read nothing yet has the number 0", async () => {
  const { clock, values } = setUp({ position: () => undefined });
  await clock.settle();
  expect(await values()).toMatchObject([{ number: 0, epoch: 0, lagMs: 0 }]);
});

test("a reader's entry is written every two seconds, and at once when what it wants changes", async () => {
  const { clock, entries, values, change } = setUp();
  const revisions = async (): Promise<number[]> => (await entries.list()).map(({ revision }) => revision);
  await clock.settle();
  await clock.advance(2 * CLUSTER_LIMITS.presenceMs);
  expect(await revisions()).toEqual([3]);
  change({ wants: { trades: ["A"] }, clients: 4 });
  await clock.settle();
  expect(await revisions()).toEqual([4]);
  expect(await values()).toMatchObject([{ wants: { trades: ["A"] }, clients: 4 }]);
});

test("what changes while an entry is being written is written after it, once", async () => {
  const { clock, entries, values, change } = setUp();
  await clock.settle();
  entries.isSlow = true;
  for (const clients of [1, 2, 3]) change({ clients });
  await clock.settle();
  expect(entries.waiting).toHaveLength(1);
  entries.pass();
  await clock.settle();
  expect(entries.waiting).toHaveLength(1);
  entries.pass();
  await clock.settle();
  expect(entries.waiting).toHaveLength(0);
  expect(await values()).toMatchObject([{ clients: 3 }]);
});

test("an entry that cannot be written is reported once for each cause, and written when it can be", async () => {
  const { clock, entries, failures, values } = setUp();
  await clock.settle();
  await entries.remove("crypto_us.one");
  entries.failure = new ClusterError("unreachable", "the line was cut");
  await clock.advance(5 * CLUSTER_LIMITS.presenceMs);
  expect(failures).toEqual(["the line was cut"]);
  entries.failure = undefined;
  await clock.advance(CLUSTER_LIMITS.presenceMs);
  expect(await values()).toHaveLength(1);
  entries.failure = new ClusterError("unreachable", "the line was cut");
  await clock.advance(CLUSTER_LIMITS.presenceMs);
  expect(failures).toHaveLength(2);
});

test("the end of a reader removes its entry, also behind a write that is under way, and leaves no timer", async () => {
  const { clock, entries, presence, change } = setUp();
  await clock.settle();
  entries.isSlow = true;
  change({ clients: 1 });
  const ended = presence.end();
  await clock.settle();
  entries.pass();
  await ended;
  expect(await entries.list()).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

test("the end of a reader waits a second for NATS at most", async () => {
  const { clock, entries, presence, change } = setUp();
  await clock.settle();
  entries.isSlow = true;
  change({ clients: 1 });
  let hasEnded = false;
  void presence.end().then(() => {
    hasEnded = true;
  });
  await clock.advance(CLUSTER_LIMITS.closeMs - 1);
  expect(hasEnded).toBe(false);
  await clock.advance(1);
  expect(hasEnded).toBe(true);
});
