import { Codec, StreamError, type Trade } from "@tickerplant/client";
import {
  type HistoryPageRequest,
  type HistorySource,
  historyGroup,
  historyRecord,
  scriptedHistory,
  VirtualClock,
} from "@tickerplant/client/testing";
import { describe, expect, test, vi } from "vitest";
import { correction, quote, recordTime, SECONDS, trade, trades } from "../../../../../verify/shared/records.ts";
import type { FeedSink, SourceEvent } from "../../../src/feeds/feed.ts";
import { upstream } from "../../../src/feeds/upstream/upstream.ts";
import { UndeliveredError } from "../../../src/gateway/departures.ts";
import { error, MemoryPeer } from "../../gateway/support/memory-peer.ts";
import { openRelay, type Relay, subscribe, UPSTREAM_SECRET } from "./support/relay.ts";

/** Lets every connection upstream be rejected in answer to its credentials. */
async function rejectConnections(relay: Relay, number: number, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const session = await relay.accept();
    session.welcome();
    await session.expectAuth();
    session.error(number);
    session.close();
    await relay.clock.settle();
  }
}

/** A client that has not authenticated yet, and the answer to its credentials. */
function answerToCredentials(relay: Relay): unknown {
  const peer = new MemoryPeer(relay.gateway);
  peer.take();
  peer.say({ action: "auth", key: "key", secret: "secret" });
  return peer.take()[0];
}

/** A history of trades that misses nothing. */
function pastOf(page: (request: HistoryPageRequest) => readonly ReturnType<typeof trade>[]): HistorySource {
  return {
    feed: "iex",
    url: "memory:",
    channels: ["trades"],
    acceptsWildcard: true,
    page: async (request) => {
      const group = historyGroup("A");
      group.records.push(...page(request).map((record) => historyRecord(record)));
      return { groups: [group], nextToken: undefined };
    },
    latest: async () => [],
  };
}

