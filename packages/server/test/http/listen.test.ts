import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { get } from "node:http";
import { connect as connectTcp } from "node:net";
import { deflateRawSync } from "node:zlib";
import { VirtualClock } from "@tickerplant/client/testing";
import { Codec, WIRE_LIMITS } from "@tickerplant/client/wire";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import { createGateway } from "../../src/create-gateway.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { GATEWAY_LIMITS } from "../../src/gateway/limits.ts";
import { listen } from "../../src/http/listen.ts";
import { hasOpenssl, makeCertificate } from "../gateway/support/certificate.ts";
import { ManualFeed } from "../gateway/support/manual-feed.ts";
import { frame, readAll, rejectedStatus, tcp, UPGRADE } from "../gateway/support/raw.ts";
import { openServer, type Server } from "../gateway/support/server.ts";
import { WebPeer } from "../gateway/support/web-peer.ts";

/** Fails unless the gateway serves a new client from welcome to record. */
async function expectServing(server: Server): Promise<void> {
  using peer = await WebPeer.subscribe(server.url, { trades: ["ALIVE"] });
  server.feed.publish(trade("ALIVE", 7));
  expect(await peer.next()).toMatchObject({ T: "t", S: "ALIVE", i: 7 });
}

async function httpStatus(url: string): Promise<{ status: number | undefined; text: string; upgrade: unknown }> {
  const [response] = await once(get(url), "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text, upgrade: response.headers.upgrade };
}

describe("listen", () => {
  test("a listener with dashboard: false has no page", async () => {
    await using listener = await listen(createGateway({ feeds: { iex: new ManualFeed() } }), { dashboard: false });
    const { status, text } = await httpStatus(`http://127.0.0.1:${listener.port}/`);
    expect(status).toBe(404);
    expect(text).not.toContain("/assets/");
  });

  test("a listener answers an upgrade or a GET of an unknown path with 404, and lists the paths", async () => {
    await using server = await openServer();
    expect(await rejectedStatus(`${server.listener.url}/v2/sip`)).toEqual({ status: 404, retryAfter: undefined });
    const answer = await httpStatus(`http://127.0.0.1:${server.listener.port}/nowhere`);
    expect(answer).toMatchObject({ status: 404, upgrade: undefined });
    expect(answer.text).toContain("/v2/iex");
    await expectServing(server);
  });

  test("a listener answers a plain GET of a feed with 426", async () => {
    await using server = await openServer();
    const answer = await httpStatus(`http://127.0.0.1:${server.listener.port}/v2/iex`);
    expect(answer).toMatchObject({ status: 426, upgrade: "websocket" });
  });

  test("a listener starts the feeds when its port is open, unless start is false", async () => {
    const feeds = [new ManualFeed(), new ManualFeed()];
    for (const [index, iex] of feeds.entries()) {
      const gateway = createGateway({ feeds: { iex } });
      await using _listener = await listen(gateway, index === 0 ? {} : { start: false });
      expect(iex.runs).toBe(index === 0 ? 1 : 0);
      void gateway.start();
      void gateway.start();
      expect(iex.runs).toBe(1);
    }
  });

  test("a listener starts no feed if its port is in use", async () => {
    await using server = await openServer();
    const iex = new ManualFeed();
    await expect(listen(createGateway({ feeds: { iex } }), { port: server.listener.port })).rejects.toThrow();
    expect(iex.runs).toBe(0);
  });

  test("a listener reports a failed feed as an event, or as a warning without onEvent, and causes no unhandled rejection", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const failure = new Error("the file is gone");
    const events: GatewayEvent[] = [];
    for (const onEvent of [undefined, (event: GatewayEvent) => void events.push(event)]) {
      const server = await openServer(onEvent && { onEvent });
      server.feed.fail(failure);
      await expect(server.gateway.start()).rejects.toBe(failure);
      await server.listener.close();
    }
    expect(warn.mock.calls).toEqual([[failure]]);
    expect(events).toEqual([{ type: "feedEnded", feeds: ["iex"], error: failure }]);
  });

  test("a listener closes with its gateway at the end of an await using block", async () => {
    const gateway = createGateway({ feeds: { iex: new ManualFeed() } });
    let port = 0;
    {
      await using listener = await listen(gateway);
      ({ port } = listener);
      expect(gateway.endpoints).toMatchObject([{ state: "running" }]);
    }
    expect(gateway.rejection({ url: "/v2/iex", headers: {} })).toEqual({ status: 503 });
    await expect(once(connectTcp(port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
    const other = createGateway({ feeds: { iex: new ManualFeed() } });
    {
      await using _closed = other;
    }
    expect(other.rejection({ url: "/v2/iex", headers: {} })).toEqual({ status: 503 });
  });

  test("a listener rejects upgrades by the fault httpStatus, with Retry-After", async () => {
    await using server = await openServer({ faults: { httpStatus: 429, retryAfterS: 3 } });
    expect(await rejectedStatus(server.url)).toEqual({ status: 429, retryAfter: "3" });
    delete server.gateway.faults.httpStatus;
    await expectServing(server);
  });

  test("listen rejects if the port is in use", async () => {
    await using server = await openServer();
    const gateway = createGateway({ feeds: { iex: new ManualFeed() } });
    await expect(listen(gateway, { port: server.listener.port })).rejects.toThrow("EADDRINUSE");
  });

  test("a listener uses both codecs in frames of their kind, and accepts JSON in binary frames", async () => {
    await using server = await openServer();
    for (const codec of [Codec.JSON, Codec.MSGPACK]) {
      using peer = await WebPeer.subscribe(server.url, { trades: ["A"] }, codec);
      const message = once(peer.socket, "message");
      server.feed.publish(trade("A", 1));
      const [, isBinary] = await message;
      expect(isBinary).toBe(codec === Codec.MSGPACK);
    }
    using peer = await WebPeer.connect(server.url);
    peer.socket.send(Buffer.from(JSON.stringify({ action: "auth", key: "k", secret: "s" })), { binary: true });
    expect(await peer.next()).toEqual({ T: "success", msg: "authenticated" });
  });

  test("a listener accepts a request in fragments", async () => {
    await using server = await openServer();
    using peer = await WebPeer.connect(server.url);
    const auth = JSON.stringify({ action: "auth", key: "k", secret: "s" });
    for (const [index, character] of [...auth].entries()) {
      peer.socket.send(character, { fin: index === auth.length - 1 });
    }
    expect(await peer.next()).toEqual({ T: "success", msg: "authenticated" });
  });

  test("a listener closes its port and every socket, even while it is sending, and can be closed twice", async () => {
    const server = await openServer();
    using reader = await WebPeer.subscribe(server.url, { trades: ["*"] });
    using silent = await WebPeer.connect(server.url);
    server.feed.publish(...Array.from({ length: 5000 }, (_, id) => trade("A", id)));
    await Promise.all([server.listener.close(), server.listener.close()]);
    expect(await reader.nextOf(5000)).toHaveLength(5000);
    for (const peer of [reader, silent]) {
      expect(await peer.closed).toEqual({ code: 1000, reason: "the gateway closes" });
    }
    await expect(once(connectTcp(server.listener.port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
  });

  test("a listener reports the end of every connection before its close resolves", async () => {
    const events: GatewayEvent[] = [];
    const server = await openServer({ onEvent: (event) => events.push(event) });
    const mute = await tcp(server, UPGRADE);
    await once(mute, "data");
    await server.listener.close(1);
    expect(events.at(-1)).toMatchObject({ type: "left", reason: expect.stringContaining("within 0.001 s") });
  });

  test("a listener cuts clients that do not answer its close within five seconds", async () => {
    const clock = new VirtualClock();
    const server = await openServer({}, { clock });
    const mute = await tcp(server, UPGRADE);
    await once(mute, "data");
    const closed = server.listener.close();
    const cut = once(mute, "close");
    await clock.advance(GATEWAY_LIMITS.closeTimeoutMs);
    await closed;
    mute.resume();
    await cut;
    await clock.settle();
    expect(clock.pendingTimers).toBe(0);
  });

  test("a listener pings, and cuts off a client that sends nothing until the next ping", async () => {
    const clock = new VirtualClock();
    await using server = await openServer({}, { clock });
    using alive = await WebPeer.subscribe(server.url, { trades: ["A"] });
    using dead = await WebPeer.connect(server.url, Codec.JSON, { autoPong: false });
    using slow = await WebPeer.connect(server.url, Codec.JSON, { autoPong: false });
    const pinged = [alive, dead, slow].map((peer) => once(peer.socket, "ping"));
    await clock.advance(GATEWAY_LIMITS.pingIntervalMs);
    await Promise.all(pinged);
    slow.socket.ping(); // it has not come to our ping yet, but sends its own
    await once(slow.socket, "pong");
    alive.say({ action: "subscribe", trades: ["B"] });
    await alive.next();
    await clock.advance(GATEWAY_LIMITS.pingIntervalMs);
    expect(await dead.closed).toMatchObject({ code: 1006 });
    server.feed.publish(trade("A", 1));
    expect(await alive.next()).toMatchObject({ T: "t" });
    expect(slow.socket.readyState).toBe(slow.socket.OPEN);
  });

  test("a listener answers no ping with the fault isHalfOpen", async () => {
    await using server = await openServer();
    using peer = await WebPeer.connect(server.url);
    let heard = 0;
    for (const event of ["pong", "message"]) peer.socket.on(event, () => heard++);
    server.gateway.faults.isHalfOpen = true;
    peer.socket.ping();
    peer.say({ action: "auth", key: "k", secret: "s" });
    // No UTF-8: ws itself closes, and by then what came before was handled.
    peer.socket.send(Buffer.from([0xff]), { binary: false });
    expect((await peer.closed).code).toBe(1007);
    expect(heard).toBe(0);
  });

  test("a listener cuts a connection in the middle of a frame by the fault cutAfterRecords", async () => {
    await using server = await openServer({ faults: { cutAfterRecords: 3 } });
    using peer = await WebPeer.subscribe(server.url, { trades: ["*"] }, Codec.MSGPACK);
    server.feed.publish(...Array.from({ length: 10 }, (_, id) => trade("A", id)));
    expect(await peer.closed).toMatchObject({ code: 1006 });
    expect(await peer.nextOf(3)).toHaveLength(3);
  });
});

describe("malformed and hostile input", () => {
  test("a frame that claims 64 MiB is rejected at its header with 1009", async () => {
    await using server = await openServer();
    const socket = await tcp(server, UPGRADE);
    await once(socket, "data");
    const answer = readAll(socket);
    socket.write(frame(0x82, Buffer.alloc(0), 64 * 1024 * 1024));
    expect(await answer).toContain("\u0003\u00f1"); // close code 1009
    await expectServing(server);
  });

  test("a message of 64 MiB, whole or in fragments, ends with 1009", async () => {
    await using server = await openServer();
    const huge = Buffer.alloc(64 * 1024 * 1024, 0x20);
    using whole = await WebPeer.connect(server.url);
    whole.socket.send(huge);
    using fragments = await WebPeer.connect(server.url);
    for (let index = 0; index < 128; index++) {
      fragments.socket.send(huge.subarray(0, 32_768), { binary: true, fin: false });
    }
    for (const peer of [whole, fragments]) expect([1009, 1006]).toContain((await peer.closed).code);
    await expectServing(server);
  });

  test("the longest allowed request is answered, and one byte more ends with 1009", async () => {
    await using server = await openServer();
    using peer = await WebPeer.subscribe(server.url, { trades: ["A"] });
    const request = JSON.stringify({ action: "subscribe", trades: ["B"] });
    peer.socket.send(request.padEnd(WIRE_LIMITS.maxClientFrameBytes));
    expect(await peer.next()).toMatchObject({ T: "subscription", trades: ["A", "B"] });
    peer.socket.send(request.padEnd(WIRE_LIMITS.maxClientFrameBytes + 1));
    expect((await peer.closed).code).toBe(1009);
  });

  test("random bytes get 400 in frames, a close in place of frames, and HTTP 400 in place of a request", async () => {
    await using server = await openServer();
    using peer = await WebPeer.connect(server.url);
    for (let count = 0; count < 20; count++) peer.socket.send(randomBytes(1 + count * 50));
    // A random first byte may be an empty array or map: those are answered otherwise, and rarely.
    const numbers = (await peer.nextOf(15)).map(({ code }) => code);
    expect(numbers).toContain(400);

    const broken = await tcp(server, UPGRADE);
    await once(broken, "data");
    const answer = readAll(broken);
    broken.write(Buffer.alloc(64, 0xff));
    expect(await answer).toContain("\u0003\u00ea"); // close code 1002

    const garbage = await tcp(
      server,
      randomBytes(256).map((byte) => byte | 0x80),
    );
    expect(await readAll(garbage)).toContain("400 Bad Request");
    await expectServing(server);
  });

  test("a text frame that is not UTF-8 ends with 1007", async () => {
    await using server = await openServer();
    using peer = await WebPeer.connect(server.url);
    peer.socket.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false });
    expect((await peer.closed).code).toBe(1007);
    await expectServing(server);
  });

  test("half a frame, half an upgrade or half a close before the end of TCP does not stop the gateway", async () => {
    await using server = await openServer();
    for (const [bytes, isUpgraded] of [
      [frame(0x81, Buffer.from('{"action":'), 100), true],
      [frame(0x01, Buffer.from('{"action":')), true],
      [Buffer.from([0x88]), true],
      [Buffer.from([0x81]), true],
      [UPGRADE.slice(0, 60), false],
      ["", false],
    ] as const) {
      const socket = await tcp(server, isUpgraded ? UPGRADE : bytes);
      if (isUpgraded) {
        await once(socket, "data");
        socket.write(bytes);
      }
      socket.destroy();
      await once(socket, "close");
    }
    await expectServing(server);
  });

  test("half a request that never ends delays neither other clients nor the close", async () => {
    const server = await openServer();
    const requests = await Promise.all(["GET /v2/iex HT", UPGRADE.slice(0, -2), ""].map((text) => tcp(server, text)));
    await expectServing(server);
    const closed = Promise.all(requests.map((socket) => once(socket.resume(), "close")));
    await server.listener.close();
    await closed;
  });

  test("an upgrade to another protocol than WebSocket is answered with 426", async () => {
    await using server = await openServer();
    const answer = await readAll(await tcp(server, UPGRADE.replace("Upgrade: websocket", "Upgrade: h2c")));
    expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\nConnection: Upgrade, close\r\n/);
    expect(answer).toContain("Upgrade: websocket\r\n");
    await expectServing(server);
  });

  test("an upgrade of the wrong version, or with another mistake, is rejected", async () => {
    await using server = await openServer();
    for (const wrong of [
      UPGRADE.replace("Version: 13", "Version: 12"),
      UPGRADE.replace("dGhlIHNhbXBsZSBub25jZQ==", "x"),
      UPGRADE.replace("GET", "POST"),
    ]) {
      expect(await readAll(await tcp(server, wrong))).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    await expectServing(server);
  });

  test("a small frame that inflates to 64 MiB ends with 1009", async () => {
    await using server = await openServer();
    const upgrade = UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    const socket = await tcp(server, upgrade);
    const [head] = await once(socket, "data");
    expect(head.toString("latin1")).toContain("permessage-deflate");
    const answer = readAll(socket);
    socket.write(frame(0xc2, deflateRawSync(Buffer.alloc(64 * 1024 * 1024))));
    expect(await answer).toContain("\u0003\u00f1");
    await expectServing(server);
  });

  test("a client that pings without end and never reads is disconnected, and no other is", async () => {
    await using server = await openServer();
    const socket = await tcp(server, UPGRADE);
    await once(socket, "data");
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(0x89, Buffer.alloc(125))));
    for (let count = 0; count < 20; count++) socket.write(pings);
    await expectServing(server);
    socket.destroy();
  });

  test("a client that never reads gets 407 or a cut, and delays no other client", async () => {
    let isCutOff = false;
    await using server = await openServer({
      maxBufferedBytes: 200_000,
      onEvent: ({ type }) => {
        isCutOff ||= type === "slow";
      },
    });
    using fast = await WebPeer.subscribe(server.url, { trades: ["*"] });
    using stuck = await WebPeer.subscribe(server.url, { trades: ["*"] });
    stuck.socket.pause();
    for (let from = 0; !isCutOff; from += 1000) {
      expect(from).toBeLessThan(1_000_000); // the kernel's own buffers take a few ten thousand records first
      server.feed.publish(...Array.from({ length: 1000 }, (_, index) => trade("A", from + index)));
      expect((await fast.nextOf(1000)).map(({ i }) => i).at(-1)).toBe(from + 999);
    }
    await expectServing(server);
    stuck.socket.resume();
    const { code, reason } = await stuck.closed;
    expect([code, reason]).toEqual([1008, "slow client"]);
  });
});

test.skipIf(!hasOpenssl)("a listener uses TLS with a certificate (skipped without openssl to make one)", async () => {
  const tls = makeCertificate();
  const server = await openServer({}, { tls });
  expect(server.url).toMatch(/^wss:/);
  for (const perMessageDeflate of [false, true]) {
    const options = { ca: tls.cert, perMessageDeflate };
    using peer = await WebPeer.subscribe(server.url, { trades: ["A"] }, Codec.MSGPACK, options);
    server.feed.publish(...Array.from({ length: 500 }, (_, id) => trade("A", id)));
    expect((await peer.nextOf(500)).map(({ i }) => i)).toEqual(Array.from({ length: 500 }, (_, id) => id));
  }
  const plain = await tcp(server, UPGRADE);
  await once(plain.resume(), "close");
  await server.listener.close();
});
