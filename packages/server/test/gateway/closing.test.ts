import { VirtualClock } from "@tickerplant/client/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { UndeliveredError } from "../../src/gateway/departures.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { ReadProgress } from "../../src/http/read-progress.ts";
import { RawPeer, type RawPeerOptions } from "./support/raw-peer.ts";
import { openServer, type Server } from "./support/server.ts";

afterEach(() => void vi.restoreAllMocks());

const { closeTimeoutMs, drainTimeoutMs, pingIntervalMs, stallTimeoutMs } = GATEWAY_LIMITS;

/** Twenty megabytes and more in JSON: no kernel holds so much for one connection. */
const TRADES = 200_000;

interface Scene {
  readonly server: Server;
  readonly clock: VirtualClock;
  readonly events: GatewayEvent[];
  readonly peer: RawPeer;
  /** What `start` came to. */
  readonly outcome: Promise<unknown>;
  /** Publishes trades, a frame each; returns how many in all. */
  publish(count: number, perFrame?: number): Promise<number>;
}

/** A gateway on a port, in virtual time, with one client that has subscribed. */
async function play(options: RawPeerOptions = {}, once = false): Promise<Scene> {
  const clock = new VirtualClock();
  const events: GatewayEvent[] = [];
  const server = await openServer(
    { once, clock, maxBufferedBytes: 1e9, onEvent: (event) => events.push(event) },
    { clock },
  );
  const outcome = server.gateway.start().then(
    () => "ended",
    (error) => error,
  );
  const peer = await RawPeer.subscribe(server, options);
  let published = 0;
  return {
    server,
    clock,
    events,
    peer,
    outcome,
    publish: async (count, perFrame = 100) => {
      for (const until = published + count; published < until; published += perFrame) {
        server.feed.publish(...Array.from({ length: perFrame }, (_, index) => trade("A", published + index)));
        await clock.settle();
      }
      return published;
    },
  };
}

const leftOf = (events: readonly GatewayEvent[]) => events.find((event) => event.type === "left");

/** Publishes until the network accepts no more for a paused peer. */
async function fillNetwork({ peer, publish }: Scene): Promise<void> {
  peer.socket.pause();
  await publish(TRADES, 500);
}

