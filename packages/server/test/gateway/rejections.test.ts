import { once } from "node:events";
import { systemClock } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createGateway, type GatewayOptions } from "../../src/create-gateway.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { listen } from "../../src/http/listen.ts";
import { DemandFeed } from "./support/demand-feed.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { MemoryPeer } from "./support/memory-peer.ts";

/** A gateway with the key K, and its events that are rejections. */
function setUp(options: Partial<GatewayOptions> = {}) {
  const rejections: GatewayEvent[] = [];
  const clock = new VirtualClock();
  const gateway = createGateway({
    feeds: { iex: new ManualFeed() },
    keys: [{ key: "K", secret: "S", feeds: ["iex"] }],
    maxSymbols: 1,
    clock,
    onEvent: (event) => {
      if (event.type === "rejected" || event.type === "httpRejected") rejections.push(event);
    },
    ...options,
  });
  return { gateway, rejections, clock };
}

test("every error that a client is sent for its credentials or a request is one event", async () => {
  const { gateway, rejections, clock } = setUp();
  const peer = new MemoryPeer(gateway);
  peer.say({ action: "subscribe", trades: ["A"] });
  peer.say({ action: "auth", key: "K", secret: "wrong " });
  peer.authenticate("K", "S");
  peer.say({ action: "auth", key: "K", secret: "S" });
  peer.say({ action: "subscribe", trades: ["A", "B"] });
  peer.say({ action: "subscribe", corrections: ["A"] });
  peer.say("rubbish");
  const silent = new MemoryPeer(gateway);
  await clock.advance(GATEWAY_LIMITS.authTimeoutMs);
  expect(silent.closed).toBeDefined();
  const hint = "the key or the secret begins or ends with white space, such as the line feed of a file: trim it";
  expect(rejections).toEqual([
    { type: "rejected", client: 1, error: 401 },
    { type: "rejected", client: 1, error: 402, hint },
    ...[403, 405, 410, 400].map((error) => ({ type: "rejected", client: 1, error })),
    { type: "rejected", client: 2, error: 404 },
  ]);
});

test("a rejection of the feed is an event with the feed's number", async () => {
  const feed = new DemandFeed();
  const { gateway, rejections, clock } = setUp({ feeds: { iex: feed } });
  void gateway.start();
  const peer = new MemoryPeer(gateway).authenticate("K", "S");
  peer.say({ action: "subscribe", trades: ["A"] });
  await clock.settle();
  feed.reject(409);
  expect(rejections).toEqual([{ type: "rejected", client: 1, error: 409 }]);
});

test("rejected upgrades, connections over a limit and requests for history are events, with nothing that was sent", async () => {
  const { gateway, rejections } = setUp({ clock: systemClock });
  await using listener = await listen(gateway, { maxConnectionsPerAddress: 1 });
  const rest = async (headers: Record<string, string>) => {
    const url = `${listener.url.replace("ws", "http")}/v2/stocks/SECRET/trades?feed=iex&page_token=SECRET`;
    await (await fetch(url, { headers: { connection: "close", ...headers } })).text();
  };
  await rest({ "apca-api-key-id": "K", "apca-api-secret-key": "SECRET" });
  gateway.faults.httpStatus = 503;
  await once(new WebSocket(`${listener.url}/v2/iex`), "error");
  delete gateway.faults.httpStatus;
  const first = new WebSocket(`${listener.url}/v2/iex`);
  onTestFinished(() => first.terminate());
  await once(first, "open");
  await once(new WebSocket(`${listener.url}/v2/iex`), "error");
  expect(rejections).toEqual([
    { type: "httpRejected", status: 401, path: "/v2/stocks/{symbol}/trades" },
    { type: "httpRejected", status: 503, address: "127.0.0.1" },
    { type: "httpRejected", status: 429, address: "127.0.0.1" },
  ]);
});
