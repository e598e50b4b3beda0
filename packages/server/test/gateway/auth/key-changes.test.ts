import { expect, test } from "vitest";
import { createGateway, type GatewayOptions } from "../../../src/create-gateway.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import type { GatewayEvent } from "../../../src/gateway/gateway-events.ts";
import { ManualFeed } from "../support/manual-feed.ts";
import { error, MemoryPeer } from "../support/memory-peer.ts";

/** A gateway with the keys alice and bob, and its events. */
function open(options: Partial<GatewayOptions> = {}): { gateway: Gateway; events: GatewayEvent[] } {
  const events: GatewayEvent[] = [];
  const gateway = createGateway({
    feeds: { iex: new ManualFeed() },
    keys: [
      { key: "alice", secret: "A" },
      { key: "bob", secret: "B" },
    ],
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { gateway, events };
}

const connected = { T: "success", msg: "connected" };

test("connections of a key that is withdrawn get 402 and are closed, and no others", async () => {
  const { gateway, events } = open();
  const peers = [new MemoryPeer(gateway), new MemoryPeer(gateway)].map((peer) => peer.authenticate("alice", "A"));
  const other = new MemoryPeer(gateway).authenticate("bob", "B");
  gateway.keyring.remove("alice");
  for (const peer of peers) {
    expect(peer.take()).toEqual([error(402, "auth failed")]);
    expect(peer.closed).toMatchObject({ code: 1008, reason: "the key was withdrawn" });
  }
  expect(other.closed).toBeUndefined();
  expect(other.take()).toEqual([]);
  const hint = "the key was withdrawn";
  expect(events.filter(({ type }) => type === "rejected")).toEqual([
    { type: "rejected", client: 1, error: 402, hint },
    { type: "rejected", client: 2, error: 402, hint },
  ]);
  await Promise.resolve();
  expect(gateway.stats.clients).toBe(1);
});

test("a connection that closes already is no rejection when its key is withdrawn", () => {
  const { gateway, events } = open();
  const peer = new MemoryPeer(gateway, { ignoresClose: true }).authenticate("alice", "A");
  void gateway.close();
  gateway.keyring.remove("alice");
  expect(peer.take()).toEqual([]);
  expect(events.filter(({ type }) => type === "rejected")).toEqual([]);
  peer.leave();
});

test("a key that is withdrawn cannot authenticate again, until it is set again", () => {
  const { gateway } = open();
  gateway.keyring.remove("alice");
  const peer = new MemoryPeer(gateway);
  peer.say({ action: "auth", key: "alice", secret: "A" });
  expect(peer.take()).toEqual([connected, error(402, "auth failed")]);
  gateway.keyring.set({ key: "alice", secret: "A2" });
  peer.authenticate("alice", "A2");
});

test("connections with a secret that was replaced get 402 and are closed", () => {
  const { gateway } = open();
  const peer = new MemoryPeer(gateway).authenticate("alice", "A");
  gateway.keyring.set({ key: "alice", secret: "A2" });
  expect(peer.take()).toEqual([error(402, "auth failed")]);
  expect(peer.closed?.reason).toBe("the key has another secret now");
});

test("connections to a feed that their key loses get 409 and are closed", () => {
  const { gateway } = open({ feeds: { iex: new ManualFeed(), sip: new ManualFeed() } });
  const [iex, sip] = [new MemoryPeer(gateway), new MemoryPeer(gateway, { url: "/v2/sip" })];
  for (const peer of [iex, sip]) peer.authenticate("alice", "A");
  gateway.keyring.set({ key: "alice", secret: "A", feeds: ["sip"] });
  expect(iex.take()).toEqual([error(409, "insufficient subscription")]);
  expect(iex.closed?.code).toBe(1008);
  expect(sip.closed).toBeUndefined();
});

test("a new limit of symbols concerns the next request of an open connection", () => {
  const { gateway } = open();
  const peer = new MemoryPeer(gateway).authenticate("alice", "A");
  const subscribe = (...trades: string[]) => {
    peer.say({ action: "subscribe", trades });
    return peer.take()[0];
  };
  expect(subscribe("A", "B")).toMatchObject({ trades: ["A", "B"] });
  gateway.keyring.set({ key: "alice", secret: "A", maxSymbols: 2 });
  expect(subscribe("C")).toEqual(error(405, "symbol limit exceeded"));
  gateway.keyring.set({ key: "alice", secret: "A" });
  expect(subscribe("C")).toMatchObject({ trades: ["A", "B", "C"] });
});

test("requests for history with a key that was withdrawn are rejected at once", () => {
  const { gateway } = open();
  const headers = { "apca-api-key-id": "alice", "apca-api-secret-key": "A" };
  expect(gateway.entitlementOf({ headers })).toEqual({ key: "alice" });
  gateway.keyring.remove("alice");
  expect(gateway.entitlementOf({ headers })).toBeUndefined();
});

test.each(["oauth", "access_token"])("a bearer token authenticates by message as the key %s, and by header", (key) => {
  const { gateway, events } = open({ keys: [{ key: "app", token: "TOKEN", maxConnections: 2 }] });
  new MemoryPeer(gateway).authenticate(key, "TOKEN");
  const headers = { authorization: "Bearer TOKEN" };
  const byHeader = new MemoryPeer(gateway, { headers });
  expect(byHeader.take()).toEqual([connected, { T: "success", msg: "authenticated" }]);
  expect(gateway.entitlementOf({ headers })).toMatchObject({ key: "app" });
  expect(events.filter(({ type }) => type === "authenticated")).toEqual([
    { type: "authenticated", client: 1, key: "app" },
    { type: "authenticated", client: 2, key: "app" },
  ]);
  const third = new MemoryPeer(gateway, { headers });
  expect(third.take()[1]).toEqual(error(406, "connection limit exceeded"));
  gateway.keyring.remove("app");
  expect(byHeader.closed?.reason).toBe("the key was withdrawn");
});
