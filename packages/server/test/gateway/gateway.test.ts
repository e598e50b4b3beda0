import { inspect } from "node:util";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec } from "@tickerplant/client/wire";
import { describe, expect, test, vi } from "vitest";
import { quote, trade } from "../../../../verify/shared/records.ts";
import { createGateway, type GatewayOptions } from "../../src/create-gateway.ts";
import type { Feed } from "../../src/feeds/feed.ts";
import { testFeed } from "../../src/feeds/simulator/test-feed.ts";
import { UndeliveredError } from "../../src/gateway/departures.ts";
import type { Faults } from "../../src/gateway/faults.ts";
import type { Gateway } from "../../src/gateway/gateway.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { error, MemoryPeer } from "./support/memory-peer.ts";

interface Setup {
  readonly gateway: Gateway;
  readonly feed: ManualFeed;
  readonly clock: VirtualClock;
  readonly events: GatewayEvent[];
  /** "running", "ended", or the error that `start` rejected with. */
  readonly outcome: () => unknown;
}

function setUp(options: Partial<GatewayOptions> = {}, paced = true): Setup {
  const feed = new ManualFeed(paced);
  const clock = new VirtualClock();
  const events: GatewayEvent[] = [];
  const gateway = createGateway({ feeds: { iex: feed }, clock, onEvent: (event) => events.push(event), ...options });
  let outcome: unknown = "running";
  gateway.start().then(
    () => {
      outcome = "ended";
    },
    (failure) => {
      outcome = failure;
    },
  );
  return { gateway, feed, clock, events, outcome: () => outcome };
}

/** Trades of 1,000 in one turn, with different ids. */
function trades(from: number, count = 1000): ReturnType<typeof trade>[] {
  return Array.from({ length: count }, (_, index) => trade("A", from + index));
}

function raise(error: Error): never {
  throw error;
}

/** Publishes until a client that reads nothing has more waiting than an unpaced feed allows. */
async function fill({ feed, clock }: Setup): Promise<number> {
  let published = 0;
  for (let room = feed.room(); room === undefined; room = feed.room()) {
    feed.publish(...trades(published));
    published += 1000;
    await clock.settle();
  }
  return published;
}

describe("slow clients", () => {
  test("[R28] a slow client gets 407 and is closed at its limit, while a fast one gets every record in as few frames", async () => {
    const { gateway, feed, clock, events } = setUp({
      maxBufferedBytes: 100_000,
      closeCodes: { slowClient: 4407 },
    });
    const fast = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const slow = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    slow.isStuck = true;
    for (let from = 0; from < 10_000; from += 1000) {
      feed.publish(...trades(from));
      await clock.settle();
    }
    expect(fast.frames.every((frame) => frame.length > 100)).toBe(true);
    expect(fast.take().map(({ i }) => i)).toEqual(trades(0, 10_000).map(({ id }) => id));
    expect(slow.take().at(-1)).toEqual(error(407, "slow client"));
    expect(slow.closed).toMatchObject({ code: 4407, reason: "slow client" });
    expect(events.filter(({ type }) => type === "slow")).toHaveLength(1);
    expect(events.find(({ type }) => type === "left")).toMatchObject({ client: 2, reason: "slow client" });
    expect(gateway.stats.clients).toBe(1);
  });

  test("a client that sends requests without end and never reads the answers is closed as a slow client", () => {
    const { gateway } = setUp({ maxBufferedBytes: 10_000 });
    const peer = new MemoryPeer(gateway, { isStuck: true, ignoresClose: true });
    peer.say({ action: "auth", key: "key", secret: "secret" });
    for (let count = 0; count < 1000; count++) peer.say({ action: "subscribe", trades: ["A"] });
    expect(peer.bytes.length).toBeLessThan(500);
    expect(peer.take().at(-1)).toEqual(error(407, "slow client"));
    expect(peer.closed?.reason).toBe("slow client");
  });

  test("a slow client that chose to conflate gets every trade and the newest quotes, and keeps its connection", async () => {
    const { gateway, feed, clock } = setUp({ maxBufferedBytes: 100_000 });
    const plain = new MemoryPeer(gateway).subscribe({ quotes: ["*"], trades: ["*"] });
    const conflating = new MemoryPeer(gateway, { url: "/v2/iex?slow=conflate" });
    conflating.subscribe({ quotes: ["*"], trades: ["*"] });
    plain.isStuck = true;
    conflating.isStuck = true;
    for (let round = 1; round <= 2000; round++) {
      feed.publish(quote("A", round), quote("B", round));
      if (round % 100 === 0) feed.publish(trade("A", round));
      await clock.settle();
    }
    expect(plain.closed?.reason).toBe("slow client");
    expect(conflating.closed).toBeUndefined();
    conflating.unstick();
    await clock.settle();
    const received = conflating.take();
    expect(received.filter(({ T }) => T === "t").map(({ i }) => i)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index + 1) * 100),
    );
    for (const symbol of ["A", "B"]) {
      const sizes = received.filter(({ T, S }) => T === "q" && S === symbol).map(({ bs }) => Number(bs));
      expect(sizes.length).toBeLessThan(2000);
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
      expect(sizes.at(-1)).toBe(2000);
    }
  });
});

