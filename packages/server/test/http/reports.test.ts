import { StreamError } from "@tickerplant/client/wire";
import { expect, test } from "vitest";
import { quote, trade } from "../../../../verify/shared/records.ts";
import type { GatewayOptions } from "../../src/create-gateway.ts";
import { createGateway } from "../../src/create-gateway.ts";
import type { GatewayReport } from "../../src/gateway/gateway-report.ts";
import type { HttpResponse } from "../../src/gateway/http-route.ts";
import { asJson, asMetrics, guardedReport } from "../../src/http/reports.ts";
import { openRelay, subscribe } from "../feeds/upstream/support/relay.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";
import { MemoryPeer } from "../gateway/support/memory-peer.ts";

const headersOf = (key: string) => ({ "apca-api-key-id": key, "apca-api-secret-key": `secret-of-${key}` });

function setUp(options: Partial<GatewayOptions> = {}) {
  const feed = new ManualFeed();
  const gateway = createGateway({ feeds: { iex: feed }, ...options });
  void gateway.start();
  const ask = async (headers: Record<string, string> = headersOf("any")): Promise<HttpResponse> =>
    guardedReport(gateway, "/status.json", asJson)({ url: "/status.json", headers, params: {} });
  const report = async (key?: string): Promise<GatewayReport> =>
    JSON.parse(String((await ask(key === undefined ? undefined : headersOf(key))).body));
  const metrics = async (key: string): Promise<HttpResponse> =>
    guardedReport(gateway, "/metrics", asMetrics)({ url: "/metrics", headers: headersOf(key), params: {} });
  return { feed, gateway, ask, report, metrics };
}

const KEYS = ["desk", "guest"].map((key) => ({ key, secret: `secret-of-${key}` }));

test("/status.json names each client by its key, with its feed, symbols, records and bytes", async () => {
  const { feed, gateway, report } = setUp({ keys: KEYS });
  const peer = new MemoryPeer(gateway, { isStuck: true });
  peer.say({ action: "auth", key: "desk", secret: "secret-of-desk" });
  peer.say({ action: "subscribe", trades: ["A", "B"], quotes: ["A"] });
  feed.publish(trade("A", 1), quote("C", 1));
  await Promise.resolve();
  const { clients, clientCount } = await report("guest");
  expect(clientCount).toBe(1);
  expect(clients).toMatchObject([
    { number: 1, key: "desk", feed: "iex", codec: "msgpack", symbols: 2, recordCount: 1, sentBytes: 0, isSlow: false },
  ]);
  expect(clients[0]?.waitingBytes).toBe(peer.bytes.reduce((sum, { length }) => sum + length, 0));
});

test("/status.json shows * for a client of all symbols, and no key before it has authenticated", async () => {
  const { gateway, report } = setUp();
  new MemoryPeer(gateway).subscribe({ trades: ["*"], quotes: ["A"] });
  new MemoryPeer(gateway);
  const clients = (await report()).clients.map(({ key, symbols }) => ({ key, symbols }));
  expect(clients).toEqual([
    { key: "key", symbols: "*" },
    { key: undefined, symbols: 0 },
  ]);
});

test("/status.json counts records by channel, and bytes of clients that are gone", async () => {
  const { feed, gateway, report } = setUp();
  const peer = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
  feed.publish(trade("A", 1), trade("B", 2), quote("A", 1));
  await new Promise((resolve) => setImmediate(resolve));
  const before = (await report()).feeds[0];
  expect(before?.records).toEqual({ trades: 2, quotes: 1 });
  expect(before?.deliveredCount).toBe(2);
  expect(before?.sentBytes).toBe(peer.bytes.reduce((sum, { length }) => sum + length, 0));
  peer.leave();
  const after = await report();
  expect(after.feeds[0]?.sentBytes).toBe(before?.sentBytes);
  expect(after.clientCount).toBe(0);
});

test("/status.json lists the clients with the most bytes waiting first, 200 at most", async () => {
  const { feed, gateway, report } = setUp();
  for (let count = 0; count < 205; count++) new MemoryPeer(gateway).authenticate();
  const slow = new MemoryPeer(gateway, { isStuck: true }).subscribe({ trades: ["*"] });
  feed.publish(trade("A", 1));
  await Promise.resolve();
  const { clients, clientCount } = await report();
  expect(clientCount).toBe(206);
  expect(clients).toHaveLength(200);
  expect(clients[0]?.symbols).toBe("*");
  slow.leave();
});

test("/status.json counts gaps by their cause, and shows the newest first", async () => {
  const { feed, report } = setUp();
  const range = { channel: "trades", from: new Date(1000), to: new Date(2000) };
  feed.gap({ ...range, symbols: ["A", "B"], cause: new StreamError("connection_lost", "lost") });
  feed.gap({ ...range, symbols: ["*"], cause: new Error("broken") });
  const [of] = (await report()).feeds;
  expect(of?.gapCounts).toEqual({ connection_lost: 1, unknown: 1 });
  const from = "1970-01-01T00:00:01.000Z";
  const to = "1970-01-01T00:00:02.000Z";
  expect(of?.gaps).toEqual([
    { channel: "trades", symbols: "*", from, to, cause: { code: "unknown", message: "broken" } },
    { channel: "trades", symbols: 2, from, to, cause: { code: "connection_lost", message: "lost" } },
  ]);
});

