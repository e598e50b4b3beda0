import { encode } from "@msgpack/msgpack";
import { CryptoOrderBook } from "@tickerplant/client";
import { CLUSTER_LIMITS, ClusterError } from "@tickerplant/cluster";
import { describe, expect, test } from "vitest";
import { quote, recordTime, SECONDS, trade } from "../../../../../verify/shared/records.ts";
import { clusterFeed } from "../../../src/feeds/cluster/cluster-feed.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import type { HttpResponse } from "../../../src/gateway/http-route.ts";
import type { MemoryPeer } from "../../gateway/support/memory-peer.ts";
import { ClusterModel, FailingLog, openGateway, STATE, subscribe } from "./support/cluster-gateway.ts";

const ALL = { ...STATE, carried: { trades: ["*"], quotes: ["*"] } };

/** The symbols and ids of the trades that a client has got. */
function tradesOf(peer: MemoryPeer): unknown[] {
  return peer.take().flatMap(({ T, S, i }) => (T === "t" ? [[S, i]] : []));
}

test("a feed of a cluster publishes the records of frames in order to the clients that asked for them", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const { gateway, client, clock, source } = await openGateway(model);
  const peer = client();
  peer.say(subscribe({ trades: ["A"] }));
  await clock.settle();
  expect(peer.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
  await ingest.records([trade("A", 1, recordTime(clock.now())), trade("B", 2, recordTime(clock.now()))]);
  await ingest.records([trade("A", 3, recordTime(clock.now()))]);
  expect(tradesOf(peer)).toEqual([
    ["A", 1],
    ["A", 3],
  ]);
  expect(source).toEqual([
    { type: "connected", url: "nats://model" },
    { type: "leader", name: "london", epoch: 1 },
  ]);
  expect(gateway.endpoints[0]).toMatchObject({ source: "live" });
});

test("clients of all gateways of a cluster get the bytes that the ingest has written, with keys that are not known", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest(ALL);
  const peers = [await openGateway(model), await openGateway(model)].map(({ client }) => client());
  for (const peer of peers) peer.say(subscribe({ trades: ["*"] }));
  await model.clock.settle();
  for (const peer of peers) peer.take();
  const wire = {
    T: "t",
    S: "A",
    i: 1,
    x: "V",
    p: 1,
    s: 1,
    c: ["@"],
    z: "C",
    t: new Date(model.clock.now()),
    extra: [7],
  };
  ingest.writer.add(trade("A"), encode(wire), false);
  await ingest.writer.drained();
  await model.clock.settle();
  for (const peer of peers) expect(peer.take()).toMatchObject([{ T: "t", S: "A", extra: [7] }]);
  expect(peers[0]?.bytes.at(-1)).toEqual(peers[1]?.bytes.at(-1));
});

