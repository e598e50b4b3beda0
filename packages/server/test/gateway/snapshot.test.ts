import { VirtualClock } from "@tickerplant/client/testing";
import { Codec } from "@tickerplant/client/wire";
import { describe, expect, test } from "vitest";
import { bar, luld, oneOfEach, quote, status, trade } from "../../../../verify/shared/records.ts";
import { createGateway } from "../../src/create-gateway.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { error, MemoryPeer, type PeerOptions } from "./support/memory-peer.ts";
import { ScriptedUpstream } from "./support/scripted-upstream.ts";

const URL = "/v2/iex?snapshot=1";

function setUp<F extends ManualFeed>(feed: F) {
  const clock = new VirtualClock();
  const gateway = createGateway({ feeds: { iex: feed }, clock });
  void gateway.start();
  const peer = (options: PeerOptions = {}) => new MemoryPeer(gateway, { url: URL, ...options }).authenticate();
  return { feed, clock, gateway, peer };
}

const gapOf = (channel: string, ...symbols: string[]) => ({
  channel,
  symbols,
  from: new Date(0),
  to: new Date(1),
  cause: new Error("cut"),
});

describe("a client with ?snapshot=1", () => {
  test.each(Object.values(Codec))(
    "a client that asked for a snapshot gets the newest quote, status and band after its acknowledgement and before live records, in %s",
    async (codec) => {
      const { feed, clock, peer } = setUp(new ManualFeed());
      feed.publish(...oneOfEach("A"), quote("A", 7), quote("B", 9));
      await clock.settle();
      const late = peer({ codec });
      late.say({
        action: "subscribe",
        quotes: ["A", "NEW"],
        statuses: ["A"],
        lulds: ["A"],
        trades: ["A"],
        bars: ["A"],
      });
      feed.publish(quote("A", 8), trade("A", 2));
      await clock.settle();
      const [ack, ...records] = late.take();
      expect(ack).toMatchObject({ T: "subscription", quotes: ["A", "NEW"] });
      expect(records.map(({ T }) => T)).toEqual(["s", "l", "q", "q", "t"]);
      expect(records[2]).toMatchObject({ S: "A", bs: 7 });
      expect(records[3]).toMatchObject({ S: "A", bs: 8 });
    },
  );

  test("a client that asked for a snapshot of everything gets every known symbol once, and never trades or bars", async () => {
    const { feed, clock, peer } = setUp(new ManualFeed());
    feed.publish(quote("A"), quote("B"), trade("A"), bar("A"));
    const late = peer();
    late.say({ action: "subscribe", quotes: ["*", "A"], trades: ["*"], bars: ["*"] });
    await clock.settle();
    expect(late.take().slice(1)).toMatchObject([
      { T: "q", S: "A" },
      { T: "q", S: "B" },
    ]);
  });

  test("a snapshot has the symbols alone that the client was not subscribed to", async () => {
    const { feed, peer } = setUp(new ManualFeed());
    feed.publish(quote("A"), quote("B"));
    const late = peer();
    late.say({ action: "subscribe", quotes: ["A"] });
    late.take();
    late.say({ action: "subscribe", quotes: ["A", "B"] });
    expect(late.take().slice(1)).toMatchObject([{ T: "q", S: "B" }]);
    late.say({ action: "unsubscribe", quotes: ["A"] });
    late.say({ action: "subscribe", quotes: ["A"] });
    expect(late.take().slice(2)).toMatchObject([{ T: "q", S: "A" }]);
  });

  test.each(["/v2/iex", "/v2/iex?snapshot=0"])("a client at %s gets no snapshot", (url) => {
    const { feed, peer } = setUp(new ManualFeed());
    feed.publish(quote("A"), status("A"));
    const plain = peer({ url });
    plain.say({ action: "subscribe", quotes: ["A"], statuses: ["A"] });
    expect(plain.take()).toHaveLength(1);
  });

  test("what may no longer be the newest is not in a snapshot: after a gap, and without demand", async () => {
    const { feed, clock, peer } = setUp(new ScriptedUpstream());
    const reader = peer({ url: "/v2/iex" });
    reader.say({ action: "subscribe", quotes: ["A", "B"], statuses: ["*"], lulds: ["A"] });
    await clock.settle();
    feed.confirm();
    feed.publish(quote("A"), quote("B"), status("A"), luld("A"));
    feed.gap(gapOf("quotes", "A"));
    feed.gap(gapOf("statuses", "*"));
    reader.say({ action: "unsubscribe", lulds: ["A"] });
    await clock.settle();
    const late = peer();
    late.say({ action: "subscribe", quotes: ["B"], statuses: ["*"], lulds: ["*"] });
    await clock.settle();
    feed.confirm();
    expect(late.take().slice(1)).toMatchObject([{ T: "q", S: "B" }]);
  });
});

