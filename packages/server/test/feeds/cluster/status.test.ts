import { CLUSTER_LIMITS, ClusterError } from "@tickerplant/cluster";
import { describe, expect, test } from "vitest";
import { trade } from "../../../../../verify/shared/records.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream/limits.ts";
import { error, MemoryPeer } from "../../gateway/support/memory-peer.ts";
import { ClusterModel, FailingLog, openGateway, STATE, subscribe } from "./support/cluster-gateway.ts";

const SILENT = { isReady: false, reason: "no ingest publishes this feed" };
const CUT = new ClusterError("unreachable", "the line was cut");

/** Opens a gateway whose log can fail. */
async function failing(model: ClusterModel, error?: ClusterError) {
  const log = new FailingLog(model.log);
  log.fail(error);
  const opened = await openGateway(model, { ports: { log, leases: model.leases, readers: model.readers } });
  return { log, ...opened };
}

test("a feed of a cluster is ready and current while an ingest publishes, with heartbeats alone as well", async () => {
  const model = new ClusterModel();
  await model.ingest();
  const { feed, clock } = await openGateway(model);
  expect(feed.status).toEqual({ isReady: true });
  await clock.advance(60_000);
  expect(feed).toMatchObject({ status: { isReady: true }, isCurrent: true, cluster: { isConnected: true } });
});

test("a feed of a cluster is not current while the ingest has an open gap", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const { feed } = await openGateway(model);
  ingest.watermark = { ...ingest.watermark, isComplete: false };
  await ingest.records([trade("A")]);
  expect(feed).toMatchObject({ status: { isReady: true }, isCurrent: false });
  ingest.watermark = { ...ingest.watermark, isComplete: true };
  await ingest.records([trade("A")]);
  expect(feed.isCurrent).toBe(true);
});

describe("a feed of a cluster without an ingest that publishes", () => {
  test("is not ready after five seconds, and is again with the first frame", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { feed, clock, source } = await openGateway(model);
    ingest.writer.end();
    await clock.advance(CLUSTER_LIMITS.silentMs - CLUSTER_LIMITS.heartbeatMs);
    expect(feed.status).toEqual({ isReady: true });
    await clock.advance(2 * CLUSTER_LIMITS.heartbeatMs);
    expect(feed).toMatchObject({ status: SILENT, isCurrent: false, cluster: { isConnected: false } });
    await model.ingest(STATE, "paris");
    expect(feed.status).toEqual({ isReady: true });
    expect(source.map(({ type }) => type)).toEqual(["connected", "leader", "lost", "connected", "leader"]);
  });

  test("sends clients error 500 after a minute, and closes those without a subscription", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { client, clock, gateway } = await openGateway(model);
    const [reading, idle] = [client(), client()];
    reading.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    reading.take();
    ingest.writer.end();
    await clock.advance(CLUSTER_LIMITS.silentMs + UPSTREAM_LIMITS.unreachableMs - CLUSTER_LIMITS.heartbeatMs);
    expect(reading.take()).toEqual([]);
    await clock.advance(2 * CLUSTER_LIMITS.heartbeatMs);
    expect(reading.take()).toEqual([error(500, "internal error")]);
    expect(reading.closed).toBeUndefined();
    expect(idle.closed).toBeDefined();
    const next = await model.ingest();
    const fresh = new MemoryPeer(gateway, { url: "/v2/sip" }).subscribe({ trades: ["A"] });
    await clock.settle();
    await next.records([trade("A", 3)]);
    expect(fresh.take()).toMatchObject([{ T: "t", i: 3 }]);
  });
});

