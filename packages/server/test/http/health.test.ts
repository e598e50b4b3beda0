import { expect, test } from "vitest";
import { createGateway } from "../../src/create-gateway.ts";
import type { Feed } from "../../src/feeds/feed.ts";
import { replay } from "../../src/feeds/replay/replay.ts";
import { simulator } from "../../src/feeds/simulator/simulator.ts";
import { testFeed } from "../../src/feeds/simulator/test-feed.ts";
import { upstream } from "../../src/feeds/upstream/upstream.ts";
import { health } from "../../src/http/health.ts";
import type { GatewayOptions } from "../../src/index.ts";

const KEYS = { apiKey: "key", secretKey: "secret" };

async function reported(options: GatewayOptions): Promise<{ keys: string; endpoints: { source?: string }[] }> {
  const { body } = await health(createGateway(options))({ url: "/healthz", headers: {}, params: {} });
  return JSON.parse(String(body));
}

test.each<[string, string | undefined, Feed]>([
  ["a simulator", "simulated", simulator()],
  ["the test feed", "simulated", testFeed()],
  ["a replay", "replay", replay(["monday.jsonl"])],
  ["Alpaca", "live", upstream({ ...KEYS, feed: "sip" })],
  ["Alpaca's test feed", "simulated", upstream({ ...KEYS, feed: "test" })],
  ["another gateway, which may simulate", undefined, upstream({ ...KEYS, urlOverride: "ws://localhost:1/v2/iex" })],
])("/healthz reports the source of %s as %s", async (_, source, feed) => {
  expect((await reported({ feeds: { iex: feed } })).endpoints[0]?.source).toBe(source);
});

test("/healthz reports whether a key is required", async () => {
  expect(await reported({ feeds: { iex: simulator() } })).toMatchObject({ keys: "any" });
  expect(await reported({ feeds: { iex: simulator() }, keys: [] })).toMatchObject({ keys: "required" });
});