describe("the newest records of upstream", () => {
  /** A client that has subscribed to A, which is known, and to B, which is not; the feed has confirmed both. */
  async function waiting() {
    const all = setUp(new ScriptedUpstream());
    const { feed, clock, peer } = all;
    peer({ url: "/v2/iex" }).say({ action: "subscribe", quotes: ["A"] });
    await clock.settle();
    feed.confirm();
    feed.publish(quote("A", 1));
    const late = peer();
    late.say({ action: "subscribe", quotes: ["A", "B", "C"], trades: ["B"] });
    await clock.settle();
    feed.confirm();
    return { ...all, late };
  }

  test("newest records that are not known are requested from upstream, once for a request, before the acknowledgement", async () => {
    const { feed, clock, late } = await waiting();
    expect(feed.newest.map(({ symbols }) => symbols)).toEqual([{ quotes: ["B", "C"] }]);
    feed.publish(quote("A", 2), trade("B"));
    await clock.settle();
    expect(late.take()).toEqual([]);
    feed.newest[0]?.answer(quote("B", 3));
    await clock.settle();
    feed.publish(quote("B", 4));
    await clock.settle();
    const [ack, ...records] = late.take();
    expect(ack).toMatchObject({ T: "subscription", quotes: ["A", "B", "C"] });
    expect(records).toMatchObject([
      { S: "A", bs: 2 },
      { S: "B", bs: 3 },
      { S: "B", bs: 4 },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a live record that comes while upstream is asked is the newest", async () => {
    const { feed, clock, late } = await waiting();
    feed.publish(quote("B", 5));
    feed.newest[0]?.answer(quote("B", 3));
    await clock.settle();
    expect(late.take().slice(1)).toMatchObject([
      { S: "A", bs: 1 },
      { S: "B", bs: 5 },
    ]);
  });

  test("a client is acknowledged without the newest records of upstream after a second, or when the request fails", async () => {
    const { feed, clock, late } = await waiting();
    await clock.advance(GATEWAY_LIMITS.snapshotWaitMs - 1);
    expect(late.take()).toEqual([]);
    await clock.advance(1);
    expect(late.take().map(({ T }) => T)).toEqual(["subscription", "q"]);
    feed.newest[0]?.answer(quote("B", 3));
    await clock.settle();
    expect(late.take()).toEqual([]);
    late.say({ action: "subscribe", quotes: ["D"] });
    await clock.settle();
    feed.confirm();
    feed.newest[1]?.fail();
    await clock.settle();
    expect(late.take()).toHaveLength(1);
  });

  test("while the feed is not current, what is known may be old: upstream is asked, and nothing else sent", async () => {
    const { feed, clock, late } = await waiting();
    feed.newest[0]?.answer();
    await clock.settle();
    feed.isCurrent = false;
    late.say({ action: "unsubscribe", quotes: ["A"] });
    late.take();
    late.say({ action: "subscribe", quotes: ["A"], statuses: ["A"] });
    await clock.settle();
    feed.confirm();
    feed.newest[1]?.answer(quote("A", 6));
    await clock.settle();
    expect(late.take().slice(1)).toMatchObject([{ S: "A", bs: 6 }]);
  });

  test("a rejected request asks nothing of upstream's history", async () => {
    const { feed, clock, peer } = setUp(new ScriptedUpstream());
    const late = peer();
    late.say({ action: "subscribe", quotes: ["B"] });
    await clock.settle();
    feed.reject(405, "symbol limit exceeded");
    expect(late.take()).toEqual([error(405, "symbol limit exceeded")]);
    expect(feed.newest).toEqual([]);
  });

  test("the symbols of a client that leaves while upstream is asked are released, and late answers are not kept", async () => {
    const { feed, clock, peer, late } = await waiting();
    late.leave();
    await clock.settle();
    expect(feed.changes.at(-1)?.released).toEqual({ quotes: ["B", "C"], trades: ["B"] });
    feed.newest[0]?.answer(quote("B", 3));
    await clock.settle();
    const next = peer();
    next.say({ action: "subscribe", quotes: ["*"] });
    await clock.settle();
    feed.confirm();
    expect(next.take().slice(1)).toMatchObject([{ S: "A" }]);
    expect(clock.pendingTimers).toBe(0);
  });
});
