import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import tls from "node:tls";
import { VirtualClock } from "@tickerplant/client/testing";
import { describe, expect, test } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { hasOpenssl, makeCertificate } from "./support/certificate.ts";
import { closing, frame, readAll, tcp, UPGRADE, upgradeWith } from "./support/raw.ts";
import { openServer, type Server } from "./support/server.ts";
import { WebPeer } from "./support/web-peer.ts";

const AUTH = JSON.stringify({ action: "auth", key: "k", secret: "s" });

/** Fails unless the gateway serves a new client from welcome to record. */
async function expectServing(server: Server): Promise<void> {
  using peer = await WebPeer.subscribe(server.url, { trades: ["ALIVE"] });
  server.feed.publish(trade("ALIVE", 7));
  expect(await peer.next()).toMatchObject({ T: "t", S: "ALIVE", i: 7 });
}

describe("unauthenticated clients", () => {
  test("a client has five seconds for its request, even if it sends single bytes", { timeout: 30_000 }, async () => {
    await using server = await openServer();
    const silent = await tcp(server, "");
    const half = await tcp(server, UPGRADE.slice(0, -2));
    const dripping = await tcp(server, UPGRADE.slice(0, -2));
    const drip = setInterval(() => dripping.write("X-Drip: 1\r\n"), 100);
    const startMs = performance.now();
    await Promise.all([silent, half, dripping].map(closing));
    clearInterval(drip);
    expect(performance.now() - startMs).toBeGreaterThan(GATEWAY_LIMITS.requestTimeoutMs * 0.9);
    await expectServing(server);
  });

  test("an unauthenticated client may send a message of 4 KiB, and not a byte more", async () => {
    await using server = await openServer();
    const { maxUnauthenticatedFrameBytes } = GATEWAY_LIMITS;
    using right = await WebPeer.connect(server.url);
    right.socket.send(AUTH.padEnd(maxUnauthenticatedFrameBytes));
    expect(await right.next()).toEqual({ T: "success", msg: "authenticated" });
    right.socket.send(JSON.stringify({ action: "subscribe", trades: ["A"] }).padEnd(100_000));
    expect(await right.next()).toMatchObject({ T: "subscription" });
    using wrong = await WebPeer.connect(server.url);
    wrong.socket.send(AUTH.padEnd(maxUnauthenticatedFrameBytes + 1));
    expect(await wrong.closed).toEqual({ code: 1009, reason: "a message before authentication is too long" });
  });

  test("an unauthenticated client is cut off while it still sends a message of a megabyte, whole or in pieces", async () => {
    await using server = await openServer({ clock: new VirtualClock() }); // the deadline to authenticate never comes
    const { maxUnauthenticatedBytes } = GATEWAY_LIMITS;
    const part = Buffer.alloc(1000, 0x20);
    for (const bytes of [
      frame(0x81, Buffer.alloc(maxUnauthenticatedBytes + 1, 0x20), 1_000_000),
      Buffer.concat(Array.from({ length: 200 }, (_, index) => frame(index === 0 ? 0x01 : 0x00, part))),
      Buffer.concat(Array.from({ length: 2000 }, () => frame(0x89, Buffer.alloc(100)))), // pings
    ]) {
      const socket = await tcp(server, UPGRADE);
      await once(socket, "data");
      const closed = closing(socket);
      socket.write(bytes);
      await closed;
    }
    await expectServing(server);
  });

  test("a client may send large messages in the same write as its credentials", async () => {
    await using server = await openServer();
    using peer = await WebPeer.connect(server.url);
    peer.socket.send(AUTH);
    peer.socket.send(JSON.stringify({ action: "subscribe", trades: ["A"] }).padEnd(1_000_000));
    expect(await peer.next()).toMatchObject({ msg: "authenticated" });
    expect(await peer.next()).toMatchObject({ T: "subscription" });
  });
});