describe("records", () => {
  test("* and names together do not double a record, and corrections come with the trades", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const client = relay.client();
    client.say({ action: "subscribe", trades: ["A"] });
    client.say({ action: "subscribe", trades: ["*"] });
    await relay.clock.settle();
    client.take();
    session.records(trade("A", 1), trade("B", 2), correction("A"));
    await relay.clock.settle();
    expect(client.take().map(({ T, S }) => `${T} ${S}`)).toEqual(["t A", "t B", "c A"]);
  });

  test.each([Codec.JSON, Codec.MSGPACK])(
    "a client gets records in its codec, %s, whatever upstream's is",
    async (codec) => {
      const relay = openRelay({ codec: codec === Codec.JSON ? Codec.MSGPACK : Codec.JSON });
      const session = await relay.serving();
      const client = relay.client({ codec });
      client.say(subscribe("A"));
      await relay.clock.settle();
      session.records(trade("A", 5));
      await relay.clock.settle();
      expect(client.take().at(-1)).toMatchObject({ T: "t", S: "A", i: 5 });
    },
  );

  test("a record that the sink rejects is reported, and the others go on", async () => {
    const relay = openRelay(); // for its upstream
    const clock = new VirtualClock();
    const reports: SourceEvent[] = [];
    const ids: unknown[] = [];
    const sink: FeedSink = {
      publish: (record) => {
        const { id } = record as Trade; // upstream sends nothing else
        if (id === 2) throw new TypeError("not this one");
        ids.push(id);
      },
      room: () => undefined,
      report: (event) => void reports.push(event),
    };
    const feed = upstream({
      apiKey: "k",
      secretKey: "s",
      connector: relay.upstream.connector,
      clock,
      staleAfterMs: false,
    });
    const abort = new AbortController();
    await relay.serving(); // the relay's own connection
    const ended = feed.run(sink, abort.signal);
    const session = await relay.serving();
    feed.demand?.({ released: {}, requests: [{ symbols: { trades: ["A"] }, confirm: () => {}, reject: () => {} }] });
    await clock.settle();
    session.records(...trades("A", 3));
    await clock.settle();
    expect(ids).toEqual([1, 3]);
    expect(reports.at(-1)).toMatchObject({ type: "failed", error: { code: "handler_failed" } });
    abort.abort();
    await ended;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a lost connection upstream", () => {
  test("wishes survive it, the gap goes to the gateway's events, and each cause is reported once", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.settle();
    session.records(trade("A", 1, recordTime(relay.clock.now())));
    await relay.clock.advance(1_000);
    relay.upstream.network.rejection = new StreamError("connection_lost", "refused");
    session.cut();
    await relay.clock.advance(300_000);
    relay.upstream.network.rejection = undefined;
    const next = await relay.serving();
    client.take();
    next.records(trade("A", 2, recordTime(relay.clock.now())));
    await relay.clock.advance(15_000);
    expect(client.take()).toMatchObject([{ T: "t", i: 2 }]);
    expect(relay.source.map(({ type }) => type)).toEqual(["connected", "lost", "connected"]);
    expect(relay.events.filter(({ type }) => type === "gap")).toMatchObject([
      { feeds: ["iex"], gap: { channel: "trades", symbols: ["A"], cause: { code: "connection_lost" } } },
    ]);
  });

  test("causes that alternate are reported once each, and again after the next connection", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const refuse = async (code: "connection_lost" | "handshake_timeout"): Promise<void> => {
      relay.upstream.network.rejection = new StreamError(code, code);
      await relay.clock.advance(60_000);
    };
    session.cut();
    for (let round = 0; round < 3; round++)
      for (const code of ["connection_lost", "handshake_timeout"] as const) await refuse(code);
    relay.upstream.network.rejection = undefined;
    const next = await relay.serving();
    next.cut();
    await relay.clock.settle();
    expect(relay.source.map(({ type }) => type)).toEqual(["connected", "lost", "lost", "connected", "lost"]);
  });

  test("with a history, clients get the missing records before later ones, and an event has their number", async () => {
    const at = (ms: number) => recordTime(SECONDS * 1000 + ms);
    const missed = trade("A", 2, at(1_200));
    const past = pastOf(({ fromNs, toNs }) =>
      [trade("A", 1, at(1_000)), missed, trade("A", 3, at(3_000))].filter(
        ({ timestampNs }) => timestampNs >= fromNs && timestampNs <= toNs,
      ),
    );
    const relay = openRelay({ history: scriptedHistory(past) });
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.advance(1_000);
    session.records(trade("A", 1, at(1_000)));
    await relay.clock.advance(500);
    session.cut();
    await relay.clock.advance(300);
    const next = await relay.serving();
    await relay.clock.advance(1_000);
    next.records(trade("A", 3, at(3_000)));
    await relay.clock.advance(60_000);
    expect(client.take().map(({ i }) => i)).toEqual([undefined, 1, 2, 3]);
    expect(relay.source).toContainEqual(expect.objectContaining({ type: "filled", recordCount: 1, symbols: ["A"] }));
    expect(relay.events.filter(({ type }) => type === "gap")).toEqual([]);
  });

  test("what a history cannot fill goes to the gateway's events", async () => {
    const past = pastOf(() => {
      throw new StreamError("not_entitled", "not on this plan", { terminal: true });
    });
    const relay = openRelay({ history: scriptedHistory(past) });
    const session = await relay.serving();
    const client = relay.client();
    client.say({ action: "subscribe", trades: ["A"] });
    await relay.clock.settle();
    session.records(trade("A", 1, recordTime(relay.clock.now())));
    await relay.clock.advance(1_000);
    session.cut();
    await relay.serving();
    await relay.clock.advance(120_000);
    expect(relay.events.filter(({ type }) => type === "gap")).toMatchObject([
      { gap: { channel: "trades", symbols: ["A"], cause: { code: "not_entitled" } } },
    ]);
  });

  test("a client whose request waits gets the error if upstream rejects a symbol of it that had lingered", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const first = relay.client();
    first.say(subscribe("A"));
    await relay.clock.settle();
    first.leave();
    session.cut();
    await relay.clock.settle();
    const waiting = relay.client();
    waiting.say({ action: "subscribe", trades: ["A"], bars: ["B"] });
    const next = await relay.handshake();
    for (;;) {
      await relay.clock.settle();
      if (next.unread === 0) break;
      const { trades: asked } = await next.expectSubscribe();
      if (asked !== undefined) next.error(409);
      else next.acknowledge({ bars: ["B"] });
    }
    expect(waiting.take()).toEqual([error(409, "insufficient subscription")]);
  });

  test("clients of a symbol that upstream rejects on the next connection get the error and are closed, and no others", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const [loser, keeper] = [relay.client(), relay.client()];
    loser.say(subscribe("A"));
    keeper.say({ action: "subscribe", bars: ["A"] });
    await relay.clock.settle();
    session.cut();
    const next = await relay.handshake();
    for (;;) {
      await relay.clock.settle();
      if (next.unread === 0) break;
      const { trades: asked } = await next.expectSubscribe();
      if (asked !== undefined) next.error(409);
      else next.acknowledge({ bars: ["A"] });
    }
    expect(loser.take().at(-1)).toEqual(error(409, "insufficient subscription"));
    expect(loser.closed?.code).toBe(1008);
    expect(keeper.closed).toBeUndefined();
    const again = relay.client();
    again.say(subscribe("A"));
    expect(await next.expectSubscribe()).toEqual({ trades: ["A"] }); // upstream is asked again
  });
});