describe("what NATS has when a gateway starts", () => {
  test("fills its history and its newest records, and no client gets it as live", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ALL);
    await ingest.records([trade("A", 1, recordTime(model.clock.now())), quote("A", 9, recordTime(model.clock.now()))]);
    const { client, gateway, clock } = await openGateway(model);
    const peer = client({ url: "/v2/sip?snapshot=1" });
    peer.say(subscribe({ trades: ["A"], quotes: ["A"] }));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "subscription" }, { T: "q", S: "A", bs: 9 }]);
    expect(gateway.report().feeds[0]).toMatchObject({ deliveredCount: 1, history: { rowCount: 2 } });
  });

  test("is published as live ones are, and records that have filled a gap are marked as of history", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ALL);
    await ingest.records([trade("START")]);
    const { published } = await openGateway(model);
    await ingest.records([trade("LIVE")]);
    await ingest.records([trade("FILLED")], true);
    expect(published).toEqual([
      ["START", false],
      ["LIVE", false],
      ["FILLED", true],
    ]);
  });

  test("is read for as long back as asked for", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ALL);
    await ingest.records([trade("OLD")]);
    await model.clock.advance(61_000);
    await ingest.records([trade("NEW")]);
    const { published } = await openGateway(model, { historyMs: 60_000 });
    expect(published).toEqual([["NEW", false]]);
  });

  test.each([
    ["the watermark of its first frame", true, "2025-01-02T14:59:40Z"],
    ["the first watermark without an open gap of the ingest", false, "2025-01-02T14:59:50Z"],
  ])("lacks the time before %s, which an answer of the history says", async (_time, isComplete, completeFrom) => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ALL);
    ingest.watermark = { ...ingest.watermark, isComplete };
    await ingest.records([trade("A", 1, { seconds: SECONDS - 20, nanos: 0 })]);
    model.log.removeUpTo(1);
    const { gateway } = await openGateway(model);
    ingest.watermark = { ...ingest.watermark, isComplete: true };
    await ingest.records([trade("A", 2, { seconds: SECONDS - 10, nanos: 0 })]);
    const answer = await tradesOfA(gateway);
    expect(answer?.headers).toMatchObject({ "x-tickerplant-complete-from": completeFrom });
    expect(String(answer?.body)).toContain('"i":1');
  });

  test("lacks the time before the first record, if the stream has its first frame", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ALL);
    ingest.watermark = { completeMs: (SECONDS - 5) * 1000, isComplete: true };
    await ingest.records([
      trade("A", 1, { seconds: SECONDS - 20, nanos: 0 }),
      trade("A", 2, { seconds: SECONDS - 30, nanos: 0 }),
    ]);
    const { gateway } = await openGateway(model);
    const answer = await tradesOfA(gateway);
    expect(answer?.headers).toMatchObject({ "x-tickerplant-complete-from": "2025-01-02T14:59:30Z" });
  });
});

/** The answer to a request for the trades of A. */
async function tradesOfA({ httpRoutes }: Gateway): Promise<HttpResponse | undefined> {
  const url = "/v2/stocks/trades?symbols=A&feed=sip&start=2025-01-02";
  const headers = { "apca-api-key-id": "key", "apca-api-secret-key": "secret" };
  return httpRoutes.get("/v2/stocks/trades")?.GET?.({ url, headers, params: {} });
}

describe("a feed of a cluster with a place to continue", () => {
  test("begins behind it, however old it is, and reports each frame as reached behind its records", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ALL);
    await ingest.records([trade("BEFORE")]);
    const { id, lastSequence } = await model.log.state();
    await ingest.records([trade("BEHIND")]);
    await model.clock.advance(3_600_000);
    const { published, reached, gaps } = await openGateway(model, {
      after: () => ({ source: id, sequence: lastSequence }),
    });
    await ingest.records([trade("LIVE")]);
    expect(published.map(([symbol]) => symbol)).toEqual(["BEHIND", "LIVE"]);
    expect(reached[0]).toEqual({ place: { source: id, sequence: lastSequence + 1 }, recordCount: 1 });
    expect(reached.at(-1)).toEqual({
      place: { source: id, sequence: (await model.log.state()).lastSequence },
      recordCount: 2,
    });
    expect(gaps).toEqual([]);
  });

  test("reports a gap if NATS does not keep the next frame any more", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest({ ...STATE, carried: { trades: ["*"] } });
    const { id, lastSequence } = await model.log.state();
    await ingest.records([trade("LOST", 1, { seconds: SECONDS - 20, nanos: 0 })]);
    await ingest.records([trade("KEPT", 2, { seconds: SECONDS - 10, nanos: 0 })]);
    model.log.removeUpTo(lastSequence + 1);
    const { published, gaps } = await openGateway(model, { after: () => ({ source: id, sequence: lastSequence }) });
    expect(published.map(([symbol]) => symbol)).toEqual(["KEPT"]);
    expect(gaps).toMatchObject([
      {
        channel: "trades",
        symbols: ["*"],
        to: new Date((SECONDS - 10) * 1000),
        cause: { message: "the stream does not keep 1 frames any more that followed" },
      },
    ]);
  });

  test("reads a stream that was made again from its first frame, and reports a gap", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest({ ...STATE, carried: { trades: ["*"] } });
    await ingest.records([trade("A")]);
    const { published, gaps } = await openGateway(model, { after: () => ({ source: "another", sequence: 900 }) });
    expect(published.map(([symbol]) => symbol)).toEqual(["A"]);
    expect(gaps).toMatchObject([{ cause: { message: "the stream was deleted and made again" } }]);
  });

  test("waits for the stream if there is none yet", async () => {
    const model = new ClusterModel();
    const log = new FailingLog(model.log);
    log.fail(new ClusterError("no_stream", "there is no stream"));
    const { published, clock, outcome } = await openGateway(model, {
      ports: { log, leases: model.leases, readers: model.readers },
      after: () => ({ source: "another", sequence: 900 }),
    });
    expect(outcome).toBeUndefined();
    const ingest = await model.ingest();
    await ingest.records([trade("A")]);
    log.fail(undefined);
    await clock.advance(5_000);
    expect(published.map(([symbol]) => symbol)).toEqual(["A"]);
  });
});

