import { expect, test } from "vitest";
import { trade } from "../../../../../verify/shared/records.ts";
import { UPSTREAM_LIMITS } from "../../../src/feeds/upstream/limits.ts";
import { MemoryPeer } from "../../gateway/support/memory-peer.ts";
import { openRelay, subscribe } from "./support/relay.ts";

const KEYS = ["alice", "bob"].map((key) => ({ key, secret: "secret" }));

test("a key withdrawn while its client waits for upstream's answer: the client is closed, and others get theirs", async () => {
  const relay = openRelay({}, { keys: KEYS });
  const session = await relay.handshake();
  await relay.clock.settle();
  const [alice, bob] = KEYS.map((credential) => {
    const peer = new MemoryPeer(relay.gateway);
    peer.say({ action: "auth", ...credential });
    peer.take();
    return peer;
  });
  alice?.say(subscribe("A", "B"));
  bob?.say(subscribe("A"));
  await relay.clock.settle();
  expect(await session.expectSubscribe()).toEqual({ trades: ["A", "B"] });
  relay.gateway.keyring.remove("alice");
  await relay.clock.settle();
  expect(alice?.take()).toEqual([{ T: "error", code: 402, msg: "auth failed" }]);
  expect(alice?.closed?.reason).toBe("the key was withdrawn");
  session.acknowledge();
  await relay.clock.settle();
  session.acknowledgeAll();
  session.records(trade("A", 1), trade("B", 2));
  await relay.clock.settle();
  expect(bob?.take()).toMatchObject([
    { T: "subscription", trades: ["A"] },
    { T: "t", S: "A" },
  ]);
  expect(alice?.take()).toEqual([]);
  // Only what no other client has is unsubscribed, after the linger.
  await relay.clock.advance(UPSTREAM_LIMITS.lingerMs + 1_000);
  session.records(trade("A", 3));
  await relay.clock.settle();
  expect(bob?.take()).toMatchObject([{ S: "A", i: 3 }]);
});

test("a rejection by upstream of a request whose key was withdrawn meanwhile reaches no client", async () => {
  const relay = openRelay({}, { keys: KEYS });
  const session = await relay.handshake();
  const alice = new MemoryPeer(relay.gateway);
  alice.say({ action: "auth", ...KEYS[0] });
  alice.say(subscribe("A"));
  await relay.clock.settle();
  await session.expectSubscribe();
  relay.gateway.keyring.remove("alice");
  await relay.clock.settle();
  alice.take();
  session.error(405);
  session.acknowledgeAll();
  const bob = new MemoryPeer(relay.gateway);
  bob.say({ action: "auth", ...KEYS[1] });
  bob.take();
  bob.say(subscribe("B"));
  await relay.clock.advance(1_000);
  expect(bob.take()).toMatchObject([{ T: "subscription", trades: ["B"] }]);
  expect(alice.take()).toEqual([]);
});
