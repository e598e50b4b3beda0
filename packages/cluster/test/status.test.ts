import { STOCK_SCHEMA, Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Cluster, FeedStreamInfo } from "../src/cluster.ts";
import { ClusterError } from "../src/cluster-error.ts";
import type { FeedState, IngestInfo } from "../src/frames/feed-event.ts";
import { decodeFrame } from "../src/frames/frame.ts";
import type { LeaseEntry } from "../src/lease/lease.ts";
import { CLUSTER_LIMITS } from "../src/limits.ts";
import { tokenOf } from "../src/log/names.ts";
import type { ReaderEntry } from "../src/reading/presence.ts";
import { type ClusterFeedStatus, type ClusterStatus, clusterStatus } from "../src/status.ts";
import { ModelEntries } from "../src/testing/model-entries.ts";
import { ModelLog } from "../src/testing/model-log.ts";
import { beginEpoch } from "../src/writing/begin-epoch.ts";
import { FeedWriter } from "../src/writing/feed-writer.ts";

const LONDON: IngestInfo = { name: "london", id: "london-1", version: "1.2.3" };
const STATE: FeedState = { carried: { trades: ["*"] }, isOnDemand: false, source: "live" };
const LEASE_MS = 4_000;

/** NATS in memory, as far as a status reads it, with feeds whose ingests live. */
class ModelCluster implements Pick<Cluster, "feeds" | "existingFeed"> {
  readonly clock = new VirtualClock();
  readonly leases = new ModelEntries();
  readonly readers = new ModelEntries();
  readonly logs = new Map<string, ModelLog>();
  hasBuckets = true;

  async feeds(): Promise<readonly FeedStreamInfo[]> {
    return [...this.logs.keys()].map((feed) => ({
      feed,
      stream: `TICKERPLANT_${feed}`,
      keepMs: 3_600_000,
      keepBytes: undefined,
      replicas: 1,
    }));
  }

  async existingFeed(feed: string): ReturnType<Cluster["existingFeed"]> {
    const log = this.logs.get(feed) ?? new ModelLog(() => this.clock.now());
    if (!this.hasBuckets) return { log, leases: undefined, readers: undefined };
    return { log, leases: this.leases, readers: this.readers };
  }

  /** Adds a feed with a trade; its ingest publishes heartbeats until it ends. */
  async addFeed(feed: string): Promise<{ readonly log: ModelLog; readonly writer: FeedWriter }> {
    const log = new ModelLog(() => this.clock.now());
    this.logs.set(tokenOf(feed), log);
    const epoch = await beginEpoch(log, 3, LONDON, this.clock);
    const watermark = { completeMs: this.clock.now() - 100, isComplete: true };
    const writer = new FeedWriter({
      log,
      schema: STOCK_SCHEMA,
      clock: this.clock,
      epoch: epoch.epoch,
      epochStart: epoch.epochStart,
      watermark: () => watermark,
      failed: (error) => {
        throw error;
      },
      troubled: () => {},
    });
    onTestFinished(() => writer.end());
    writer.add(new Trade("A", 1, 0, 1, "V", 1, 1, ["@"], "C"), undefined, false);
    await writer.drained();
    return { log, writer };
  }

  /** Writes the lease of a feed. */
  putLease(feed: string, changes: Partial<LeaseEntry> = {}): Promise<void> {
    const now = this.clock.now();
    const entry: LeaseEntry = {
      ingest: LONDON,
      epoch: 3,
      leaseMs: LEASE_MS,
      sinceMs: now,
      renewedMs: now,
      isReleased: false,
      state: STATE,
    };
    return this.leases.put(tokenOf(feed), JSON.stringify({ ...entry, ...changes }));
  }

  putReader(reader: Partial<ReaderEntry> & Pick<ReaderEntry, "id" | "feed">): Promise<void> {
    const entry: ReaderEntry = {
      name: "paris",
      version: "1.2.3",
      kind: "gateway",
      number: 1,
      epoch: 3,
      madeMs: 0,
      readMs: 2,
      lagMs: 2,
      ...reader,
    };
    return this.readers.put(`${tokenOf(reader.feed)}.${reader.id}`, JSON.stringify(entry));
  }

  /** Reads the status; `waitMs` is how much time may pass. */
  async status(waitMs = 0): Promise<ClusterStatus> {
    const reading = clusterStatus(this, this.clock);
    await this.clock.advance(waitMs);
    return reading;
  }

  async only(waitMs = 0): Promise<ClusterFeedStatus> {
    const { feeds } = await this.status(waitMs);
    expect(feeds).toHaveLength(1);
    return feeds[0] as ClusterFeedStatus; // as was just checked
  }
}

test("the status of a feed has its leader, its frames, its newest frame, and no problem", async () => {
  const cluster = new ModelCluster();
  const { log } = await cluster.addFeed("sip");
  await cluster.putLease("sip", { sinceMs: 7 });
  const now = cluster.clock.now();
  const newest = decodeFrame((await log.get(2))?.bytes ?? new Uint8Array());
  expect(await cluster.status()).toEqual({
    atMs: now,
    feeds: [
      {
        feed: "sip",
        stream: "TICKERPLANT_sip",
        keepMs: 3_600_000,
        keepBytes: undefined,
        replicas: 1,
        firstNumber: 1,
        lastNumber: 2,
        byteLength: (await log.state()).byteLength,
        newest: { epoch: 3, madeMs: now, completeMs: newest.completeMs, isComplete: true },
        leader: { ingest: LONDON, epoch: 3, sinceMs: 7, renewedMs: now, isLeading: true },
        state: STATE,
        readers: [],
        problem: undefined,
      },
    ],
  });
});