test("/status.json counts clients that are closed as slow", async () => {
  const { feed, gateway, report } = setUp({ maxBufferedBytes: 1000 });
  new MemoryPeer(gateway, { isStuck: true }).subscribe({ trades: ["A"] });
  for (let id = 1; id <= 100; id++) {
    feed.publish(trade("A", id));
    await Promise.resolve();
  }
  const { feeds, maxWaitingBytes } = await report();
  expect(feeds[0]?.slowClientCount).toBe(1);
  expect(maxWaitingBytes).toBe(1000);
});

test("/status.json reports the rows and the bytes of the history", async () => {
  const { feed, report } = setUp({ history: { maxBytes: 8 * 1024 * 1024 } });
  feed.publish(trade("A", 1), quote("A", 1));
  const history = (await report()).feeds[0]?.history;
  expect(history?.rowCount).toBe(2);
  expect(history?.usedBytes).toBeGreaterThan(0);
  expect(history?.maxBytes).toBe(8 * 1024 * 1024);
});

test("/status.json reports the recorder of a feed", async () => {
  const { feed, gateway, report } = setUp();
  const recorder = { rowCount: 7, writtenBytes: 100, waitingBytes: 20, droppedFrameCount: 1 };
  gateway.addSink(feed, { record: () => {}, report: () => ({ recorder }) });
  expect((await report()).feeds[0]?.recorder).toEqual(recorder);
});

test("/status.json reports a connection upstream, why it was lost, and how long it has been connected", async () => {
  const relay = openRelay();
  const upstreamOf = () => relay.gateway.report().feeds[0]?.upstream;
  expect(upstreamOf()).toMatchObject({ isConnected: false, metrics: { reconnects: 0 }, losses: [] });
  relay.client().say(subscribe("A"));
  const session = await relay.serving();
  await relay.clock.advance(5_000);
  expect(upstreamOf()).toMatchObject({ isConnected: true, sinceMs: 5_000 });
  session.cut();
  await relay.clock.settle();
  const lost = upstreamOf();
  expect(lost).toMatchObject({ isConnected: false, sinceMs: 0, metrics: { reconnects: 1 } });
  expect(lost?.losses).toEqual([
    { code: "connection_lost", message: expect.any(String), at: new Date(relay.clock.now()).toISOString() },
  ]);
  expect(JSON.stringify(relay.gateway.report())).not.toContain("upstream-secret");
});

test("/status.json is for the gateway's keys, and rejects others with 401, which it counts", async () => {
  const { ask, report } = setUp({ keys: KEYS });
  expect((await ask({})).status).toBe(401);
  expect((await ask(headersOf("stranger"))).status).toBe(401);
  expect((await report("desk")).httpRejections).toEqual({ 401: 2 });
});

test("a key sees in /status.json the feeds that it is entitled to, and their clients alone", async () => {
  const [iex, sip] = [new ManualFeed(), new ManualFeed()];
  const keys = [...KEYS, { key: "trial", secret: "secret-of-trial", feeds: ["iex"] }];
  const { gateway, report } = setUp({ feeds: { iex, sip }, keys });
  new MemoryPeer(gateway, { url: "/v2/sip" }).authenticate("desk", "secret-of-desk");
  expect((await report("desk")).clients).toHaveLength(1);
  const { feeds, clients, clientCount } = await report("trial");
  expect(feeds.map(({ endpoints }) => endpoints.map(({ name }) => name))).toEqual([["iex"]]);
  expect({ clients, clientCount }).toEqual({ clients: [], clientCount: 0 });
});

test("a gateway that accepts any key shows /status.json without one", async () => {
  expect((await setUp().ask({})).status).toBe(200);
});

test("/metrics shows Prometheus the feeds of the key, and the process, and rejects other keys with 401", async () => {
  const [iex, sip] = [new ManualFeed(), new ManualFeed()];
  const keys = [...KEYS, { key: "trial", secret: "secret-of-trial", feeds: ["iex"] }];
  const { metrics } = setUp({ feeds: { iex, sip }, keys });
  const { headers, body } = await metrics("trial");
  expect(headers).toEqual({ "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
  expect(body).toContain('tickerplant_feed_up{feed="iex"} 1\n');
  expect(body).not.toContain("sip");
  expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect((await metrics("stranger")).status).toBe(401);
});

test("a page of another origin cannot read /status.json", async () => {
  const { ask } = setUp();
  expect((await ask({ ...headersOf("any"), host: "localhost", origin: "https://evil.example" })).status).toBe(403);
});