test("an order book stays known at a gateway of a cluster when its last client has left", async () => {
  const model = new ClusterModel(true);
  const ingest = await model.ingest({ ...STATE, carried: { orderbooks: ["*"] } });
  const { client, clock } = await openGateway(model, { feed: "crypto/us" });
  await ingest.records([new CryptoOrderBook("BTC/USD", SECONDS, 0, [{ price: 100, size: 1 }], [], true)]);
  for (let time = 0; time < 2; time++) {
    const peer = client();
    peer.say(subscribe({ orderbooks: ["BTC/USD"] }));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "subscription" }, { T: "o", r: true, b: [{ p: 100 }] }]);
    peer.leave();
    await clock.advance(60_000);
  }
});

test("a client gets what a feed of a cluster publishes after NATS was lost for a while, without a gap", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const log = new FailingLog(model.log);
  const { client, clock, gaps, source } = await openGateway(model, {
    ports: { log, leases: model.leases, readers: model.readers },
  });
  const peer = client();
  peer.say(subscribe({ trades: ["A"] }));
  await clock.settle();
  peer.take();
  log.fail(new ClusterError("unreachable", "the line was cut"));
  await ingest.records([trade("A", 1)]);
  await clock.advance(20_000);
  expect(tradesOf(peer)).toEqual([]);
  log.fail(undefined);
  await clock.advance(5_000);
  expect(tradesOf(peer)).toEqual([["A", 1]]);
  expect(gaps).toEqual([]);
  expect(source.map(({ type }) => type)).toEqual(["connected", "leader", "lost", "connected"]);
});

describe("what an ingest reports", () => {
  test("of a gap comes to clients between the records around it, with its cause", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { client, clock, gaps } = await openGateway(model);
    const peer = client({ url: "/v2/sip?gaps=1" });
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    peer.take();
    await ingest.records([trade("A", 1)]);
    const range = { channel: "trades", symbols: ["A"], fromMs: SECONDS * 1000, toMs: SECONDS * 1000 + 500 };
    await ingest.event({ type: "gap", ...range, cause: "ping_timeout", message: "no pong came" });
    await ingest.records([trade("A", 2)]);
    expect(peer.take()).toMatchObject([
      { T: "t", i: 1 },
      { T: "gap", symbols: ["A"], cause: "ping_timeout", msg: "no pong came", from: "2025-01-02T15:00:00.000Z" },
      { T: "t", i: 2 },
    ]);
    expect(gaps).toHaveLength(1);
  });

  test("of a filled gap is an event of the source", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { source, gateway } = await openGateway(model);
    const range = { channel: "trades", symbols: ["A"], fromMs: SECONDS * 1000, toMs: SECONDS * 1000 + 500 };
    await ingest.event({ type: "filled", ...range, recordCount: 7 });
    expect(source.at(-1)).toMatchObject({ type: "filled", channel: "trades", recordCount: 7 });
    expect(gateway.report().feeds[0]).toMatchObject({ filledRecordCount: 7 });
  });

  test("in a frame or an event of a later version is left out, the kind of frame with one event", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { source, published, clock } = await openGateway(model);
    await ingest.event({ type: "of a later version" } as never);
    ingest.writer.end();
    for (let time = 0; time < 2; time++) {
      const { lastSequence } = await model.log.state();
      const bytes = (await model.log.get(lastSequence))?.bytes.slice() ?? new Uint8Array();
      bytes[3] = 77;
      new DataView(bytes.buffer).setFloat64(8, lastSequence + 1);
      await model.log.append(bytes, lastSequence, { epoch: 1, epochStart: 1 });
    }
    const next = await model.ingest();
    await next.records([trade("A")]);
    await clock.settle();
    const failures = source.flatMap((event) => (event.type === "failed" ? [event.error.message] : []));
    expect(failures).toEqual([expect.stringContaining("kind 77")]);
    expect(published).toEqual([["A", false]]);
  });
});

