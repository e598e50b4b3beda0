import { once } from "node:events";
import { get } from "node:http";
import { describe, expect, test } from "vitest";
import { createGateway, type GatewayOptions } from "../../src/create-gateway.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { addressGroup } from "../../src/http/connection-limits.ts";
import { listen } from "../../src/http/listen.ts";
import { hasOpenssl, makeCertificate } from "../gateway/support/certificate.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";
import { MemoryPeer } from "../gateway/support/memory-peer.ts";
import { readAll, rejectedStatus, tcp, UPGRADE } from "../gateway/support/raw.ts";
import { openServer } from "../gateway/support/server.ts";
import { WebPeer } from "../gateway/support/web-peer.ts";

/** An `onEvent`, and a promise for the next client that leaves. */
function departures(): { onEvent: NonNullable<GatewayOptions["onEvent"]>; next(): Promise<void> } {
  let resolve = (): void => {};
  return {
    onEvent: ({ type }) => type === "left" && resolve(),
    next: () =>
      new Promise<void>((done) => {
        resolve = done;
      }),
  };
}

describe("connection limits", () => {
  test("one connection too many of an address gets 429 with Retry-After, and an ended one makes room for another", async () => {
    const { onEvent, next } = departures();
    await using server = await openServer({ onEvent }, { maxConnectionsPerAddress: 2 });
    using first = await WebPeer.connect(server.url);
    using second = await WebPeer.connect(server.url);
    for (let count = 0; count < 3; count++)
      expect(await rejectedStatus(server.url)).toEqual({ status: 429, retryAfter: "10" });
    const left = next();
    first.socket.terminate();
    await left;
    using third = await WebPeer.connect(server.url);
    expect([second, third].map(({ socket }) => socket.readyState)).toEqual([1, 1]);
  });

  test("connections count from the moment they open, before any byte", async () => {
    await using server = await openServer({}, { maxConnectionsPerAddress: 2 });
    const silent = await Promise.all([tcp(server, ""), tcp(server, "GET ")]);
    expect(await rejectedStatus(server.url)).toEqual({ status: 429, retryAfter: "10" });
    const [response] = await once(get(`http://127.0.0.1:${server.listener.port}/v2/iex`), "response");
    expect(response.statusCode).toBe(429);
    for (const socket of silent) socket.destroy();
  });

  test("connections are cut at once while too many others are being rejected", async () => {
    await using server = await openServer({}, { maxConnectionsPerAddress: 1 });
    const kept = await Promise.all(
      Array.from({ length: 1 + GATEWAY_LIMITS.maxExcessConnections }, () => tcp(server, "GET ")),
    );
    expect(await readAll(await tcp(server, UPGRADE))).toBe("");
    for (const socket of kept) socket.destroy();
  });

  test.skipIf(!hasOpenssl)(
    "connections of one address are limited within TLS, too (skipped without openssl)",
    async () => {
      const tls = makeCertificate();
      await using server = await openServer({}, { tls, maxConnectionsPerAddress: 1 });
      using peer = await WebPeer.connect(server.url, "json", { ca: tls.cert });

      expect(await rejectedStatus(server.url, {}, tls.cert)).toMatchObject({ status: 429 });
      expect(peer.socket.readyState).toBe(peer.socket.OPEN);
    },
  );

  test("one connection too many in total gets 503", async () => {
    await using server = await openServer({}, { maxTotalConnections: 1 });
    using peer = await WebPeer.connect(server.url);
    expect(await rejectedStatus(server.url)).toEqual({ status: 503, retryAfter: "10" });
    expect(peer.socket.readyState).toBe(peer.socket.OPEN);
  });

  test.each([{ maxConnectionsPerAddress: 0 }, { maxTotalConnections: Number.NaN }])(
    "a connection limit below 1 is rejected: %j",
    async (options) => {
      const gateway = createGateway({ feeds: { iex: new ManualFeed() } });
      await expect(listen(gateway, options)).rejects.toThrow("must be a number above 0");
    },
  );

  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::9", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["", ""],
  ])("the connection limit counts the address %j as %j", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

test("one unauthenticated client too many gets 503, until another leaves or authenticates", () => {
  const gateway = createGateway({ feeds: { iex: new ManualFeed() } });
  void gateway.start();
  const upgrade = { url: "/v2/iex", headers: {} };
  const peers = Array.from({ length: GATEWAY_LIMITS.maxUnauthenticated }, () => new MemoryPeer(gateway));
  expect(gateway.rejection(upgrade)).toEqual({ status: 503, retryAfterS: 10 });
  peers[0]?.leave();
  expect(gateway.rejection(upgrade)).toBeUndefined();
  new MemoryPeer(gateway);
  expect(gateway.rejection(upgrade)).toMatchObject({ status: 503 });
  peers[1]?.authenticate();
  expect(gateway.rejection(upgrade)).toBeUndefined();
  peers[1]?.leave(); // it was counted off already
  new MemoryPeer(gateway);
  expect(gateway.rejection(upgrade)).toMatchObject({ status: 503 });
  gateway.close();
});