describe("clients that do not answer the close", () => {
  test.each([
    [
      "a client that has read everything and does not answer the close is cut after five seconds",
      { answersClose: false },
    ],
    [
      "a client that has read everything and answers neither pings nor the close is cut after five seconds",
      { answersClose: false, answersPings: false },
    ],
  ])("%s, whatever it sends meanwhile", async (_title, options) => {
    const { server, clock, events, peer, publish, outcome } = await play(options, true);
    const answered = vi.spyOn(ReadProgress.prototype, "answered");
    await publish(1000);
    server.feed.end();
    await peer.until(() => peer.closeCode === 1000);
    expect(peer.ids).toHaveLength(1000);
    const hasShown = !("answersPings" in options);
    if (hasShown) await vi.waitFor(() => expect(answered).toHaveBeenLastCalledWith(peer.lastPing));
    peer.ping();
    peer.say({ action: "subscribe", trades: ["B"] });
    await clock.advance(closeTimeoutMs - 1);
    peer.ping();
    expect(leftOf(events)).toBeUndefined();
    await clock.advance(1);
    await peer.ended;
    await vi.waitFor(() => expect(leftOf(events)?.reason).toMatch(/^the feed has ended; the client did not answer/));
    expect(leftOf(events)?.undeliveredBytes === undefined).toBe(hasShown);
    if (hasShown) expect(await outcome).toBe("ended");
    else expect(await outcome).toBeInstanceOf(UndeliveredError);
    await server.listener.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("slow clients of a gateway that closes", () => {
  test("a slow client receives everything before its connection is closed, without a time limit while it reads", async () => {
    const scene = await play();
    const { server, clock, events, peer } = scene;
    const answered = vi.spyOn(ReadProgress.prototype, "answered");
    await fillNetwork(scene);
    const closed = server.listener.close(10 * drainTimeoutMs);
    let reads = 0;
    for (; peer.closeCode === undefined; reads++) {
      await clock.advance(stallTimeoutMs - 1);
      expect(leftOf(events)).toBeUndefined();
      answered.mockClear();
      await peer.readSome(2 * GATEWAY_LIMITS.progressPingBytes);
      await vi.waitFor(() => expect(answered).toHaveReturnedWith(true));
    }
    peer.socket.resume();
    await closed;
    expect(peer.ids.length).toBe(TRADES);
    expect(reads).toBeGreaterThan(5);
    await vi.waitFor(() => expect(leftOf(events)).toMatchObject({ reason: "the gateway closes" }));
    expect(leftOf(events)?.undeliveredBytes).toBeUndefined();
  });

  test("a client that reads nothing is cut at the gateway's close, and the event has its undelivered bytes", async () => {
    const scene = await play();
    const { server, clock, events, peer } = scene;
    await fillNetwork(scene);
    const closed = server.listener.close();
    await clock.advance(stallTimeoutMs - 1);
    expect(leftOf(events)).toBeUndefined();
    await clock.advance(1);
    await closed;
    const left = leftOf(events);
    expect(left?.reason).toBe("the gateway closes; the client read nothing for 30 s");
    expect(left?.undeliveredBytes).toBeGreaterThan(1_000_000);
    expect(peer.ids.length).toBeLessThan(TRADES);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a slow client is cut at the time limit of the gateway's close", async () => {
    const scene = await play();
    const { server, clock, events } = scene;
    await fillNetwork(scene);
    const closed = server.listener.close(1_000);
    await clock.advance(1_000);
    await closed;
    expect(leftOf(events)?.reason).toMatch(/^the gateway closes; the client (read nothing for|did not read) /);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a client that pauses before the first record of a short session has its time for reading", async () => {
    const { server, clock, events, peer, publish } = await play();
    const answered = vi.spyOn(ReadProgress.prototype, "answered");
    peer.say({ action: "subscribe", trades: ["B"] });
    await peer.until(() => peer.messages.length === 4);
    if (peer.lastPing === undefined) throw new Error("no ping came after authentication");
    peer.socket.pause();
    await publish(1000);
    const closed = server.listener.close();
    await clock.advance(stallTimeoutMs - 1);
    expect(leftOf(events)).toBeUndefined();
    peer.socket.resume();
    await closed;
    expect(answered).toHaveBeenCalled();
    expect(peer.ids).toHaveLength(1000);
    expect(leftOf(events)?.undeliveredBytes).toBeUndefined();
  });
});

describe("the causes of the end of a connection", () => {
  test.each([
    ["a reset", (peer: RawPeer) => void peer.socket.resetAndDestroy(), "the connection failed: ECONNRESET"],
    ["TCP's end without a close", (peer: RawPeer) => void peer.socket.end(), "the connection ended without a close"],
    [
      "a broken frame, while TCP stays open",
      (peer: RawPeer) => void peer.socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0])),
      "the client broke the protocol: Invalid WebSocket frame: RSV2 and RSV3 must be clear",
    ],
    [
      "a close, while TCP stays open",
      (peer: RawPeer) => void peer.socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 232])),
      "the client closed",
    ],
  ])("the end of a connection is reported with its first cause: %s", async (_what, end, reason) => {
    const { server, clock, events, peer } = await play({ answersClose: false });
    end(peer);
    await vi.waitFor(() => expect(leftOf(events)?.reason).toBe(reason));
    expect(server.gateway.stats.clients).toBe(0);
    await clock.advance(closeTimeoutMs); // and TCP itself ends
    await peer.ended;
    await server.listener.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test("a connection to a client that answers no ping ends with that as its cause", async () => {
    const { server, clock, events, peer } = await play({ answersPings: false });
    await clock.advance(pingIntervalMs * 2);
    await peer.ended;
    await vi.waitFor(() => expect(leftOf(events)?.reason).toBe("the client sent nothing for 20 s after a ping"));
    await server.listener.close();
  });
});

test("with once, the feed ends within the limit after its client was killed", async () => {
  const { clock, server, peer, publish, outcome, events } = await play({}, true);
  await publish(100);
  peer.socket.resetAndDestroy();
  await vi.waitFor(() => expect(leftOf(events)).toBeDefined());
  await clock.advance(GATEWAY_LIMITS.noReaderTimeoutMs);
  expect(String(await outcome)).toMatch(
    /the feed was stopped after 100 records, and the rest was not delivered: .*ECONNRESET/,
  );
  await server.listener.close();
  expect(clock.pendingTimers).toBe(0);
});