test("the status of a feed has its own readers, and how many frames each is behind", async () => {
  const cluster = new ModelCluster();
  for (const feed of ["sip", "crypto/us"]) {
    await cluster.addFeed(feed);
    await cluster.putLease(feed);
  }
  await cluster.putReader({ id: "b", feed: "sip", kind: "recorder", number: 2 });
  await cluster.putReader({ id: "a", feed: "sip", number: 1, clients: 4 });
  await cluster.putReader({ id: "c", feed: "crypto/us", number: 9 }); // of a stream that was made again
  const { feeds } = await cluster.status();
  const readers = feeds.map((each) => each.readers.map(({ id, behindCount, clients }) => [id, behindCount, clients]));
  expect(feeds.map(({ feed }) => feed)).toEqual(["crypto_us", "sip"]);
  expect(readers).toEqual([
    [["c", 0, undefined]],
    [
      ["a", 1, 4],
      ["b", 0, undefined],
    ],
  ]);
});

test("a feed whose buckets were not made has no leader and no readers", async () => {
  const cluster = new ModelCluster();
  await cluster.addFeed("sip");
  cluster.hasBuckets = false;
  expect(await cluster.only()).toMatchObject({
    leader: undefined,
    state: undefined,
    readers: [],
    problem: "no ingest leads it",
  });
});

test("a feed whose leader has given the lease up has no leader, at once", async () => {
  const cluster = new ModelCluster();
  await cluster.addFeed("sip");
  await cluster.putLease("sip", { isReleased: true });
  const { leader, problem } = await cluster.only();
  expect(leader?.isLeading).toBe(false);
  expect(problem).toBe("no ingest leads it: london has given the lease up");
});

test("a feed whose leader's source sends nothing has that as its problem", async () => {
  const cluster = new ModelCluster();
  await cluster.addFeed("sip");
  await cluster.putLease("sip", { state: { ...STATE, problem: "connection refused" } });
  expect((await cluster.only()).problem).toBe("the source of london sends nothing: connection refused");
});

test("a lease that is not renewed within its length is no leader's", async () => {
  const cluster = new ModelCluster();
  await cluster.addFeed("sip");
  const renewedMs = cluster.clock.now();
  await cluster.putLease("sip");
  await cluster.clock.advance(LEASE_MS + 1);
  const { leader, problem } = await cluster.only(CLUSTER_LIMITS.silentMs);
  expect(leader?.isLeading).toBe(false);
  expect(problem).toBe(
    `no ingest leads it: london has not renewed its lease since ${new Date(renewedMs).toISOString()}`,
  );
});

test.each([-3_600_000, 3_600_000])(
  "a leader whose clock is %i ms off is one while it renews its lease",
  async (offMs) => {
    const cluster = new ModelCluster();
    await cluster.addFeed("sip");
    const renew = (): Promise<void> => cluster.putLease("sip", { renewedMs: cluster.clock.now() + offMs });
    await renew();
    const renewing = cluster.clock.setTimer(() => void renew(), 1_000);
    const { leader, problem } = await cluster.only(CLUSTER_LIMITS.silentMs);
    cluster.clock.clearTimer(renewing);
    expect(leader?.isLeading).toBe(true);
    expect(problem).toBeUndefined();
  },
);

test("a leader that renews its lease and publishes nothing is a problem", async () => {
  const cluster = new ModelCluster();
  const { writer } = await cluster.addFeed("sip");
  const madeMs = cluster.clock.now();
  writer.end();
  await cluster.clock.advance(CLUSTER_LIMITS.silentMs + 1);
  await cluster.putLease("sip");
  const renewing = cluster.clock.setTimer(() => void cluster.putLease("sip"), 1_000);
  const { leader, problem } = await cluster.only(CLUSTER_LIMITS.silentMs);
  cluster.clock.clearTimer(renewing);
  expect(leader?.isLeading).toBe(true);
  expect(problem).toBe(`london leads it, and has published nothing since ${new Date(madeMs).toISOString()}`);
});

test("a newest frame of a later version is the problem of its feed", async () => {
  const cluster = new ModelCluster();
  const { writer } = await cluster.addFeed("sip");
  await cluster.putLease("sip");
  writer.end();
  const log = cluster.logs.get("sip");
  const { bytes } = (await log?.get(2)) ?? { bytes: new Uint8Array() };
  bytes[1] = 9; // a later version, in the model's own copy
  const renewing = cluster.clock.setTimer(() => void cluster.putLease("sip"), 1_000);
  const { newest, problem } = await cluster.only(CLUSTER_LIMITS.silentMs);
  cluster.clock.clearTimer(renewing);
  expect(newest).toBeUndefined();
  expect(problem).toBe("the ingest writes frames of version 9, and this process reads up to 1: update it");
});

test("a status rejects while NATS does not answer", async () => {
  const cluster = new ModelCluster();
  cluster.feeds = () => Promise.reject(new ClusterError("unreachable", "NATS did not answer in time"));
  await expect(clusterStatus(cluster, cluster.clock)).rejects.toThrow("NATS did not answer in time");
});