describe("an upstream that rejects the relay", () => {
  test.each([
    [402, "auth failed"],
    [409, "insufficient subscription"],
    [411, "insufficient scope"],
  ])(
    "its terminal %i reaches waiting and new clients by number, and the relay tries again",
    async (number, message) => {
      const relay = openRelay();
      const waiting = relay.client();
      waiting.say(subscribe("A"));
      await rejectConnections(relay, number, 3);
      expect(waiting.take()).toEqual([error(number, message)]);
      expect(waiting.closed?.code).toBe(1008);
      expect(answerToCredentials(relay)).toEqual(error(number, message));
      expect(relay.events).toContainEqual(
        expect.objectContaining({ type: "rejected", error: number, hint: expect.any(String) }),
      );
      expect(relay.source.map(({ type }) => type)).toEqual(["lost"]); // once, not per attempt
      await relay.serving();
      expect(answerToCredentials(relay)).toMatchObject({ T: "success" });
      expect(relay.source.map(({ type }) => type)).toEqual(["lost", "connected"]);
    },
  );

  test("connected clients of an upstream that rejects the relay for good get the number and are closed", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.settle();
    session.cut();
    await rejectConnections(relay, 402, 1);
    expect(client.take().at(-1)).toEqual(error(402, "auth failed"));
    expect(client.closed?.code).toBe(1008);
  });

  test("406 that goes away: one is not passed on; of two, new clients get the number, subscribed ones get it and stay", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const [reading, idle] = [relay.client(), relay.client()];
    reading.say(subscribe("A"));
    await relay.clock.settle();
    reading.take();
    session.cut();
    await rejectConnections(relay, 406, 1);
    expect(answerToCredentials(relay)).toMatchObject({ T: "success" });
    await rejectConnections(relay, 406, 1);
    expect(answerToCredentials(relay)).toEqual(error(406, "connection limit exceeded"));
    expect(reading.take()).toEqual([error(406, "connection limit exceeded")]);
    expect(idle.closed?.code).toBe(1008);
    const next = await relay.serving();
    expect(answerToCredentials(relay)).toMatchObject({ T: "success" });
    expect(reading.closed).toBeUndefined();
    next.records(trade("A", 7));
    await relay.clock.settle();
    expect(reading.take()).toMatchObject([{ T: "t", i: 7 }]);
  });

  test("an upstream that is out of reach is 500 to clients after a minute, and not before", async () => {
    const relay = openRelay();
    const session = await relay.serving();
    const [reading, waiting] = [relay.client(), relay.client()];
    reading.say(subscribe("A"));
    await relay.clock.settle();
    reading.take();
    relay.upstream.network.rejection = new StreamError("connection_lost", "refused at 10.0.0.7");
    session.cut();
    waiting.say(subscribe("B"));
    await relay.clock.advance(59_000);
    expect([reading.take(), waiting.take()]).toEqual([[], []]);
    expect(answerToCredentials(relay)).toMatchObject({ T: "success" });
    await relay.clock.advance(2_000);
    expect(reading.take()).toEqual([error(500, "internal error")]);
    expect(waiting.take()).toEqual([error(500, "internal error")]);
    expect([reading.closed, waiting.closed?.code]).toEqual([undefined, 1008]);
    expect(answerToCredentials(relay)).toEqual(error(500, "internal error"));
    await relay.clock.advance(600_000);
    expect(reading.take()).toEqual([]); // once
    relay.upstream.network.rejection = undefined;
    await relay.serving();
    expect(answerToCredentials(relay)).toMatchObject({ T: "success" });
  });

  test("a wrong key of a client is 402 as ever while upstream rejects the relay", async () => {
    const relay = openRelay({}, { keys: [{ key: "desk", secret: "s" }] });
    await rejectConnections(relay, 409, 1);
    expect(answerToCredentials(relay)).toEqual(error(402, "auth failed"));
  });

  test("an error without a number is 500 without details", async () => {
    const relay = openRelay();
    relay.upstream.network.rejection = new StreamError("http_rejected", "HTTP 401 for a private address", {
      terminal: true,
    });
    await relay.clock.settle();
    expect(answerToCredentials(relay)).toEqual(error(500, "internal error"));
  });
});