describe("feeds without a clock", () => {
  test("a feed without a clock starts with the first subscription, and waits while no client is subscribed", async () => {
    const { gateway, feed, clock } = setUp({}, false);
    const peer = new MemoryPeer(gateway).authenticate();
    await clock.settle();
    expect(feed.runs).toBe(0);
    peer.say({ action: "subscribe", trades: ["A"] });
    await clock.settle();
    expect(feed.runs).toBe(1);
    expect(feed.room()).toBeUndefined();
    peer.say({ action: "unsubscribe", trades: ["A"] });
    let isWaiting = true;
    void feed.room()?.then(() => {
      isWaiting = false;
    });
    await clock.advance(1e6);
    expect(isWaiting).toBe(true);
    peer.say({ action: "subscribe", trades: ["A"] });
    await clock.settle();
    expect(isWaiting).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a feed without a clock waits for its slowest client and loses nothing", async () => {
    const setup = setUp({}, false);
    const { gateway, feed, clock } = setup;
    const fast = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const slow = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.settle();
    slow.isStuck = true;
    const published = await fill(setup);
    for (let hours = 0; feed.room() !== undefined; hours++) {
      expect(hours).toBeLessThan(100);
      await clock.advance(GATEWAY_LIMITS.stallTimeoutMs - 1);
      slow.takeBytes(1); // one frame in half a minute is slow, not dead
    }
    slow.unstick();
    expect(slow.closed).toBeUndefined();
    expect(slow.take()).toHaveLength(published);
    expect(fast.take()).toHaveLength(published);
  });

  test("a feed without a clock continues after a client that reads nothing for half a minute is cut off", async () => {
    const setup = setUp({}, false);
    const { gateway, feed, clock, events } = setup;
    const fast = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const dead = new MemoryPeer(gateway, { ignoresClose: true }).subscribe({ trades: ["*"] });
    await clock.settle();
    dead.isStuck = true;
    await fill(setup);
    let isWaiting = true;
    void feed.room()?.then(() => {
      isWaiting = false;
    });
    await clock.advance(GATEWAY_LIMITS.stallTimeoutMs - 1);
    expect(isWaiting).toBe(true);
    await clock.advance(GATEWAY_LIMITS.stallTimeoutMs + 1);
    expect(isWaiting).toBe(false);
    expect(dead.take().at(-1)).toEqual(error(407, "slow client"));
    expect(events.filter(({ type }) => type === "slow")).toMatchObject([{ client: 2 }]);
    fast.take();
    feed.publish(trade("A", -1));
    await clock.settle();
    expect(fast.take()).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a feed without a clock continues when the client that it waits for leaves, or the gateway closes", async () => {
    for (const how of ["leave", "close"] as const) {
      const setup = setUp({}, false);
      const { gateway, feed, clock } = setup;
      new MemoryPeer(gateway).subscribe({ trades: ["*"] });
      const slow = new MemoryPeer(gateway, { ignoresClose: true }).subscribe({ trades: ["*"] });
      await clock.settle();
      slow.isStuck = true;
      await fill(setup);
      const room = feed.room();
      expect(room).toBeDefined();
      if (how === "leave") slow.leave();
      else void gateway.close();
      await room;
      await clock.settle();
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe("gateways with once", () => {
  test("with once, the feed starts with the first subscription, and the gateway sends everything and closes normally", async () => {
    const { gateway, feed, clock, outcome, events } = setUp({ once: true });
    await clock.settle();
    expect(feed.runs).toBe(0);
    const peers = [new MemoryPeer(gateway), new MemoryPeer(gateway, { codec: Codec.JSON })];
    for (const peer of peers) peer.subscribe({ trades: ["*"] });
    await clock.settle();
    feed.publish(...trades(0));
    feed.end();
    await clock.settle();
    for (const peer of peers) {
      expect(peer.take()).toHaveLength(1000);
      expect(peer.closed).toMatchObject({ code: 1000, reason: "the feed has ended" });
    }
    expect(outcome()).toBe("ended");
    expect(events.at(-1)).toEqual({ type: "feedEnded", feeds: ["iex"], error: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  test("with once, the gateway ends after a slow client has read everything, as long as it makes progress", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true });
    const fast = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const slow = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.settle();
    slow.isStuck = true;
    feed.publish(...trades(0, 10_000));
    feed.end();
    await clock.settle();
    for (const peer of [fast, slow]) {
      const limits = { stallMs: GATEWAY_LIMITS.stallTimeoutMs, totalMs: Number.POSITIVE_INFINITY };
      expect(peer.closed).toEqual({ code: 1000, reason: "the feed has ended", limits });
    }
    await clock.advance(GATEWAY_LIMITS.stallTimeoutMs * 10);
    expect(outcome()).toBe("running");
    slow.unstick();
    await clock.settle();
    expect(slow.take()).toHaveLength(10_000);
    expect(outcome()).toBe("ended");
    expect(clock.pendingTimers).toBe(0);
  });

  test("with once, a conflating client gets its newest quotes before it is closed", async () => {
    const { gateway, feed, clock } = setUp({ once: true, maxBufferedBytes: 2000 });
    const peer = new MemoryPeer(gateway, { url: "/v2/iex?slow=conflate" }).subscribe({ quotes: ["*"] });
    await clock.settle();
    peer.isStuck = true;
    for (let size = 1; size <= 100; size++) {
      feed.publish(quote("A", size));
      await clock.settle();
    }
    expect(peer.frames.at(-1)?.at(-1)?.bs).toBeLessThan(100);
    feed.end();
    await clock.settle();
    expect(peer.take().at(-1)).toMatchObject({ T: "q", bs: 100 });
    expect(peer.closed?.code).toBe(1000);
  });

  test("with once, the gateway ends with an error that states how much is missing if no client received everything", async () => {
    const { gateway, feed, clock, outcome, events } = setUp({ once: true });
    const dead = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.settle();
    dead.isStuck = true;
    feed.publish(...trades(0));
    feed.end();
    await clock.settle();
    expect(outcome()).toBe("running");
    dead.leave({ reason: "the client read nothing for 30 s", unreadBytes: 0 });
    await clock.settle();
    expect(outcome()).toBeInstanceOf(UndeliveredError);
    expect(String(outcome())).toMatch(
      /^UndeliveredError: the feed ended after 1000 records, and no client was sent all of them: the last client left after 1000 records and up to \d{5} bytes not delivered \(the feed has ended; the client read nothing for 30 s\)$/,
    );
    expect(events.at(-1)).toMatchObject({ type: "feedEnded", error: outcome() });
    expect(clock.pendingTimers).toBe(0);
  });

  test("with once, the gateway ends without an error if one of several clients received everything", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true });
    const [first, second] = [1, 2].map(() => new MemoryPeer(gateway).subscribe({ trades: ["*"] }));
    await clock.settle();
    feed.publish(trade("A", 1));
    first?.leave({ reason: "the connection failed: ECONNRESET", unreadBytes: 3 });
    feed.publish(trade("A", 2));
    feed.end();
    await clock.settle();
    expect(second?.take()).toHaveLength(2);
    expect(outcome()).toBe("ended");
  });

  test("with once, the gateway ends without an error if its client leaves with the last record, before the feed has ended", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true });
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.settle();
    feed.publish(trade("A", 1));
    await clock.settle();
    peer.leave();
    feed.end();
    await clock.settle();
    expect(outcome()).toBe("ended");
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([true, false])(
    "with once, the gateway ends with an error when its last client is gone for the limit (paced: %s)",
    async (paced) => {
      const { gateway, feed, clock, outcome } = setUp({ once: true }, paced);
      const idle = new MemoryPeer(gateway).authenticate(); // no reader
      const peer = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
      await clock.settle();
      feed.publish(...trades(0, 10));
      await clock.settle();
      peer.leave({ reason: "the connection failed: ECONNRESET", unreadBytes: 7 });
      void feed.room();
      await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs - 1);
      expect(outcome()).toBe("running");
      await clock.advance(1);
      expect(String(outcome())).toBe(
        "UndeliveredError: the feed was stopped after 10 records, and the rest was not delivered: the last client left " +
          "after 10 records and up to 7 bytes not delivered (the connection failed: ECONNRESET), and no client subscribed within 10 s",
      );
      expect(idle.closed).toMatchObject({ code: 1000, reason: "the feed has ended" });
      expect(clock.pendingTimers).toBe(0);
    },
  );

  test("with once, the gateway continues for a client that subscribes within the limit, even if the last one only unsubscribed", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true }, false);
    const first = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.settle();
    feed.publish(trade("A", 1));
    await clock.settle();
    first.say({ action: "unsubscribe", trades: ["*"] });
    await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs - 1);
    const second = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs * 2);
    expect(outcome()).toBe("running");
    feed.publish(trade("A", 2));
    feed.end();
    await clock.settle();
    expect(second.take()).toMatchObject([{ i: 2 }]);
    expect(outcome()).toBe("ended");
  });

  test("with once, the gateway ends within both limits if its client stops reading, and reports it", async () => {
    const setup = setUp({ once: true }, false);
    const { gateway, feed, clock, outcome, events } = setup;
    const peer = new MemoryPeer(gateway, { ignoresClose: true }).subscribe({ trades: ["*"] });
    await clock.settle();
    peer.isStuck = true;
    await fill(setup);
    void feed.room();
    await clock.advance(GATEWAY_LIMITS.stallTimeoutMs);
    expect(events.filter(({ type }) => type === "slow")).toHaveLength(1);
    peer.leave({ reason: "cut", unreadBytes: 10 });
    const left = events.find((event) => event.type === "left");
    expect(left?.reason).toBe("slow client; cut");
    expect(left?.undeliveredBytes).toBeGreaterThan(GATEWAY_LIMITS.feedWaitBytes);
    await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs);
    expect(outcome()).toBeInstanceOf(UndeliveredError);
    expect(clock.pendingTimers).toBe(0);
  });

  test("with once, each feed starts with its own first client, and its end closes only its own clients", async () => {
    const [iex, sip] = [new ManualFeed(), new ManualFeed()];
    const { gateway, clock, outcome } = setUp({ once: true, feeds: { iex, sip } });
    const first = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const second = new MemoryPeer(gateway, { url: "/v2/sip" }).authenticate();
    await clock.settle();
    expect([iex.runs, sip.runs]).toEqual([1, 0]);
    iex.end();
    await clock.settle();
    expect(first.closed?.code).toBe(1000);
    expect(second.closed).toBeUndefined();
    expect(outcome()).toBe("running");
    second.say({ action: "subscribe", trades: ["*"] });
    await clock.settle();
    sip.publish(trade("A", 1));
    sip.end();
    await clock.settle();
    expect(second.take().at(-1)).toMatchObject({ T: "t", i: 1 });
    expect(second.closed?.code).toBe(1000);
    expect(outcome()).toBe("ended");
  });

  test("with once, a subscription after the end is answered, and its connection closed normally", async () => {
    const { gateway, feed, clock } = setUp({ once: true });
    new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    await clock.settle();
    feed.end();
    await clock.settle();
    const late = new MemoryPeer(gateway).authenticate();
    late.say({ action: "subscribe", trades: ["A"] });
    expect(late.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
    expect(late.closed).toMatchObject({ code: 1000, reason: "the feed has ended" });
  });
});

