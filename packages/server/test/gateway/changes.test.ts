import { expect, test } from "vitest";
import { createGateway } from "../../src/create-gateway.ts";
import { listen } from "../../src/http/listen.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { MemoryPeer } from "./support/memory-peer.ts";

test("changed limits concern new connections, and settings that are not given stay", () => {
  const gateway = createGateway({ feeds: { iex: new ManualFeed() }, maxSymbols: 1, maxConnections: 2 });
  const counts = () => {
    const peer = new MemoryPeer(gateway).authenticate();
    peer.say({ action: "subscribe", trades: ["A", "B"] });
    return peer.take()[0]?.T;
  };
  expect(counts()).toBe("error");
  gateway.change({ maxSymbols: 2 });
  expect(counts()).toBe("subscription");
  expect(counts).toThrow("connection limit exceeded");
  gateway.change({ maxConnections: Number.POSITIVE_INFINITY });
  expect(counts()).toBe("subscription");
});

test("web origins can be allowed and forbidden while a gateway runs", () => {
  const gateway = createGateway({ feeds: { iex: new ManualFeed() } });
  const mayConnect = () => gateway.rejection({ url: "/v2/iex", headers: { origin: "https://a.example" } })?.status;
  expect(mayConnect()).toBe(403);
  gateway.change({ allowedOrigins: ["https://a.example"] });
  expect(mayConnect()).toBeUndefined();
  gateway.change({ allowedOrigins: [] });
  expect(mayConnect()).toBe(403);
});

test("changes that make no sense throw and change nothing", async () => {
  const gateway = createGateway({ feeds: { iex: new ManualFeed() } });
  await using listener = await listen(gateway);
  expect(() => gateway.change({ maxSymbols: 0 })).toThrow(RangeError);
  expect(() => gateway.change({ once: true } as never)).toThrow('there is no option "once"'); // what a program without types may pass
  expect(() => listener.change({ maxConnectionsPerAddress: -1 })).toThrow(RangeError);
  expect(() => listener.change({ tls: { cert: "a", key: "b" } })).toThrow("this port has no TLS");
});