describe("an upstream that ends", () => {
  test.each([
    { name: "without a history", history: undefined },
    { name: "with a history", history: scriptedHistory(pastOf(() => [])) },
  ])("its normal close is no gap, $name", async ({ history }) => {
    const relay = openRelay({ once: true, history });
    const client = relay.client({ url: "/v2/iex?gaps=1" });
    client.say(subscribe("A"));
    const session = await relay.serving();
    session.records(trade("A", 1, recordTime(relay.clock.now())));
    session.close();
    await relay.clock.advance(60_000);
    expect(relay.outcome).toEqual({ error: undefined });
    expect(relay.events.filter(({ type }) => type === "gap")).toEqual([]);
    expect(client.take().map(({ T }) => T)).toEqual(["subscription", "t"]);
  });

  test("its normal close ends the feed; clients get everything up to it, and start resolves", async () => {
    const relay = openRelay({ once: true });
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.serving();
    session.records(...trades("A", 2_000));
    session.close();
    await relay.clock.advance(100);
    expect(client.take()).toHaveLength(2_001);
    expect(client.closed?.code).toBe(1000);
    expect(relay.outcome).toEqual({ error: undefined });
  });

  test.each([
    ["without a history", undefined],
    ["with a history", scriptedHistory(pastOf(() => []))],
  ])("nothing is missing behind its normal close, %s", async (_with, history) => {
    const relay = openRelay({ once: true, history });
    relay.client().say(subscribe("A"));
    const session = await relay.serving();
    session.records(trade("A", 1, recordTime(relay.clock.now())));
    await relay.clock.advance(1_000);
    session.close();
    await relay.clock.advance(60_000);
    expect(relay.outcome).toEqual({ error: undefined });
    expect(relay.events.filter(({ type }) => type === "gap")).toEqual([]);
  });

  test("an end during a fill waits for it, and for the live records behind it, and connects no more", async () => {
    const at = (ms: number) => recordTime(SECONDS * 1000 + ms);
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const source = pastOf(({ fromNs, toNs }) =>
      [trade("A", 1, at(1_000)), trade("A", 2, at(1_200)), trade("A", 3, at(3_000))].filter(
        ({ timestampNs }) => timestampNs >= fromNs && timestampNs <= toNs,
      ),
    );
    const past: HistorySource = {
      ...source,
      page: async (request, signal) => {
        await answered;
        return source.page(request, signal);
      },
    };
    const relay = openRelay({ once: true, history: scriptedHistory(past) });
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.serving();
    await relay.clock.advance(1_000);
    session.records(trade("A", 1, at(1_000)));
    await relay.clock.advance(500);
    session.cut();
    const next = await relay.serving();
    await relay.clock.advance(1_000);
    next.records(trade("A", 3, at(3_000)));
    next.close();
    await relay.clock.advance(10_000);
    expect(relay.outcome).toBeUndefined();
    expect(relay.upstream.network.attempts).toBe(2);
    answer();
    await relay.clock.advance(20_000);
    expect(client.take().flatMap(({ T, i }) => (T === "t" ? [i] : []))).toEqual([1, 2, 3]);
    expect(relay.outcome).toEqual({ error: undefined });
  });

  test.each([
    { name: "what is held follows the fill", isAnswered: true, ids: [1, 2, 3, 4], gaps: 0 },
    { name: "what is held follows the report of the open gap", isAnswered: false, ids: [1, 3], gaps: 2 },
  ])("an end while a symbol is lost again loses nothing in silence: $name", async ({ isAnswered, ids, gaps }) => {
    const at = (ms: number) => recordTime(SECONDS * 1000 + ms);
    const published = [
      trade("A", 1, at(1_000)),
      trade("A", 2, at(1_200)),
      trade("A", 3, at(3_000)),
      trade("A", 4, at(3_500)),
    ];
    const source = pastOf(({ fromNs, toNs }) =>
      published.filter(({ timestampNs }) => timestampNs >= fromNs && timestampNs <= toNs),
    );
    const past: HistorySource = {
      ...source,
      page: async (request, signal) => {
        if (!isAnswered) throw new StreamError("server_error", "no history");
        return source.page(request, signal);
      },
    };
    const relay = openRelay({ once: true, history: scriptedHistory(past) });
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.serving();
    await relay.clock.advance(1_000);
    session.records(trade("A", 1, at(1_000)));
    await relay.clock.settle();
    session.cut();
    const next = await relay.serving();
    await relay.clock.advance(1_000);
    next.records(trade("A", 3, at(3_000)));
    await relay.clock.settle();
    next.cut();
    const last = await relay.handshake(); // the symbol is not confirmed
    await relay.clock.advance(1_000);
    last.close();
    await relay.clock.advance(60_000);
    expect(client.take().flatMap(({ T, i }) => (T === "t" ? [i] : []))).toEqual(ids);
    expect(relay.events.filter(({ type }) => type === "gap")).toHaveLength(gaps);
    expect(relay.outcome).toEqual({ error: undefined });
  });

  test("a cut does not end it, and a terminal error fails the feed", async () => {
    const relay = openRelay({ once: true });
    const client = relay.client();
    client.say(subscribe("A"));
    const session = await relay.serving();
    session.records(trade("A", 1));
    session.cut();
    expect(client.closed).toBeUndefined();
    await rejectConnections(relay, 402, 1);
    await relay.clock.settle();
    expect(client.take().at(-1)).toEqual(error(402, "auth failed"));
    expect(relay.outcome).toMatchObject({ error: { code: "auth_failed" } });
    // Once for the cut, and not for the error with which the feed fails.
    expect(relay.source.map(({ type }) => type)).toEqual(["connected", "lost"]);
  });

  test("reading stops while a client has no room, and goes on when it has: nothing is lost", async () => {
    const relay = openRelay({ once: true });
    const client = relay.client({ isStuck: true });
    client.unstick();
    client.say(subscribe("*"));
    const session = await relay.serving();
    client.take();
    client.isStuck = true;
    const count = 60_000;
    for (let sent = 0; sent < count; sent += 100) session.records(...trades("A", 100, sent + 1));
    await relay.clock.advance(1_000);
    expect(session.socket.isPaused).toBe(true);
    const before = client.take().length;
    expect(before).toBeGreaterThan(1_000);
    expect(before).toBeLessThan(30_000); // some 1 MiB
    client.unstick();
    await relay.clock.advance(1_000);
    session.close();
    await relay.clock.advance(1_000);
    expect(before + client.take().length).toBe(count);
    expect(relay.outcome).toEqual({ error: undefined });
  });

  test("a client that reads nothing holds it up for 20 seconds and is cut off; another one goes on", async () => {
    const relay = openRelay({ once: true });
    const [stuck, reading] = [relay.client(), relay.client()];
    stuck.say(subscribe("*"));
    reading.say(subscribe("*"));
    const session = await relay.serving();
    stuck.isStuck = true;
    const count = 40_000;
    for (let sent = 0; sent < count; sent += 100) session.records(...trades("A", 100, sent + 1));
    await relay.clock.advance(19_000);
    expect(stuck.closed).toBeUndefined();
    await relay.clock.advance(3_000);
    expect(stuck.closed?.code).toBe(1008);
    session.close();
    await relay.clock.advance(1_000);
    expect(reading.take()).toHaveLength(count + 1);
    expect(relay.outcome).toEqual({ error: undefined });
  });

  test("a client that subscribes while nothing is read gets its answer", async () => {
    const relay = openRelay({ once: true });
    const first = relay.client();
    first.say(subscribe("*"));
    const session = await relay.serving();
    first.isStuck = true;
    for (let sent = 0; sent < 40_000; sent += 100) session.records(...trades("A", 100, sent + 1));
    await relay.clock.advance(1_000);
    first.leave();
    await relay.clock.advance(1_000);
    const second = relay.client();
    second.say(subscribe("B"));
    await relay.clock.advance(1_000);
    expect(second.take()).toMatchObject([{ T: "subscription", trades: ["B"] }]);
    second.leave();
    await relay.clock.advance(11_000);
    expect(relay.outcome?.error).toBeInstanceOf(UndeliveredError);
  });
});