describe("failed feeds", () => {
  test("a failed feed closes its clients with 500, later ones too, and rejects the promise of start", async () => {
    const { gateway, feed, clock, outcome, events } = setUp();
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    feed.publish(trade("A", 1));
    const failure = new Error("the disk is gone");
    feed.fail(failure);
    await clock.settle();
    expect(peer.take()).toMatchObject([{ T: "t" }, error(500, "internal error")]);
    expect(peer.closed).toMatchObject({ code: 1011, reason: "the feed failed" });
    expect(outcome()).toBe(failure);
    expect(events.at(-1)).toEqual({ type: "feedEnded", feeds: ["iex"], error: failure });
    const late = new MemoryPeer(gateway).authenticate();
    late.say({ action: "subscribe", trades: ["A"] });
    expect(late.take().at(-1)).toEqual(error(500, "internal error"));
    expect(late.closed?.code).toBe(1011);
  });

  test("a failed feed leaves the other feeds running", async () => {
    const [iex, sip] = [new ManualFeed(), new ManualFeed()];
    const { gateway, clock } = setUp({ feeds: { iex, sip } });
    const peer = new MemoryPeer(gateway, { url: "/v2/sip" }).subscribe({ trades: ["*"] });
    iex.fail(new Error("gone"));
    await clock.settle();
    sip.publish(trade("A", 1));
    await clock.settle();
    expect(peer.take()).toHaveLength(1);
    expect(peer.closed).toBeUndefined();
  });
});

