import { VirtualClock } from "@tickerplant/client/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { createGateway, type GatewayOptions } from "../../src/create-gateway.ts";
import type { DemandChange } from "../../src/feeds/feed.ts";
import { Demand } from "../../src/gateway/demand.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { DemandFeed } from "./support/demand-feed.ts";
import { error, MemoryPeer, type WireMessage } from "./support/memory-peer.ts";

function setUp(options: Partial<GatewayOptions> = {}, paced = true) {
  const feed = new DemandFeed(paced);
  const clock = new VirtualClock();
  const gateway = createGateway({ feeds: { iex: feed, sip: feed }, clock, ...options });
  const outcome = gateway.start().then(
    () => "ended",
    (failure) => failure,
  );
  return { gateway, feed, clock, outcome };
}

/** An acknowledgement of trades, in msgpack. */
function ack(...trades: string[]): WireMessage {
  return { T: "subscription", ...(trades.length > 0 && { trades, corrections: trades, cancelErrors: trades }) };
}

const subscribe = (...trades: string[]) => ({ action: "subscribe", trades });
const unsubscribe = (...trades: string[]) => ({ action: "unsubscribe", trades });
const symbolsOf = ({ requests }: DemandChange) => requests.map(({ symbols }) => symbols);

describe("feeds with demand", () => {
  test("a feed with demand gets one request per turn for symbols that it does not carry, from all clients of all its endpoints", async () => {
    const { gateway, feed, clock } = setUp();
    const [first, second] = ["/v2/iex", "/v2/sip"].map((url) => new MemoryPeer(gateway, { url }).authenticate());
    first?.say({ action: "subscribe", trades: ["A", "A"], quotes: ["*"] });
    second?.say({ action: "subscribe", bars: ["B"] });
    await clock.settle();
    expect(feed.changes.map(symbolsOf)).toEqual([[{ trades: ["A"], quotes: ["*"] }, { bars: ["B"] }]]);
    feed.confirm();
    feed.confirm();
    first?.take();
    second?.take();
    second?.say(subscribe("A"));
    expect(second?.take()).toMatchObject([{ T: "subscription", trades: ["A"], bars: ["B"] }]);
    second?.say({ action: "subscribe", trades: ["*"], quotes: ["A"] });
    await clock.settle();
    expect(feed.changes.slice(1).map(symbolsOf)).toEqual([[{ trades: ["*"], quotes: ["A"] }]]);
  });

  test("the acknowledgement waits until the feed has confirmed, and records are sent from then on", async () => {
    const { gateway, feed, clock } = setUp();
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe("A"));
    await clock.settle();
    feed.publish(trade("A", 1));
    await clock.settle();
    expect(peer.take()).toEqual([]);
    feed.confirm();
    feed.publish(trade("A", 2));
    await clock.settle();
    expect(peer.take()).toMatchObject([ack("A"), { T: "t", i: 2 }]);
  });

  test("a feed with demand rejects one request with its code, and no other client's for the same symbol", async () => {
    const { gateway, feed, clock } = setUp();
    const [wrong, right] = [new MemoryPeer(gateway).authenticate(), new MemoryPeer(gateway).authenticate()];
    wrong.say(subscribe("A", "WRONG"));
    right.say(subscribe("A"));
    await clock.settle();
    feed.reject(400, "invalid syntax");
    feed.confirm();
    expect(wrong.take()).toEqual([error(400, "invalid syntax")]);
    expect(right.take()).toEqual([ack("A")]);
    feed.publish(trade("A", 1));
    await clock.settle();
    expect(right.take()).toHaveLength(1);
    expect(wrong.take()).toEqual([]);
    wrong.leave();
    await clock.settle();
    expect(feed.changes).toHaveLength(1);
  });

  test("a slow answer of the feed delays only later answers of the same client", async () => {
    const { gateway, feed, clock } = setUp();
    const [waiting, other] = [new MemoryPeer(gateway).subscribe({}), new MemoryPeer(gateway).subscribe({})];
    waiting.say(subscribe("SLOW"));
    waiting.say(subscribe());
    other.say(subscribe("A"));
    await clock.settle();
    feed.requests[1]?.confirm();
    feed.publish(trade("A", 1));
    await clock.settle();
    expect(other.take()).toMatchObject([ack("A"), { T: "t" }]);
    expect(waiting.take()).toEqual([]);
    feed.confirm();
    expect(waiting.take()).toEqual([ack("SLOW"), ack("SLOW")]);
  });

  test("a symbol is released after its last client has left, and not if another client subscribes within the turn", async () => {
    const { gateway, feed, clock } = setUp();
    const peers = [1, 2, 3].map(() => new MemoryPeer(gateway).authenticate());
    const [first, second, third] = peers;
    for (const peer of peers.slice(0, 2)) {
      peer.say(subscribe("A", "*"));
      await clock.settle();
      for (const request of feed.requests.splice(0)) request.confirm();
    }
    feed.changes.length = 0;
    first?.leave();
    second?.say(unsubscribe("A"));
    third?.say(subscribe("A"));
    await clock.settle();
    expect(feed.changes).toEqual([]);
    second?.leave();
    third?.say(unsubscribe("A", "NONE"));
    await clock.settle();
    expect(feed.changes).toEqual([{ released: { trades: ["*", "A"] }, requests: [] }]);
  });

  test.each([
    ["its unsubscribe", false],
    ["its unsubscribe, held until the feed has confirmed it,", true],
  ])("a symbol is released when the answer to %s closes a slow client", async (_title, isHeld) => {
    const others = Array.from({ length: 50 }, (_, index) => `OTHER${index}`);
    const { gateway, feed, clock } = setUp({ maxBufferedBytes: 2_000 }); // one answer fits, a second one does not
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe(...others));
    await clock.settle();
    feed.confirm();
    await clock.settle();
    peer.isStuck = true;
    peer.say(subscribe("A"));
    if (isHeld) peer.say(unsubscribe("A"));
    await clock.settle();
    feed.confirm();
    if (!isHeld) peer.say(unsubscribe("A"));
    await clock.settle();
    expect(peer.take()).toContainEqual(error(407, "slow client"));
    const released = feed.changes.flatMap((change) => change.released.trades ?? []);
    expect(released.sort()).toEqual(["A", ...others].sort());
  });

  test("a feed with demand gets no request for a client that leaves within the turn", async () => {
    const { gateway, feed, clock } = setUp();
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe("A"));
    peer.leave();
    await clock.settle();
    expect(feed.changes).toEqual([]);
  });

  test("a symbol that the feed confirms after the client has left is released", async () => {
    const { gateway, feed, clock } = setUp();
    const [leaver, rejected] = [new MemoryPeer(gateway).authenticate(), new MemoryPeer(gateway).authenticate()];
    leaver.say(subscribe("A"));
    rejected.say(subscribe("B"));
    await clock.settle();
    leaver.leave();
    rejected.leave();
    feed.confirm();
    feed.reject(405);
    await clock.settle();
    expect(feed.changes.slice(1)).toEqual([{ released: { trades: ["A"] }, requests: [] }]);
    expect([leaver, rejected].flatMap((peer) => peer.take())).toEqual([]);
  });

  test("a feed with demand starts with the first request, even with once, and does not end while one waits", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true });
    await clock.settle();
    expect(feed.runs).toBe(0);
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe("A"));
    await clock.settle();
    expect([feed.runs, feed.requests.length]).toEqual([1, 1]);
    await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs * 2);
    feed.confirm();
    feed.publish(trade("A", 1));
    feed.end();
    await clock.settle();
    expect(peer.take()).toMatchObject([ack("A"), { T: "t" }]);
    expect(await outcome).toBe("ended");
    expect(clock.pendingTimers).toBe(0);
  });

  test("with once, the gateway ends within the limit if the client leaves that its feed has not answered yet", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true });
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe("A"));
    await clock.settle();
    expect(feed.requests).toHaveLength(1);
    peer.leave();
    await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs + 1);
    expect(await outcome).toBeInstanceOf(Error);
  });

  test("with once, a client that waits for a further request at the end of its feed counts as one that received everything", async () => {
    const { gateway, feed, clock, outcome } = setUp({ once: true });
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe("A"));
    await clock.settle();
    feed.confirm();
    feed.publish(trade("A", 1));
    await clock.settle();
    peer.say(subscribe("B"));
    await clock.settle();
    feed.end();
    await clock.settle();
    expect(peer.take()).toMatchObject([ack("A"), { T: "t", i: 1 }, ack("A", "B")]);
    expect(peer.closed).toMatchObject({ code: 1000 });
    expect(await outcome).toBe("ended");
  });

  test("the end of a feed with demand confirms waiting requests, and its failure closes all clients with 500", async () => {
    for (const how of ["end", "fail", "throw"] as const) {
      const { gateway, feed, clock, outcome } = setUp();
      const peer = new MemoryPeer(gateway).authenticate();
      if (how === "throw")
        feed.demand = () => {
          throw new Error("upstream is gone");
        };
      peer.say(subscribe("A"));
      await clock.settle();
      if (how === "end") feed.end();
      if (how === "fail") feed.fail(new Error("upstream is gone"));
      await clock.settle();
      if (how === "end") expect(peer.take()).toEqual([ack("A")]);
      else {
        expect(peer.take()).toEqual([error(500, "internal error")]);
        expect(await outcome).toEqual(new Error("upstream is gone"));
      }
      const later = new MemoryPeer(gateway).authenticate();
      later.say(subscribe("B"));
      expect(later.take().map(({ T, code }) => code ?? T)).toEqual(
        how === "end" ? ["subscription"] : ["subscription", 500],
      );
    }
  });

  test("a feed with demand may answer in the same call, and twice", async () => {
    const { gateway, feed, clock } = setUp();
    feed.demand = ({ requests }) => {
      for (const request of requests) {
        request.confirm();
        request.reject({ number: 405, message: "too late" });
      }
    };
    const peer = new MemoryPeer(gateway).authenticate();
    for (const symbol of ["A", "B"]) peer.say(subscribe(symbol));
    await clock.settle();
    expect(peer.take()).toEqual([ack("A"), ack("A", "B")]);
  });

  test("a feed with demand does not delay the gateway's close", async () => {
    const { gateway, clock } = setUp();
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say(subscribe("A"));
    await clock.settle();
    await gateway.close();
    expect(peer.take()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("demand of many clients at random", () => {
  const SYMBOLS = ["A", "B", "*"];
  const clients = fc.nat({ max: 3 });
  const symbols = fc.subarray(SYMBOLS, { minLength: 1 });
  const step = fc.oneof(
    fc.record({ type: fc.constant("subscribe" as const), client: clients, symbols }),
    fc.record({ type: fc.constant("release" as const), client: clients, symbols }),
    fc.record({ type: fc.constant("leave" as const), client: clients }),
    fc.record({ type: fc.constantFrom("confirm" as const, "reject" as const), index: fc.nat({ max: 4 }) }),
    fc.record({ type: fc.constant("turn" as const) }),
  );

  test("after many clients at random, every confirmed symbol is reported as carried once, and released as often", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const requests: DemandChange["requests"][number][] = [];
        const carried = new Set<string>();
        const reported = new Set<string>();
        const demand = new Demand<number>(
          ({ released, requests: added }) => {
            requests.push(...added);
            for (const symbol of released.trades ?? []) {
              expect(carried.delete(symbol)).toBe(true);
              expect(reported.delete(symbol)).toBe(true);
            }
          },
          ({ trades = [] }) => {
            for (const symbol of trades) {
              expect(reported.has(symbol)).toBe(false);
              reported.add(symbol);
            }
          },
        );
        demand.open();
        const granted = new Map<number, Set<string>>();
        const waiting = new Map<number, readonly string[]>();
        const leave = (client: number): void => {
          demand.leave(client, { trades: [...(granted.get(client) ?? [])] });
          waiting.delete(client);
          granted.delete(client);
        };
        const answer = (index: number, isConfirmed: boolean): void => {
          const [request] = requests.splice(index % Math.max(1, requests.length), 1);
          if (request === undefined) return;
          if (!isConfirmed) return request.reject({ number: 405, message: "" });
          for (const symbol of request.symbols.trades ?? []) carried.add(symbol);
          request.confirm();
        };
        for (const one of steps) {
          if (one.type === "subscribe") {
            const { client, symbols: list } = one;
            if (waiting.has(client)) continue; // a session asks for one thing at a time
            waiting.set(client, list);
            demand.request(client, { trades: list }, (rejection) => {
              expect(waiting.get(client)).toBe(list); // answered once, and not after it has left
              waiting.delete(client);
              if (rejection !== undefined) return;
              const held = granted.get(client) ?? new Set();
              granted.set(client, held);
              for (const symbol of list) held.add(symbol);
            });
          } else if (one.type === "release" && !waiting.has(one.client)) {
            demand.release(one.client, { trades: one.symbols });
            for (const symbol of one.symbols) granted.get(one.client)?.delete(symbol);
          } else if (one.type === "leave") leave(one.client);
          else if (one.type === "confirm" || one.type === "reject") answer(one.index, one.type === "confirm");
          else if (one.type === "turn") await null;
          // What a client was granted, the feed carries.
          for (const held of granted.values()) for (const symbol of held) expect(carried).toContain(symbol);
        }
        for (let client = 0; client <= 3; client++) leave(client);
        await null;
        while (requests.length > 0) answer(0, true);
        await null;
        expect([...carried]).toEqual([]);
        expect(demand.isEmpty).toBe(true);
      }),
    );
  });
});