test("without once, a slow client is cut off with 407 and delays no other", async () => {
  const relay = openRelay({}, { maxBufferedBytes: 500_000 });
  const session = await relay.serving();
  const [slow, fast] = [relay.client(), relay.client()];
  slow.say(subscribe("*"));
  fast.say(subscribe("*"));
  await relay.clock.settle();
  slow.isStuck = true;
  for (let sent = 0; sent < 40_000; sent += 1_000) {
    session.records(...trades("A", 1_000, sent + 1));
    await relay.clock.settle();
    fast.bytes.length = 0;
  }
  expect(session.socket.isPaused).toBe(false);
  expect(fast.take()).toHaveLength(40_001);
  expect(slow.frames.at(-1)).toEqual([error(407, "slow client")]);
  expect(slow.closed?.code).toBe(1008);
});

test("an abort ends a run at once: connected, between two attempts and in the wait after a rejected key", async () => {
  const relay = openRelay();
  await rejectConnections(relay, 402, 1);
  await relay.gateway.close(1_000);
  await relay.clock.settle();
  expect(relay.outcome).toEqual({ error: undefined });
  expect(relay.clock.pendingTimers).toBe(0);
});

test("[R26] the upstream's secret is in no event, no message to a client and no error, even if upstream repeats it", async () => {
  const relay = openRelay();
  const client = relay.client();
  client.say(subscribe("A"));
  const session = await relay.handshake();
  await session.expectSubscribe();
  session.error(405, `limit of ${UPSTREAM_SECRET}`);
  await relay.clock.settle();
  client.say(subscribe("B"));
  await session.expectSubscribe();
  session.close(1008, UPSTREAM_SECRET);
  const next = await relay.accept();
  next.welcome();
  await next.expectAuth();
  next.error(402, `no key ${UPSTREAM_SECRET}`);
  next.close();
  await relay.clock.settle();
  const messages = JSON.stringify(client.take());
  expect(messages).toContain("limit of [secret]");
  const answer = JSON.stringify(answerToCredentials(relay));
  const shown = relay.events.map((event) => `${JSON.stringify(event)} ${describeErrors(event)}`).join("\n");
  expect(shown).toContain("[secret]");
  for (const text of [messages, answer, shown]) expect(text).not.toContain(UPSTREAM_SECRET);
});