describe("a feed of a cluster whose NATS", () => {
  test("cannot be read is not ready, says why, and sends clients error 500 after a minute", async () => {
    const model = new ClusterModel();
    await model.ingest();
    const { log, feed, client, clock, source } = await failing(model);
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    peer.take();
    log.fail(CUT);
    await clock.advance(1_000);
    expect(feed).toMatchObject({
      status: { isReady: false, reason: "NATS cannot be read: the line was cut" },
      isCurrent: false,
    });
    await clock.advance(UPSTREAM_LIMITS.unreachableMs);
    expect(peer.take()).toEqual([error(500, "internal error")]);
    log.fail(undefined);
    await clock.advance(5_000);
    expect(feed.status).toEqual({ isReady: true });
    expect(source.map(({ type }) => type)).toEqual(["connected", "leader", "lost", "connected"]);
  });

  test("is lost lets requests wait until it can be read again", async () => {
    const model = new ClusterModel();
    await model.ingest();
    const { log, client, clock } = await failing(model);
    log.fail(CUT);
    await clock.advance(1_000);
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.advance(20_000);
    expect(peer.take()).toEqual([]);
    log.fail(undefined);
    await clock.advance(5_000);
    expect(peer.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
  });

  test("cannot be reached at the start is tried again until it can", async () => {
    const model = new ClusterModel();
    await model.ingest();
    let attempts = 0;
    const { log, leases, readers, clock } = model;
    const { feed, source } = await openGateway(model, {
      ports: async () => {
        if (++attempts < 3) throw CUT;
        return { log, leases, readers };
      },
    });
    expect(feed.status).toEqual({ isReady: false, reason: "NATS cannot be read: the line was cut" });
    await clock.advance(10_000);
    expect(attempts).toBe(3);
    expect(feed.status).toEqual({ isReady: true });
    expect(source.map(({ type }) => type)).toEqual(["lost", "connected", "leader"]);
  });

  test("rejects the credentials fails the feed", async () => {
    const rejected = new ClusterError("not_allowed", "NATS rejects the credentials");
    const opened = await openGateway(new ClusterModel(), { ports: () => Promise.reject(rejected) });
    expect(opened.outcome).toEqual({ error: rejected });
  });
});

describe("what an ingest says of its source", () => {
  test("makes a feed of a cluster not ready, with the reason, until the source is back", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { feed, source } = await openGateway(model);
    await ingest.state({ ...STATE, problem: "the connection was lost" });
    expect(feed).toMatchObject({
      status: { isReady: false, reason: "the connection was lost" },
      isCurrent: false,
      cluster: { isConnected: true, problem: "the connection was lost" },
    });
    await ingest.state(STATE);
    expect(feed.status).toEqual({ isReady: true });
    expect(source.slice(2)).toMatchObject([
      { type: "lost", cause: { message: "the ingest's source sends nothing: the connection was lost" } },
      { type: "connected" },
    ]);
  });

  test("of an outage meets clients at their credentials, and another ingest ends it", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { client, clock, gateway } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    peer.take();
    await ingest.event({ type: "outage", number: 402, message: "auth failed", isTerminal: true });
    expect(peer.take()).toEqual([error(402, "auth failed")]);
    expect(peer.closed).toBeDefined();
    expect(() => client()).toThrow("402");
    ingest.writer.end();
    await model.ingest(STATE, "paris");
    expect(client().closed).toBeUndefined();
    expect(gateway.endpoints).toMatchObject([{ state: "running" }]);
  });

  test("of an outage that had ended before a gateway started closes no client of it", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    await ingest.event({ type: "outage", number: 402, message: "auth failed", isTerminal: true });
    await ingest.event({ type: "outage" });
    const { log, client, clock } = await failing(model, CUT);
    const peer = client();
    log.fail(undefined);
    await clock.advance(5_000);
    expect(peer.closed).toBeUndefined();
  });

  test("of its end leaves the feed not ready without an error for clients", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { feed, client, clock } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    peer.take();
    await ingest.event({ type: "ended" });
    ingest.writer.end();
    await clock.advance(2 * UPSTREAM_LIMITS.unreachableMs);
    expect(feed.status).toEqual({ isReady: false, reason: "the feed's source has ended" });
    expect(peer.take()).toEqual([]);
    await model.ingest();
    expect(feed.status).toEqual({ isReady: true });
  });
});

test("the report of a gateway has how it reads its cluster, with the losses", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const { log, gateway, clock } = await failing(model);
  await clock.advance(CLUSTER_LIMITS.presenceMs / 2);
  await ingest.records([trade("A"), trade("B")]);
  log.fail(CUT);
  await clock.advance(500);
  log.fail(undefined);
  await clock.advance(10 * CLUSTER_LIMITS.presenceMs);
  const { lastSequence } = await model.log.state();
  expect(gateway.report().feeds[0]?.cluster).toEqual({
    servers: "nats://model",
    isConnected: true,
    leader: { name: "london", version: "1.2.3" },
    epoch: 1,
    number: lastSequence,
    lagMs: 0,
    behindCount: 0,
    frameCount: lastSequence,
    recordCount: 2,
    skippedCount: 0,
    rewoundCount: 0,
    leaderChangeCount: 0,
    losses: [{ code: "connection_lost", message: "NATS cannot be read: the line was cut", at: expect.any(String) }],
  });
});