describe("createGateway", () => {
  test("a gateway needs a feed and valid limits", () => {
    expect(() => createGateway({ feeds: {} })).toThrow(TypeError);
    const feeds = { iex: new ManualFeed() };
    for (const name of ["maxSymbols", "maxConnections", "maxBufferedBytes"]) {
      for (const value of [0, -1, Number.NaN]) {
        expect(() => createGateway({ feeds, [name]: value })).toThrow(`${name} must be a number above 0`);
      }
    }
  });

  test("a gateway serves each feed at Alpaca's path, and no other path", () => {
    const feed = new ManualFeed();
    const { gateway } = setUp({ feeds: { iex: feed, boats: feed, overnight: feed, delayed_sip: feed, test: feed } });
    expect(gateway.paths).toEqual(["/v2/iex", "/v2/delayed_sip", "/v1beta1/boats", "/v1beta1/overnight", "/v2/test"]);
    for (const url of ["/v2/boats", "/v2/sip", "/", "", "/v2/iex/x", "/V2/IEX", "//v2/iex"]) {
      expect(gateway.rejection({ url, headers: {} })).toEqual({ status: 404 });
    }
    for (const url of ["/v2/iex", "/v2/iex/", "/v2/iex?slow=conflate&x=?"]) {
      expect(gateway.rejection({ url, headers: {} })).toBeUndefined();
    }
  });

  test("the test feed of a gateway has only FAKEPACA", async () => {
    const clock = new VirtualClock();
    const gateway = createGateway({ feeds: { test: testFeed({ clock }) }, clock });
    const started = gateway.start();
    const peer = new MemoryPeer(gateway, { url: "/v2/test" }).subscribe({
      trades: ["FAKEPACA", "AAPL"],
      quotes: ["*"],
      bars: ["*"],
    });
    await clock.advance(300_000);
    const received = peer.take();
    expect(new Set(received.map(({ T }) => T))).toEqual(new Set(["t", "q", "b"]));
    expect(new Set(received.map(({ S }) => S))).toEqual(new Set(["FAKEPACA"]));
    gateway.close();
    await started;
    expect(clock.pendingTimers).toBe(0);
  });

  test("[R26] the events of a gateway contain no secret", async () => {
    const { gateway, events, clock } = setUp({ keys: [{ key: "KEY", secret: "SECRET" }] });
    const peer = new MemoryPeer(gateway, { headers: { "apca-api-key-id": "KEY", "apca-api-secret-key": "WRONG" } });
    peer.authenticate("KEY", "SECRET");
    peer.say({ action: "subscribe", trades: ["A", "B"], bars: ["*"] });
    peer.say({ action: "unsubscribe", trades: ["A"] });
    peer.leave();
    peer.leave();
    await clock.settle();
    expect(events).toEqual([
      { type: "connected", client: 1, feed: "iex", codec: "msgpack" },
      { type: "rejected", client: 1, error: 402 },
      { type: "authenticated", client: 1, key: "KEY" },
      { type: "subscribed", client: 1, symbolCount: 3 },
      { type: "unsubscribed", client: 1, symbolCount: 1 },
      { type: "left", client: 1, reason: "the client closed" },
    ]);
    expect(inspect([gateway, events], { depth: 20, showHidden: true })).not.toMatch(/SECRET|WRONG/);
  });

  test("a gateway hints at white space around rejected credentials, and its events contain nothing of them", () => {
    const { gateway, events } = setUp({ keys: [{ key: "KEY", secret: "SECRET" }] });
    const peer = new MemoryPeer(gateway);
    for (const [key, secret] of [
      ["KEY", "SECRET\n"],
      ["KEY ", "SECRET"],
      ["KEY", "WRONG"],
    ])
      peer.say({ action: "auth", key, secret });
    const hint = "the key or the secret begins or ends with white space, such as the line feed of a file: trim it";
    expect(events.slice(1)).toEqual([
      { type: "rejected", client: 1, error: 402, hint },
      { type: "rejected", client: 1, error: 402, hint },
      { type: "rejected", client: 1, error: 402 },
    ]);
    expect(peer.take().slice(1)).toEqual(Array.from({ length: 3 }, () => error(402, "auth failed")));
  });

  test.each([
    ["throws", (error: Error) => () => raise(error)],
    ["rejects", (error: Error) => async () => raise(error)],
  ])("a gateway continues when its log %s, and warns", async (_how, onEventOf) => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const failure = new Error("the log is full");
      const { gateway, clock } = setUp({ onEvent: onEventOf(failure) });
      new MemoryPeer(gateway).subscribe({ trades: ["A"] });
      await clock.settle();
      expect(warn).toHaveBeenCalledWith(failure);
    } finally {
      warn.mockRestore();
    }
  });

  test("a gateway answers an internal error with 500 to the one client, and serves the others", () => {
    const faults: Faults = {};
    const { gateway, events } = setUp({ faults });
    const [victim, other] = [new MemoryPeer(gateway).authenticate(), new MemoryPeer(gateway).authenticate()];
    const bug = new RangeError("a bug");
    Object.defineProperty(faults, "subscribeError", {
      configurable: true,
      get: () => {
        throw bug;
      },
    });
    victim.say({ action: "subscribe", trades: ["A"] });
    Object.defineProperty(faults, "subscribeError", { value: undefined });
    expect(victim.take()).toEqual([error(500, "internal error")]);
    expect(victim.closed?.code).toBe(1011);
    expect(events.at(-1)).toEqual({ type: "failed", client: 1, error: bug });
    other.say({ action: "subscribe", trades: ["A"] });
    expect(other.take()).toMatchObject([{ T: "subscription" }]);
  });

  test("a closing gateway closes every client after what was sent, rejects new ones, and leaves no timer", async () => {
    const { gateway, feed, clock, outcome } = setUp();
    const reader = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const silent = new MemoryPeer(gateway);
    feed.publish(...trades(0));
    void gateway.close();
    void gateway.close();
    expect(reader.take()).toHaveLength(1000);
    for (const peer of [reader, silent]) {
      expect(peer.closed).toEqual({
        code: 1000,
        reason: "the gateway closes",
        limits: { stallMs: GATEWAY_LIMITS.stallTimeoutMs, totalMs: GATEWAY_LIMITS.drainTimeoutMs },
      });
    }
    await clock.settle();
    expect(outcome()).toBe("ended");
    expect(gateway.stats.clients).toBe(0);
    expect(gateway.rejection({ url: "/v2/iex", headers: {} })).toEqual({ status: 503 });
    expect(clock.pendingTimers).toBe(0);
  });

  test("a closing gateway gives clients that are already being closed only the time of its own close", async () => {
    const { gateway, feed, clock } = setUp({ once: true });
    const peer = new MemoryPeer(gateway, { ignoresClose: true }).subscribe({ trades: ["*"] });
    await clock.settle();
    feed.end();
    await clock.settle();
    expect(peer.closed?.limits.totalMs).toBe(Number.POSITIVE_INFINITY);
    const closed = gateway.close(1_000);
    expect(peer.closed?.limits).toEqual({ stallMs: 1_000, totalMs: 1_000 });
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    await clock.settle();
    expect(isClosed).toBe(false);
    peer.leave();
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });

  test("a closing gateway does not wait forever for a feed that ignores its signal", async () => {
    const deaf: Feed = { paced: true, run: () => new Promise(() => {}) };
    const { gateway, clock, outcome } = setUp({ feeds: { iex: deaf } });
    await clock.settle();
    await gateway.close();
    await clock.advance(GATEWAY_LIMITS.feedStopTimeoutMs);
    expect(String(outcome())).toBe("Error: the feed did not end within 5 s of its signal: a feed has to obey it");
    expect(clock.pendingTimers).toBe(0);
  });
});
