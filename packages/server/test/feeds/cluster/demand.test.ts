import { ClusterError, type FeedState } from "@tickerplant/cluster";
import { describe, expect, test } from "vitest";
import { luld, quote, trade } from "../../../../../verify/shared/records.ts";
import { CLUSTER_FEED_LIMITS } from "../../../src/feeds/cluster/limits.ts";
import { error } from "../../gateway/support/memory-peer.ts";
import { ClusterModel, FailingLog, openGateway, STATE, subscribe } from "./support/cluster-gateway.ts";

const ON_DEMAND: FeedState = { carried: { trades: ["A"] }, isOnDemand: true };
const WITHDRAWN = "the feed's source no longer carries a symbol";

/** What readers of a feed ask for. */
async function wantsOf(model: ClusterModel): Promise<unknown> {
  return (await model.readerEntries()).map(({ wants }) => wants);
}

describe("an ingest with symbols of its own", () => {
  test("confirms what it carries by name or by *, and anything else is rejected with 405 and a sentence", async () => {
    const model = new ClusterModel();
    await model.ingest({ ...STATE, carried: { trades: ["A", "B"], bars: ["*"] } });
    const { client, clock } = await openGateway(model);
    const peer = client();
    const answerTo = async (symbols: Record<string, string[]>): Promise<unknown> => {
      peer.say(subscribe(symbols));
      await clock.settle();
      return peer.take();
    };
    expect(await answerTo({ trades: ["A"], bars: ["C", "*"] })).toMatchObject([
      { T: "subscription", bars: ["C", "*"] },
    ]);
    const carries = "the ingest of sip carries trades of A, B and bars of all symbols: it has no";
    expect(await answerTo({ quotes: ["A"] })).toEqual([error(405, `${carries} quotes of A`)]);
    expect(await answerTo({ trades: ["*"] })).toEqual([error(405, `${carries} trades of all symbols`)]);
    expect(await answerTo({ trades: ["A", "X"], quotes: ["Y"] })).toEqual([
      error(405, `${carries} trades of X and no quotes of Y`),
    ]);
  });

  test("names a few of its many symbols in an error, and counts the rest", async () => {
    const model = new ClusterModel();
    const many = Array.from({ length: 500 }, (_, index) => `S${index}`);
    await model.ingest({ ...STATE, carried: { trades: many } });
    const { client, clock } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["X"] }));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ code: 405, msg: expect.stringContaining("S3, S4 and 495 more symbols: it") }]);
  });

  test("is known by its lease when the frames that are read have no state", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    await model.clock.advance(60_000);
    await ingest.records([trade("A")]);
    const { client, clock, feed } = await openGateway(model, { historyMs: 1_000 });
    const peer = client();
    peer.say(subscribe({ quotes: ["B"] }));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ code: 405 }]);
    expect(feed).toMatchObject({ source: "live", cluster: { leader: { name: "london" } } });
  });

  test("that takes over has ten seconds to subscribe to what clients have, and the rest is withdrawn", async () => {
    const model = new ClusterModel();
    const before = await model.ingest();
    const { client, clock } = await openGateway(model);
    const [stays, leaves] = [client(), client()];
    stays.say(subscribe({ trades: ["A"] }));
    leaves.say(subscribe({ trades: ["B"] }));
    await clock.settle();
    before.writer.end();
    const next = await model.ingest({ ...STATE, carried: {} });
    await clock.advance(CLUSTER_FEED_LIMITS.answerMs / 2);
    await next.state({ ...STATE, carried: { trades: ["A"] } });
    await clock.advance(CLUSTER_FEED_LIMITS.answerMs / 2 - 1);
    expect(leaves.closed).toBeUndefined();
    leaves.take();
    await clock.advance(1);
    expect(leaves.take()).toEqual([error(405, "the ingest of sip carries trades of A: it has no trades of B")]);
    expect(leaves.closed?.reason).toBe(WITHDRAWN);
    expect(stays.closed).toBeUndefined();
  });

  test("whose source is lost keeps its clients, however long that lasts", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { client, clock } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    await ingest.state({ ...STATE, carried: {}, problem: "the line was cut" });
    await clock.advance(3 * CLUSTER_FEED_LIMITS.answerMs);
    expect(peer.closed).toBeUndefined();
    await ingest.state(STATE);
    await clock.advance(3 * CLUSTER_FEED_LIMITS.answerMs);
    expect(peer.closed).toBeUndefined();
  });

  test("whose source is lost confirms a request when it is back, or rejects it after ten seconds", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest({ ...STATE, carried: {}, problem: "the line was cut" });
    const { client, clock } = await openGateway(model);
    const [early, late] = [client(), client()];
    early.say(subscribe({ trades: ["A"] }));
    await clock.advance(CLUSTER_FEED_LIMITS.answerMs - 1);
    expect(early.take()).toEqual([]);
    await clock.advance(1);
    expect(early.take()).toEqual([error(500, "the source of the ingest of sip sends nothing: the line was cut")]);
    late.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    await ingest.state(STATE);
    expect(late.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
  });

  test("that withdraws a symbol closes its clients with the source's error", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    const { client, clock } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    peer.take();
    await ingest.event({ type: "withdrawn", symbols: { trades: ["A"] }, number: 409, message: "insufficient" });
    expect(peer.take()).toEqual([error(409, "insufficient")]);
    expect(peer.closed?.reason).toBe(WITHDRAWN);
  });

  test("that withdrew a symbol before a gateway started closes no client of it", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest();
    await ingest.event({ type: "withdrawn", symbols: { trades: ["A"] }, number: 409, message: "insufficient" });
    await ingest.event({ type: "rejected", symbols: { trades: ["A"] }, number: 409, message: "insufficient" });
    const log = new FailingLog(model.log);
    log.fail(new ClusterError("unreachable", "the line was cut"));
    const { client, clock } = await openGateway(model, {
      ports: { log, leases: model.leases, readers: model.readers },
    });
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.advance(5_000);
    expect(peer.take()).toEqual([]);
    log.fail(undefined);
    await clock.advance(5_000);
    expect(peer.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
  });
});