/** The messages and stacks of an event's errors, which JSON leaves out. */
function describeErrors(event: object): string {
  const parts = Object.values(event).flatMap((value) => {
    if (value instanceof Error) return [value.message, value.stack, describeErrors({ cause: value.cause })];
    return typeof value === "object" && value !== null && !Array.isArray(value) ? [describeErrors(value)] : [];
  });
  return parts.join(" ");
}

test.each([
  [{ maxSymbols: 0 }, "maxSymbols must be a number above 0"],
  [{ lingerMs: -1 }, "lingerMs takes a number of milliseconds from 0"],
  [{ once: "yes" }, "once must be true or false"],
  [{ feed: "six" }, 'there is no feed "six"'],
  [{ urlOverride: "localhost:8765" }, "urlOverride must be an address"],
  [{ apiKey: "" }, "apiKey is missing"],
  [{ rawData: true }, 'there is no option "rawData"'],
])("upstream rejects %o, before it is run", (options, message) => {
  const make = (): unknown => upstream({ apiKey: "k", secretKey: "s", ...(options as object) });
  expect(make).toThrow(message);
});

test("without onEvent, the process warns of a source that is lost and of records that may be missing", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  try {
    const relay = openRelay({}, {}, false);
    const session = await relay.serving();
    const client = relay.client();
    client.say(subscribe("A"));
    await relay.clock.settle();
    session.records(trade("A", 1, recordTime(relay.clock.now())));
    session.cut();
    await relay.serving();
    await relay.clock.advance(15_000);
    const warnings = warn.mock.calls.map(([warning]) => String(warning));
    expect(warnings).toEqual([
      expect.stringContaining("the connection failed: it was cut"),
      expect.stringMatching(/^trades may be missing from .* to .*: the connection failed/),
    ]);
  } finally {
    warn.mockRestore();
  }
});

test("quotes go to clients, too", async () => {
  const relay = openRelay();
  const session = await relay.serving();
  const client = relay.client();
  client.say({ action: "subscribe", quotes: ["A"] });
  await relay.clock.settle();
  session.records(quote("A"));
  await relay.clock.settle();
  expect(client.take().at(-1)).toMatchObject({ T: "q", S: "A" });
});
