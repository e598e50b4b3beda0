import type { VirtualClock } from "@tickerplant/client/testing";
import {
  CLUSTER_LIMITS,
  ClusterError,
  type Entry,
  type FeedState,
  Lease,
  type LeaseEntry,
  readEntry,
} from "@tickerplant/cluster";
import { FaultyEntries, Link, ModelEntries, ProcessClock } from "@tickerplant/cluster/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ingest, seededClock } from "../support/feed.ts";

const LEASE_MS = 1_000;
const POLL_MS = LEASE_MS / CLUSTER_LIMITS.renewalsPerLease;
const VALID_MS = LEASE_MS * CLUSTER_LIMITS.leaseMargin;
const STATE: FeedState = { carried: { trades: ["KO"] }, isOnDemand: false };

let clock: VirtualClock;
let entries: ModelEntries;
let ending: AbortController;

beforeEach(() => {
  clock = seededClock(1);
  entries = new ModelEntries();
  ending = new AbortController();
});

afterEach(() => ending.abort());

/** A process that wants the lease. */
class Process {
  readonly clock: ProcessClock;
  readonly link: Link;
  readonly lease: Lease;
  readonly lost: ClusterError[] = [];
  readonly failures: ClusterError[] = [];
  readonly led: LeaseEntry[] = [];
  state = STATE;

  constructor(name: string) {
    this.clock = new ProcessClock(clock);
    this.link = new Link(clock, this.clock);
    this.lease = new Lease({
      entries: new FaultyEntries(entries, this.link),
      key: "sip",
      ingest: ingest(name),
      leaseMs: LEASE_MS,
      clock: this.clock,
      state: () => this.state,
      failed: (error) => this.failures.push(error),
    });
  }

  take(signal: AbortSignal = ending.signal): Promise<boolean> {
    return this.lease.take(
      (error) => this.lost.push(error),
      signal,
      (entry) => this.led.push(entry),
    );
  }

  /** Takes a lease that is free. */
  async takeNow(): Promise<this> {
    void this.take();
    await clock.advance(1);
    expect(this.lease.isHeld).toBe(true);
    return this;
  }
}

async function stored(): Promise<LeaseEntry> {
  return readEntry((await entries.get("sip"))?.value ?? "");
}