test("frames that NATS has removed before they were read are a gap of everything that the ingest carries", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest({ ...STATE, carried: { ...STATE.carried, bars: ["A"] } });
  const log = new FailingLog(model.log);
  const { gaps, published, clock, feed } = await openGateway(model, {
    ports: { log, leases: model.leases, readers: model.readers },
  });
  await ingest.records([trade("A", 1, { seconds: SECONDS + 1, nanos: 0 })]);
  log.fail(new ClusterError("unreachable", "the line was cut"));
  await ingest.records([trade("B", 2, { seconds: SECONDS + 2, nanos: 0 })]);
  const { lastSequence } = await model.log.state();
  await ingest.records([trade("A", 3, { seconds: SECONDS + 3, nanos: 0 })]);
  model.log.removeUpTo(lastSequence);
  log.fail(undefined);
  await clock.advance(5_000);
  expect(published.map(([symbol]) => symbol)).toEqual(["A", "A"]);
  const range = { from: new Date((SECONDS + 1) * 1000), to: new Date((SECONDS + 3) * 1000) };
  expect(gaps).toMatchObject([
    {
      channel: "trades",
      symbols: ["A", "B"],
      ...range,
      cause: { message: expect.stringContaining("not in the stream") },
    },
    { channel: "quotes", symbols: ["A"], ...range },
    // A bar that is missing has the time of its start.
    { channel: "bars", symbols: ["A"], from: new Date((SECONDS - 59) * 1000), to: range.to },
  ]);
  expect(feed.cluster).toMatchObject({ skippedCount: 1 });
});

test("frames that NATS has removed are a gap of what they said is carried as well", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest({ ...STATE, carried: { trades: ["A"] } });
  const log = new FailingLog(model.log);
  const ports = { log, leases: model.leases, readers: model.readers };
  const { gaps, clock } = await openGateway(model, { ports });
  await ingest.records([trade("A", 1, { seconds: SECONDS + 1, nanos: 0 })]);
  log.fail(new ClusterError("unreachable", "the line was cut"));
  const state = { ...STATE, carried: { trades: ["A", "B"] } };
  await ingest.state(state);
  await model.putLease({ name: "london", id: "london-1", version: "1.2.3" }, 1, state);
  const { lastSequence } = await model.log.state();
  await ingest.records([trade("A", 3, { seconds: SECONDS + 3, nanos: 0 })]);
  model.log.removeUpTo(lastSequence);
  log.fail(undefined);
  await clock.advance(5_000);
  expect(gaps.map(({ channel, symbols }) => [channel, ...symbols])).toEqual([
    ["trades", "A"],
    ["trades", "B"],
  ]);
});