describe("without an ingest", () => {
  test("requests are confirmed, and withdrawn ten seconds after an ingest that does not carry them", async () => {
    const model = new ClusterModel();
    const { client, clock } = await openGateway(model);
    const [stays, leaves] = [client(), client()];
    stays.say(subscribe({ trades: ["A"] }));
    leaves.say(subscribe({ trades: ["X"] }));
    await clock.settle();
    expect([stays, leaves].map((peer) => peer.take())).toMatchObject([[{ trades: ["A"] }], [{ trades: ["X"] }]]);
    await model.ingest();
    await clock.advance(CLUSTER_FEED_LIMITS.answerMs);
    expect(leaves.take()).toMatchObject([{ code: 405 }]);
    expect(stays.closed).toBeUndefined();
  });

  test("and without a stream, requests are confirmed as well", async () => {
    const model = new ClusterModel();
    const log = new FailingLog(model.log);
    log.fail(new ClusterError("no_stream", "there is no stream"));
    const { client, clock, feed } = await openGateway(model, {
      ports: { log, leases: model.leases, readers: model.readers },
    });
    const peer = client();
    peer.say(subscribe({ trades: ["A"] }));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
    expect(feed.status).toEqual({ isReady: false, reason: "no ingest publishes this feed" });
    log.fail(undefined);
    const ingest = await model.ingest();
    await clock.advance(5_000);
    await ingest.records([trade("A", 7)]);
    expect(peer.take()).toMatchObject([{ T: "t", i: 7 }]);
    expect(feed.status).toEqual({ isReady: true });
  });
});

describe("an ingest on demand", () => {
  test("is asked at once, by the gateway's entry, for what clients have and for what they wait for", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ON_DEMAND);
    const { client, clock } = await openGateway(model);
    const [first, second] = [client(), client()];
    first.say(subscribe({ trades: ["A"] }));
    second.say(subscribe({ trades: ["B"], quotes: ["B"] }));
    await clock.settle();
    expect(first.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
    expect(second.take()).toEqual([]);
    expect(await wantsOf(model)).toEqual([{ trades: ["A", "B"], quotes: ["B"] }]);
    await ingest.state({ ...ON_DEMAND, carried: { trades: ["A", "B"], quotes: ["B"] } });
    expect(second.take()).toMatchObject([{ T: "subscription", trades: ["B"], quotes: ["B"] }]);
    first.leave();
    await clock.settle();
    expect(await wantsOf(model)).toEqual([{ trades: ["B"], quotes: ["B"] }]);
  });

  test("that rejects a symbol rejects the requests for it with the source's error, and is asked no more", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest(ON_DEMAND);
    const { client, clock } = await openGateway(model);
    const [rejected, waits] = [client(), client()];
    rejected.say(subscribe({ trades: ["B", "C"] }));
    waits.say(subscribe({ trades: ["C"] }));
    await clock.settle();
    await ingest.event({ type: "rejected", symbols: { trades: ["B"] }, number: 405, message: "symbol limit exceeded" });
    expect(rejected.take()).toEqual([error(405, "symbol limit exceeded")]);
    expect(waits.take()).toEqual([]);
    expect(await wantsOf(model)).toEqual([{ trades: ["C"] }]);
  });

  test("that does not answer within ten seconds rejects the request with 500", async () => {
    const model = new ClusterModel();
    await model.ingest(ON_DEMAND);
    const { client, clock } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["B"] }));
    await clock.advance(CLUSTER_FEED_LIMITS.answerMs);
    expect(peer.take()).toEqual([error(500, "the ingest of sip has not subscribed to trades of B within 10 s")]);
    expect(await wantsOf(model)).toEqual([{}]);
  });

  test("that comes later is asked for what clients have already", async () => {
    const model = new ClusterModel();
    const { client, clock } = await openGateway(model);
    const peer = client();
    peer.say(subscribe({ trades: ["B"] }));
    await clock.settle();
    expect(await wantsOf(model)).toEqual([undefined]);
    await model.ingest(ON_DEMAND);
    expect(await wantsOf(model)).toEqual([{ trades: ["B"] }]);
  });

  test("that drops a symbol which no client has makes gateways forget its newest record", async () => {
    const model = new ClusterModel();
    const ingest = await model.ingest({ ...ON_DEMAND, carried: { trades: ["A"], lulds: ["A"], quotes: ["A"] } });
    const { client, clock } = await openGateway(model);
    await ingest.records([luld("A"), quote("A")]);
    await ingest.state(ON_DEMAND);
    await ingest.state({ ...ON_DEMAND, carried: { trades: ["A"], lulds: ["A"], quotes: ["A"] } });
    const peer = client({ url: "/v2/sip?snapshot=1" });
    peer.say(subscribe({ lulds: ["A"], quotes: ["A"] }));
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "subscription" }]);
  });
});
