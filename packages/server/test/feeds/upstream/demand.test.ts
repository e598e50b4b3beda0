import { describe, expect, test } from "vitest";
import { trade } from "../../../../../verify/shared/records.ts";
import { error } from "../../gateway/support/memory-peer.ts";
import { openRelay, subscribe, unsubscribe } from "./support/relay.ts";

describe("the demand of an upstream feed", () => {
  test("a client is acknowledged after upstream's word, and gets every record from then on", async () => {
    const relay = openRelay();
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.handshake();
    expect(await session.expectSubscribe()).toEqual({ trades: ["A"] });
    await relay.clock.settle();
    expect(client.take()).toEqual([]);
    session.acknowledge();
    session.records(trade("A", 1), trade("A", 2));
    await relay.clock.settle();
    expect(client.take()).toMatchObject([
      { T: "subscription", trades: ["A"] },
      { T: "t", i: 1 },
      { T: "t", i: 2 },
    ]);
  });

  test("records that come in one turn with upstream's confirmation reach the client", async () => {
    const relay = openRelay();
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.handshake();
    await session.expectSubscribe();
    const record = { T: "t", S: "A", t: "2025-01-02T15:00:00Z", i: 1, x: "V", p: 1, s: 1, c: ["@"], z: "C" };
    session.send({ T: "subscription", trades: ["A"] }, record);
    await relay.clock.settle();
    expect(client.take()).toMatchObject([{ T: "subscription" }, { T: "t", i: 1 }]);
  });

  test("a hundred requests of one turn take two round trips", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const clients = Array.from({ length: 100 }, () => relay.client());
    const frames = session.frameSizes.length;
    for (const [index, client] of clients.entries()) client.say(subscribe(`S${index}`, "COMMON"));
    await relay.clock.settle();
    for (const [index, client] of clients.entries())
      expect(client.take()).toMatchObject([{ T: "subscription", trades: [`S${index}`, "COMMON"] }]);
    // One for the first, which all others wait for because of a common symbol, and one for the others.
    expect(session.frameSizes.length - frames).toBeLessThanOrEqual(3);
  });

  test.each([
    [400, "invalid syntax"],
    [405, "symbol limit exceeded"],
    [409, "insufficient subscription"],
    [410, "a text of upstream's own"],
  ])(
    "upstream's %i hits the guilty request alone, with its number and message, among a hundred that were joined",
    async (number, message) => {
      const relay = openRelay();
      const session = await relay.handshake();
      const clients = Array.from({ length: 100 }, () => relay.client());
      for (const [index, client] of clients.entries()) client.say(subscribe(`S${index}`));
      const granted: string[] = [];
      let requests = 0;
      for (let isDone = false; !isDone; ) {
        await relay.clock.settle();
        isDone = session.unread === 0;
        if (isDone) break;
        const { trades = [] } = await session.expectSubscribe();
        requests++;
        if (trades.includes("S42")) session.error(number, message);
        else {
          granted.push(...trades);
          session.acknowledge({ trades: granted });
        }
      }
      expect(requests).toBeLessThanOrEqual(17);
      for (const [index, client] of clients.entries()) {
        const expected = index === 42 ? [error(number, message)] : [{ T: "subscription", trades: [`S${index}`] }];
        expect(client.take()).toMatchObject(expected);
      }
    },
  );

  test("a request that shares a symbol with a rejected one is asked for itself, and granted", async () => {
    const relay = openRelay();
    const session = await relay.handshake();
    const [greedy, modest] = [relay.client(), relay.client()];
    greedy.say(subscribe("A", "B"));
    modest.say(subscribe("A"));
    expect(await session.expectSubscribe()).toEqual({ trades: ["A", "B"] });
    session.error(405);
    await relay.clock.settle();
    expect(greedy.take()).toEqual([error(405, "symbol limit exceeded")]);
    expect(await session.expectSubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge({ trades: ["A"] });
    await relay.clock.settle();
    expect(modest.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
  });

  test("what upstream grants of a request that it rejects is unsubscribed again", async () => {
    const relay = openRelay();
    const session = await relay.handshake();
    const client = relay.client();
    client.say(subscribe("A", "WRONG"));
    await session.expectSubscribe();
    session.error(400);
    expect(await session.expectSubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge({ trades: ["A"] });
    expect(await session.expectSubscribe()).toEqual({ trades: ["WRONG"] });
    session.error(400);
    await relay.clock.settle();
    expect(client.take()).toEqual([error(400, "invalid syntax")]);
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
  });

  test("a string that is no symbol for the stream is rejected with 400, and that request alone", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const [wrong, right] = [relay.client(), relay.client()];
    wrong.say(subscribe("undefined"));
    right.say(subscribe("A"));
    await relay.clock.settle();
    expect(wrong.take()).toEqual([error(400, "invalid syntax")]);
    expect(right.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
    expect(session.closed).toBeUndefined();
  });

  test("a request waits out a request without an answer and a lost connection", async () => {
    const relay = openRelay({ ackTimeoutMs: 1_000 });
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.handshake();
    await session.expectSubscribe();
    await relay.clock.advance(2_000);
    session.cut();
    expect(client.take()).toEqual([]);
    const next = await relay.handshake();
    await next.expectSubscribe();
    next.acknowledge();
    await relay.clock.settle();
    expect(client.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
  });

  test("a client that has left before upstream's answer is not missed, and its symbol is unsubscribed after the linger", async () => {
    const relay = openRelay({ lingerMs: 5_000 });
    const session = await relay.handshake();
    const client = relay.client();
    client.say(subscribe("A"));
    await session.expectSubscribe();
    client.leave();
    session.acknowledge();
    await relay.clock.advance(4_999);
    expect(session.unread).toBe(0);
    await relay.clock.advance(2);
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
  });
});

describe("symbols whose last client has left", () => {
  test("they are unsubscribed after the linger, with one request; * and names are apart", async () => {
    const relay = openRelay({ lingerMs: 30_000 });
    const session = await relay.serving();
    const [first, second] = [relay.client(), relay.client()];
    first.say({ action: "subscribe", trades: ["A", "*"], quotes: ["A", "B"] });
    second.say({ action: "subscribe", trades: ["A"] });
    await relay.clock.settle();
    const frames = session.frameSizes.length;
    first.leave();
    await relay.clock.advance(29_999);
    expect(session.frameSizes.length).toBe(frames);
    await relay.clock.advance(2);
    expect(session.frameSizes.length).toBe(frames + 1);
    second.take();
    session.records(trade("A", 1), trade("Z", 2));
    await relay.clock.settle();
    expect(second.take()).toMatchObject([{ T: "t", S: "A" }]);
  });

  test("a client that returns within the linger costs upstream nothing, and is acknowledged at once", async () => {
    const relay = openRelay({ lingerMs: 30_000 });
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A", "B"));
    await relay.clock.settle();
    const frames = session.frameSizes.length;
    client.leave();
    await relay.clock.advance(29_000);
    const again = relay.client();
    again.say(subscribe("A", "B"));
    await relay.clock.settle();
    expect(again.take()).toMatchObject([{ T: "subscription", trades: ["A", "B"] }]);
    again.say(unsubscribe("B"));
    await relay.clock.advance(29_000);
    expect(session.frameSizes.length).toBe(frames);
    await relay.clock.advance(1_001);
    expect(session.frameSizes.length).toBe(frames + 1);
    again.take();
    session.records(trade("A"), trade("B"));
    await relay.clock.settle();
    expect(again.take()).toHaveLength(1);
  });

  test("they stay subscribed for a client that asked for them while a request of another client for them was rejected", async () => {
    const relay = openRelay({ lingerMs: 30_000 });
    const session = await relay.handshake();
    const [old, greedy, next] = [relay.client(), relay.client(), relay.client()];
    old.say(subscribe("A"));
    await session.expectSubscribe();
    session.acknowledge();
    await relay.clock.settle();
    old.leave();
    await relay.clock.settle();
    greedy.say(subscribe("A", "B"));
    expect(await session.expectSubscribe()).toEqual({ trades: ["B"] });
    next.say(subscribe("A"));
    await relay.clock.settle();
    expect(next.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
    session.error(410);
    await relay.clock.settle();
    expect(greedy.take()).toMatchObject([{ T: "error", code: 410 }]);
    await relay.clock.advance(40_000);
    expect(session.unread).toBe(0);
    session.records(trade("A"));
    await relay.clock.settle();
    expect(next.take()).toMatchObject([{ T: "t", S: "A" }]);
  });

  test("they give way at upstream's symbol limit, once", async () => {
    const relay = openRelay({ lingerMs: 30_000 });
    const session = await relay.handshake();
    const [old, next] = [relay.client(), relay.client()];
    old.say(subscribe("A"));
    await session.expectSubscribe();
    session.acknowledge();
    await relay.clock.settle();
    old.leave();
    next.say(subscribe("B"));
    await session.expectSubscribe();
    session.error(405);
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge({});
    expect(await session.expectSubscribe()).toEqual({ trades: ["B"] });
    session.error(405);
    await relay.clock.settle();
    expect(next.take()).toEqual([error(405, "symbol limit exceeded")]);
    expect(session.unread).toBe(0);
  });
});

describe("maxSymbols", () => {
  test("a request over the limit is rejected with 405 and a message, and upstream is not asked", async () => {
    const relay = openRelay({ maxSymbols: 3 });
    const session = await relay.serving();
    const [first, second] = [relay.client(), relay.client()];
    first.say({ action: "subscribe", trades: ["A", "B"], quotes: ["A"] });
    await relay.clock.settle();
    first.take();
    const frames = session.frameSizes.length;
    second.say(subscribe("C", "D"));
    await relay.clock.settle();
    const message = "symbol limit exceeded: 2 of this relay's 3 upstream symbols are in use";
    expect(second.take()).toEqual([error(405, message)]);
    expect(session.frameSizes.length).toBe(frames);
    expect(relay.source.at(-1)).toMatchObject({
      type: "failed",
      error: { serverCode: 405, symbols: { trades: ["C", "D"] } },
    });
    second.say(subscribe("*"));
    await relay.clock.settle();
    expect(second.take()).toEqual([
      error(405, "symbol limit exceeded: * does not fit into this relay's 3 upstream symbols"),
    ]);
  });

  test("bars do not count, and a symbol counts once for its channels", async () => {
    const relay = openRelay({ maxSymbols: 1 });
    await relay.serving();
    const client = relay.client();
    client.say({ action: "subscribe", bars: ["A", "B", "*"], trades: ["A"] });
    client.say({ action: "subscribe", quotes: ["A"] });
    await relay.clock.settle();
    expect(client.take()).toMatchObject([
      { T: "subscription" },
      { T: "subscription", quotes: ["A"], bars: ["A", "B", "*"] },
    ]);
  });

  test("symbols that linger give way to a request that needs their place", async () => {
    const relay = openRelay({ maxSymbols: 2 });
    const session = await relay.handshake();
    const [old, next] = [relay.client(), relay.client()];
    old.say({ action: "subscribe", trades: ["A", "B"], bars: ["A"] });
    await session.expectSubscribe();
    session.acknowledge();
    await relay.clock.settle();
    old.leave();
    next.say(subscribe("B", "C"));
    expect(await session.expectUnsubscribe()).toEqual({ trades: ["A"] });
    session.acknowledge();
    expect(await session.expectSubscribe()).toEqual({ trades: ["C"] });
    session.acknowledge();
    await relay.clock.settle();
    expect(next.take()).toMatchObject([{ T: "subscription", trades: ["B", "C"] }]);
  });
});