describe("requests that proxies may interpret differently", () => {
  test.each([
    ["HTTP/1.0", UPGRADE.replace("HTTP/1.1", "HTTP/1.0"), 400],
    ["no host", UPGRADE.replace("Host: localhost\r\n", ""), 400],
    ["two hosts", upgradeWith("Host: other"), 400],
    ["two origins", upgradeWith("Origin: http://localhost", "Origin: http://localhost"), 400],
    ["two keys", upgradeWith("APCA-API-KEY-ID: a", "apca-api-key-id: b"), 400],
    ["two authorizations", upgradeWith("Authorization: Bearer a", "Authorization: Bearer b"), 400],
    ["a body by its length", upgradeWith("Content-Length: 5"), 400],
    ["a body in pieces", upgradeWith("Transfer-Encoding: chunked"), 400],
    ["a body by both", upgradeWith("Transfer-Encoding: chunked", "Content-Length: 5"), 400],
    ["a header folded over two lines", upgradeWith("X-A: 1", " Origin: x"), 400],
    ["a header's name with a blank", upgradeWith("Origin : x"), 400],
    ["another method", UPGRADE.replace("GET", "POST"), 405],
    ["a method that does not exist", UPGRADE.replace("GET", "GOT"), 400],
    ["an address of 20 KB", UPGRADE.replace("/v2/iex", `/v2/iex?${"x".repeat(20_000)}`), 431],
    ["a header of 20 KB", upgradeWith(`X-Long: ${"x".repeat(20_000)}`), 431],
    ["three thousand headers", upgradeWith(...Array.from({ length: 3000 }, (_, n) => `X-${n}: 1`)), 431],
    ["a path of every object", UPGRADE.replace("/v2/iex", "/__proto__"), 404],
    ["a path of every object, without a slash", UPGRADE.replace("/v2/iex", "constructor"), 400],
    ["a path that goes up", UPGRADE.replace("/v2/iex", "/v2/../v2/iex"), 404],
    ["a path with a null in it", UPGRADE.replace("/v2/iex", "/v2/iex%00"), 404],
  ])("a request that proxies may interpret differently is rejected: %s", async (_what, text, status) => {
    await using server = await openServer();
    expect(await readAll(await tcp(server, text))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    await expectServing(server);
  });
});

test("names such as __proto__ and toString are ordinary symbols, keys and queries", async () => {
  await using server = await openServer();
  const url = `${server.url}?__proto__=conflate&constructor=1&slow=__proto__`;
  using peer = await WebPeer.connect(url);
  peer.socket.send('{"action":"auth","key":"__proto__","secret":"constructor"}');
  expect(await peer.next()).toMatchObject({ msg: "authenticated" });
  peer.socket.send('{"action":"subscribe","trades":["constructor","__proto__"],"__proto__":["A"],"constructor":["B"]}');
  const answer = await peer.next();
  expect(answer).toMatchObject({ T: "subscription", trades: ["constructor", "__proto__"], quotes: [] });
  server.feed.publish(trade("toString", 1), trade("constructor", 2), trade("__proto__", 3));
  expect((await peer.nextOf(2)).map(({ i }) => i)).toEqual([2, 3]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

describe("authenticated clients", () => {
  test("a client that sends requests without end and reads no answer is cut off, and delays no other client", async () => {
    const events: GatewayEvent[] = [];
    await using server = await openServer({ maxBufferedBytes: 1_000_000, onEvent: (event) => events.push(event) });
    using reader = await WebPeer.subscribe(server.url, { trades: ["*"] });
    using flooder = await WebPeer.subscribe(server.url, { trades: ["A"] });
    flooder.socket.pause();
    const symbols = Array.from({ length: 500 }, (_, index) => `S${index}`);
    for (let round = 0; !events.some(({ type }) => type === "slow"); round++) {
      expect(round).toBeLessThan(500); // the kernel's own buffers take some of the answers first
      for (let count = 0; count < 50; count++) {
        flooder.say({ action: "subscribe", trades: symbols, quotes: symbols });
        flooder.say({ action: "unsubscribe", quotes: symbols });
      }
      server.feed.publish(trade("A", round));
      expect(await reader.next()).toMatchObject({ T: "t", i: round });
    }
    await expectServing(server);
  });

  test("a client that sends requests without end and reads every answer delays no other client", async () => {
    await using server = await openServer();
    using reader = await WebPeer.subscribe(server.url, { trades: ["*"] });
    using flooder = await WebPeer.subscribe(server.url, { trades: ["A"] });
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 500; count++)
        flooder.say({ action: count % 2 === 0 ? "subscribe" : "unsubscribe", quotes: ["A"] });
      server.feed.publish(trade("B", round));
      expect(await reader.next()).toMatchObject({ T: "t", i: round });
    }
    expect((await flooder.nextOf(10_000)).every(({ T }) => T === "subscription")).toBe(true);
  });
});

test("events contain nothing that a client sent except its key, if that is printable", async () => {
  const events: GatewayEvent[] = [];
  await using server = await openServer({ onEvent: (event) => events.push(event) });
  const evil = "EVIL\u001b[2J\r\n\u202e\u2028";
  using peer = await WebPeer.connect(`${server.url}?slow=EVIL%1b%0a`, "json", { headers: { "X-Evil": "EVIL" } });
  peer.say({ action: "auth", key: evil, secret: evil });
  peer.say({ action: "auth", key: `EVIL${"x".repeat(1000)}`, secret: evil });
  peer.say({ action: evil });
  expect((await peer.nextOf(3)).map(({ code }) => code)).toEqual([402, 402, 400]);
  peer.say({ action: "auth", key: "k", secret: evil });
  peer.say({ action: "subscribe", trades: [evil], [evil]: [evil] });
  peer.say({ action: "subscribe", trades: ["EVIL"] });
  await peer.nextOf(3);
  const badOrigin = await tcp(server, upgradeWith("Origin: http://\u00e9vil\u009b2J"));
  expect(await readAll(badOrigin)).toMatch(/^HTTP\/1.1 403/);
  peer.socket.close(1000, evil.slice(0, 20));
  await peer.closed;
  await server.listener.close();
  expect(events.map(({ type }) => type)).toContain("left");
  expect(JSON.stringify(events)).toMatch(/^[ -~]*$/);
  expect(JSON.stringify(events)).not.toContain("EVIL");
});

describe.skipIf(!hasOpenssl)("TLS (skipped without openssl to make a certificate)", () => {
  test("the gateway requires TLS 1.2 at least, even if the process allows less", async () => {
    const certificate = makeCertificate();
    const { DEFAULT_MIN_VERSION } = tls;
    tls.DEFAULT_MIN_VERSION = "TLSv1"; // as by node --tls-min-v1.0
    try {
      await using server = await openServer({}, { tls: certificate });
      const { port } = server.listener;
      const weak = { ciphers: "DEFAULT@SECLEVEL=0", rejectUnauthorized: false };
      const old = tls.connect({ port, ...weak, minVersion: "TLSv1", maxVersion: "TLSv1.1" });
      await expect(once(old, "secureConnect")).rejects.toThrow(/protocol version/i);
      const right = tls.connect({ port, ca: certificate.cert, maxVersion: "TLSv1.2" });
      await once(right, "secureConnect");
      right.destroy();
    } finally {
      tls.DEFAULT_MIN_VERSION = DEFAULT_MIN_VERSION;
    }
  });

  test("a client has five seconds for its TLS handshake, and a plain request is closed", {
    timeout: 30_000,
  }, async () => {
    const certificate = makeCertificate();
    await using server = await openServer({}, { tls: certificate });
    const silent = connectTcp(server.listener.port, "127.0.0.1");
    silent.on("error", () => {}); // it may be a reset
    const closed = closing(silent);
    expect(await readAll(await tcp(server, UPGRADE))).not.toContain("101");
    await closed;
    using peer = await WebPeer.connect(server.url, "json", { ca: certificate.cert });
    expect(peer.socket.readyState).toBe(peer.socket.OPEN);
  });

  test("the private key of another certificate is rejected", async () => {
    const mixed = { cert: makeCertificate().cert, key: makeCertificate().key };
    await expect(openServer({}, { tls: mixed })).rejects.toThrow(/mismatch/);
  });
});