describe("a lease", () => {
  test("a free lease is taken at once, and held for as long as it is renewed", async () => {
    const own = await new Process("a").takeNow();
    for (let count = 0; count < 100; count++) {
      await clock.advance(100);
      expect(own.lease.isHeld).toBe(true);
    }
    expect(await stored()).toMatchObject({ ingest: ingest("a"), epoch: 1, leaseMs: LEASE_MS, isReleased: false });
    expect(own.lost).toEqual([]);
  });

  test("each renewal has the state of the feed, and when it was made", async () => {
    const own = await new Process("a").takeNow();
    own.state = { carried: { quotes: ["*"] }, isOnDemand: true, problem: "the source is silent" };
    await clock.advance(POLL_MS + 1);
    expect(await stored()).toMatchObject({ state: own.state, sinceMs: clock.now() - POLL_MS - 2 });
    expect((await stored()).renewedMs).toBeGreaterThan((await stored()).sinceMs);
  });

  test("a follower waits while the leader renews, and is shown each new value", async () => {
    await new Process("a").takeNow();
    const follower = new Process("b");
    void follower.take();
    await clock.advance(10 * LEASE_MS);
    expect(follower.lease.isHeld).toBe(false);
    expect(follower.led.length).toBeGreaterThan(20);
    expect(follower.led[0]).toMatchObject({ ingest: ingest("a") });
  });

  test("a leader that dies is replaced within two leases, by one of the followers, in the next epoch", async () => {
    const leader = await new Process("a").takeNow();
    const followers = [new Process("b"), new Process("c")];
    for (const each of followers) void each.take();
    await clock.advance(10 * LEASE_MS);
    leader.clock.pause(); // for ever
    await clock.advance(VALID_MS);
    expect(leader.lease.isHeld).toBe(false); // before another may take it
    expect(followers.some(({ lease }) => lease.isHeld)).toBe(false);
    await clock.advance(2 * LEASE_MS - VALID_MS);
    expect(followers.filter(({ lease }) => lease.isHeld).map(({ lease }) => lease.epoch)).toEqual([2]);
  });

  test("a lease that is released is taken within one poll", async () => {
    const leader = await new Process("a").takeNow();
    const follower = new Process("b");
    void follower.take();
    await clock.advance(LEASE_MS);
    void leader.lease.release();
    expect(leader.lease.isHeld).toBe(false);
    await clock.advance(POLL_MS + 1);
    expect([follower.lease.isHeld, follower.lease.epoch]).toEqual([true, 2]);
    expect(leader.lost).toEqual([]);
  });

  test("a release during a renewal reaches the entry", async () => {
    const leader = await new Process("a").takeNow();
    leader.link.set({ maxDelayMs: 100 });
    await clock.advance(POLL_MS); // the renewal is under way
    void leader.lease.release();
    await clock.advance(1_000);
    expect((await stored()).isReleased).toBe(true);
    expect(leader.lease.isHeld).toBe(false);
  });

  test("a release behind a renewal whose answer was lost reaches the entry", async () => {
    const leader = await new Process("a").takeNow();
    leader.link.set({ lostAnswers: 1 });
    await clock.advance(POLL_MS);
    leader.link.set({});
    void leader.lease.release();
    await clock.advance(1);
    expect((await stored()).isReleased).toBe(true);
  });

  test("a lease that is taken again right after its release has one renewal at a time", async () => {
    const own = await new Process("a").takeNow();
    own.link.set({ maxDelayMs: 100 });
    await clock.advance(POLL_MS);
    void own.lease.release();
    void own.take();
    await clock.advance(3 * LEASE_MS);
    own.link.set({});
    await clock.advance(LEASE_MS);
    const { revision = 0 } = (await entries.get("sip")) ?? {};
    await clock.advance(10 * LEASE_MS);
    expect(((await entries.get("sip"))?.revision ?? 0) - revision).toBe(10 * CLUSTER_LIMITS.renewalsPerLease);
  });

  test("a lease whose taking was not answered is taken on by the same process at the next poll", async () => {
    const { create } = entries;
    entries.create = async (key, value) => {
      await create.call(entries, key, value);
      throw new ClusterError("unreachable", "no answer");
    };
    const own = new Process("a");
    void own.take();
    await clock.advance(1);
    expect([own.lease.isHeld, (await stored()).ingest.name]).toEqual([false, "a"]);
    await clock.advance(POLL_MS);
    expect([own.lease.isHeld, own.lease.epoch]).toEqual([true, 2]);
    expect(own.led).toEqual([]); // no other leads
  });

  test("a renewal whose answer is lost costs nothing but the next one", async () => {
    const own = await new Process("a").takeNow();
    own.link.set({ lostAnswers: 1 });
    await clock.advance(POLL_MS);
    own.link.set({});
    await clock.advance(5 * LEASE_MS);
    expect([own.lease.isHeld, own.lost.length, own.lease.epoch]).toEqual([true, 0, 1]);
  });

  test("a process that was paused for longer than its lease knows at once that it does not hold it, and reports it once", async () => {
    const own = await new Process("a").takeNow();
    own.clock.pause();
    await clock.advance(3 * LEASE_MS);
    own.clock.resume();
    expect(own.lease.isHeld).toBe(false);
    await clock.advance(3 * LEASE_MS);
    expect(own.lost.map(({ code }) => code)).toEqual(["lease_lost"]);
    expect(own.lost[0]?.message).toBe(
      "the lease was lost: it was not renewed in time: this process was paused, or NATS did not answer",
    );
  });

  test("a leader that does not reach NATS gives up before a follower may take the lease", async () => {
    const own = await new Process("a").takeNow();
    own.link.disconnect();
    await clock.advance(VALID_MS - 2);
    expect(own.lease.isHeld).toBe(true);
    await clock.advance(2);
    expect(own.lost.map(({ code }) => code)).toEqual(["lease_lost"]);
    expect(own.failures.map(({ code }) => code)).toEqual(["unreachable"]); // once
  });

  test("a leader whose entry another has taken names it", async () => {
    const own = await new Process("a").takeNow();
    await entries.put("sip", JSON.stringify({ ...(await stored()), ingest: ingest("b"), epoch: 2 }));
    await clock.advance(LEASE_MS);
    expect(own.lost.map(({ message }) => message)).toEqual(["the lease was lost: b has taken it"]);
  });

  test("a leader whose entry was removed loses the lease", async () => {
    const own = await new Process("a").takeNow();
    await entries.remove("sip");
    await clock.advance(LEASE_MS);
    expect(own.lost.map(({ message }) => message)).toEqual(["the lease was lost: its entry was removed"]);
  });

  test("a lease that was dropped is not renewed, and is free when it expires", async () => {
    const own = await new Process("a").takeNow();
    const follower = new Process("b");
    void follower.take();
    await clock.advance(1);
    own.lease.drop();
    await clock.advance(VALID_MS);
    expect([own.lease.isHeld, follower.lease.isHeld]).toEqual([false, false]);
    await clock.advance(LEASE_MS);
    expect(follower.lease.isHeld).toBe(true);
    expect(own.lost).toEqual([]);
  });

  test("a process that stops waiting does not take the lease, not even with an answer that is under way", async () => {
    const own = new Process("a");
    own.link.set({ maxDelayMs: 100 });
    const stopping = new AbortController();
    const taking = own.take(stopping.signal);
    while ((await entries.get("sip")) === undefined) await clock.advance(1); // it is written
    stopping.abort();
    await clock.advance(1_000);
    expect(await taking).toBe(false);
    expect([own.lease.isHeld, (await stored()).isReleased]).toEqual([false, true]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("an answer that comes after the lease's length is not taken for a lease: the process writes again", async () => {
    const own = new Process("a");
    own.link.set({ maxDelayMs: 100, timeoutMs: 10_000 });
    void own.take();
    while ((await entries.get("sip")) === undefined) await clock.advance(1); // it is written
    own.clock.pause();
    await clock.advance(2 * LEASE_MS);
    own.clock.resume();
    own.link.set({});
    await clock.advance(1);
    expect([own.lease.isHeld, own.lost]).toEqual([false, []]);
    await clock.advance(POLL_MS);
    expect([own.lease.isHeld, own.lease.epoch, own.lost]).toEqual([true, 2, []]);
  });

  test("an entry of another program is reported, and left as it is", async () => {
    for (const value of ["?", "null", '{"epoch":1}']) {
      await entries.put("sip", value);
      const own = new Process("a");
      const stopping = new AbortController();
      void own.take(stopping.signal);
      await clock.advance(10 * LEASE_MS);
      expect(own.failures.map(({ code }) => code)).toEqual(["failed"]);
      expect(((await entries.get("sip")) as Entry).value).toBe(value);
      stopping.abort();
      await clock.advance(0);
    }
  });
});