test("frames that NATS has lost after they were read are reported, because their records may come twice", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const { source, feed, clock } = await openGateway(model);
  await ingest.records([trade("A", 1)]);
  const { lastSequence } = await model.log.state();
  ingest.writer.end();
  model.log.truncate(lastSequence - 1);
  const next = await model.ingest(STATE, "paris");
  await next.records([trade("A", 1)]);
  await clock.advance(5_000);
  expect(source.map((event) => (event.type === "failed" ? event.error.message : event.type))).toEqual([
    "connected",
    "leader",
    `NATS has lost the frames from ${lastSequence} on, which were read: records may come twice`,
    "leader",
  ]);
  expect(feed.cluster).toMatchObject({ rewoundCount: 1, leaderChangeCount: 1, leader: { name: "paris" }, epoch: 2 });
});

test("a feed of a cluster reads a stream that was deleted and made again, whose epochs count from 1", async () => {
  const model = new ClusterModel();
  const log = new FailingLog(model.log);
  const ports = { log, leases: model.leases, readers: model.readers };
  (await model.ingest(STATE, "london")).writer.end();
  const ingest = await model.ingest(STATE, "paris");
  const { client, clock, feed, gaps } = await openGateway(model, { ports });
  await ingest.records([trade("A", 1)]);
  ingest.writer.end();
  log.fail(new ClusterError("unreachable", "the line was cut"));
  await clock.settle();
  model.recreate();
  const next = await model.ingest({ ...STATE, carried: { bars: ["*"] } }, "rome");
  await next.records([trade("A", 2)]);
  log.fail(undefined);
  await clock.advance(5_000);
  expect(feed.cluster).toMatchObject({ epoch: 1, leader: { name: "rome" }, skippedCount: 1 });
  expect(gaps[0]).toMatchObject({ cause: { message: "the stream was deleted and made again" } });
  const peer = client();
  peer.say(subscribe({ bars: ["A"] }));
  await clock.settle();
  expect(peer.take()).toMatchObject([{ T: "subscription", bars: ["A"] }]);
});

test("a gateway of a cluster that starts with another ingest than the one before reports the one that leads now", async () => {
  const model = new ClusterModel();
  (await model.ingest(STATE, "london")).writer.end();
  await model.ingest(STATE, "paris");
  const { source, feed } = await openGateway(model);
  expect(source.at(-1)).toEqual({ type: "leader", name: "paris", epoch: 2 });
  expect(feed.cluster).toMatchObject({ leaderChangeCount: 0 });
});

test("a gateway's entry among the readers has its position, and is removed when it closes", async () => {
  const model = new ClusterModel();
  const ingest = await model.ingest();
  const { client, clock, close } = await openGateway(model);
  client();
  await ingest.records([trade("A")]);
  await clock.advance(CLUSTER_LIMITS.presenceMs);
  const { lastSequence } = await model.log.state();
  const [entry] = await model.readerEntries();
  expect(entry).toMatchObject({ name: "gateway-1", kind: "gateway", feed: "sip", epoch: 1, clients: 1 });
  expect(entry?.number).toBeGreaterThanOrEqual(lastSequence - 1);
  expect(entry).not.toHaveProperty("wants");
  await close();
  expect(await model.readerEntries()).toEqual([]);
});

test("a feed of a cluster that has ended leaves no timer behind", async () => {
  const model = new ClusterModel();
  const { close, clock, outcome } = await openGateway(model);
  expect(outcome).toBeUndefined();
  await close();
  expect(clock.pendingTimers).toBe(0);
});

test("clusterFeed rejects options that make no sense", () => {
  const { log, leases, readers } = new ClusterModel();
  const options = { feed: "sip", ports: { log, leases, readers }, servers: "nats://model" };
  expect(() => clusterFeed({ ...options, feed: "" })).toThrow(TypeError);
  expect(() => clusterFeed({ ...options, historyMs: -1 })).toThrow(RangeError);
  expect(() => clusterFeed({ ...options, ports: {} as never })).toThrow("Cluster.readFeed");
  expect(() => clusterFeed({ ...options, fed: "sip" } as never)).toThrow('no option "fed"');
});
