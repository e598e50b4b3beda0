import { Agent, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type LookupFunction, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Random } from "../../../../../verify/shared/random.ts";
import { hasOpenssl, makeCertificate } from "../../../../server/test/gateway/support/certificate.ts";
import * as LIMITS from "../../../src/limits.ts";
import { connector } from "../../../src/platform/transport/node/node.ts";
import type { Transport } from "../../../src/platform/transport/transport.ts";
import { acceptOf, closeFrame, Opcode, RawServer, websocketFrame } from "../../support/raw-server.ts";

const certificate = hasOpenssl ? makeCertificate() : undefined;
/** In the clear, and over TLS unless openssl is missing. */
const schemes = ["ws", ...(certificate ? ["wss"] : [])];

interface TestServer {
  readonly url: string;
  /** The server's end of the next connection. */
  readonly connected: Promise<WebSocket>;
}

async function serve(scheme: string, perMessageDeflate: object | false = false): Promise<TestServer> {
  const http = scheme === "wss" && certificate ? createTlsServer(certificate) : createServer();
  const websockets = new WebSocketServer({ server: http, perMessageDeflate });
  const connected = new Promise<WebSocket>((resolve) => websockets.on("connection", resolve));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const client of websockets.clients) client.terminate();
    http.close();
  });
  return { url: `${scheme}://localhost:${(http.address() as AddressInfo).port}`, connected }; // it listens at a port
}

interface Received {
  /** The number that a frame begins with. */
  readonly number: number;
  readonly length: number;
  /** Whether the frame is a view of a buffer of the size of a frame reader's, with bytes behind the frame. */
  readonly isInPlace: boolean;
}

interface TestClient {
  readonly transport: Transport;
  readonly received: Received[];
  /** Resolves with the close code and the reason. */
  readonly closed: Promise<string>;
  /** Called for each frame. */
  onFrame: (frame: Received) => void;
}

function connectTo(url: string, websocketParams: object = {}): TestClient {
  const received: Received[] = [];
  let close: (how: string) => void;
  const closed = new Promise<string>((resolve) => {
    close = resolve;
  });
  const request = { url, headers: {}, websocketParams: { ca: certificate?.cert, ...websocketParams } };
  const transport = connector.connect(request, {
    opened: () => {},
    frame: (bytes) => {
      const { buffer, byteOffset, byteLength } = bytes;
      const bytesBehind = buffer.byteLength - byteOffset - byteLength;
      const isReaders = buffer.byteLength === LIMITS.readBufferBytes + LIMITS.bytesBehindFrame;
      const number = Buffer.from(bytes).readUInt32BE();
      const frame = { number, length: byteLength, isInPlace: isReaders && bytesBehind >= LIMITS.bytesBehindFrame };
      received.push(frame);
      client.onFrame(frame);
    },
    pong: () => {},
    closed: (code, reason) => close(`${code} ${reason}`),
  });
  const client: TestClient = { transport, received, closed, onFrame: () => {} };
  onTestFinished(() => transport.close(1000, ""));
  return client;
}

/** A payload of a number and zeros. */
function numbered(number: number, length = 4): Buffer {
  const payload = Buffer.alloc(length);
  payload.writeUInt32BE(number);
  return payload;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const numbersOf = ({ received }: TestClient): number[] => received.map(({ number }) => number);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await turn();
};

/** Sends one frame and waits for it: what comes next is in a read of its own. */
async function exchange(client: TestClient, socket: WebSocket, payload: Buffer): Promise<Received | undefined> {
  const before = client.received.length;
  socket.send(payload);
  await expect.poll(() => client.received.length, { interval: 1 }).toBe(before + 1);
  await turn();
  return client.received.at(-1);
}

function sendInFragments(socket: WebSocket): void {
  socket.send(numbered(1), { fin: false });
  socket.send("");
}

describe.each(schemes)("over %s:", (scheme) => {
  test("frames are read in place, with readable bytes behind each", async () => {
    const { url, connected } = await serve(scheme);
    const client = connectTo(url);
    const socket = await connected;
    await exchange(client, socket, numbered(0));
    for (const length of [4, 125, 126, 20_000, 65_535, LIMITS.maxPlainFrameBytes]) {
      expect(await exchange(client, socket, numbered(1, length))).toEqual({ number: 1, length, isInPlace: true });
    }
  });

  test.each([
    ["a ping", (socket: WebSocket) => socket.ping("x"), 0],
    ["a message in fragments", sendInFragments, 1],
    ["a frame too large for it", (socket: WebSocket) => socket.send(numbered(1, 300_000)), 1],
  ])("frames are read in place again after %s", async (_, interrupt, count) => {
    const { url, connected } = await serve(scheme);
    const client = connectTo(url);
    const socket = await connected;
    await exchange(client, socket, numbered(0));
    interrupt(socket);
    await expect.poll(() => client.received.length).toBe(1 + count);
    await exchange(client, socket, numbered(2));
    expect(await exchange(client, socket, numbered(3))).toMatchObject({ number: 3, isInPlace: true });
  });

  test("frames of every kind and size keep their order through pauses", async () => {
    const { url, connected } = await serve(scheme);
    const client = connectTo(url);
    const random = new Random(7);
    let isPaused = false;
    let isInCall = false;
    client.onFrame = () => {
      expect([isPaused, isInCall]).toEqual([false, false]);
      if (!random.chance(0.05)) return;
      isPaused = true;
      client.transport.pause();
      const resume = (): void => {
        isPaused = false;
        isInCall = true;
        client.transport.resume();
        isInCall = false;
      };
      // Within the frame's event, before the next read, or some reads later.
      const when = random.below(3);
      if (when === 0) resume();
      else if (when === 1) queueMicrotask(resume);
      else void turns(random.between(1, 20)).then(resume);
    };
    const socket = await connected;
    const count = 4000;
    for (let number = 0; number < count; number++) {
      const payload = numbered(number, random.chance(0.02) ? random.between(4, 200_000) : random.between(4, 2000));
      const cut = random.between(0, payload.length);
      if (random.chance(0.05)) socket.ping();
      if (random.chance(0.1)) {
        socket.send(payload.subarray(0, cut), { fin: false });
        if (random.chance(0.3)) socket.pong();
        socket.send(payload.subarray(cut));
      } else socket.send(payload);
      if (random.chance(0.02)) await turn();
    }
    socket.close(1000, "end");
    expect(await client.closed).toBe("1000 end");
    expect(numbersOf(client)).toEqual(upTo(count));
    expect(client.received.some(({ isInPlace }) => isInPlace)).toBe(true);
    expect(client.received.some(({ isInPlace }) => !isInPlace)).toBe(true);
  });

  test.each(["a close frame", "an end of TCP"])(
    "frames received before %s are delivered after a pause",
    async (ending) => {
      const { url, connected } = await serve(scheme);
      const client = connectTo(url);
      const socket = await connected;
      await exchange(client, socket, numbered(0));
      client.onFrame = ({ number }) => {
        if (number === 5) client.transport.pause();
      };
      for (let number = 1; number < 50; number++) socket.send(numbered(number, 400));
      if (ending === "a close frame") socket.close(1001, "away");
      else await new Promise<void>((resolve) => socket.send(numbered(50), () => resolve())).then(() => end(socket));
      await expect.poll(() => client.received.length).toBe(6);
      await turns(50);
      expect(numbersOf(client)).toEqual(upTo(6));
      client.transport.resume();
      expect(numbersOf(client)).toEqual(upTo(6));
      expect(await client.closed).toBe(ending === "a close frame" ? "1001 away" : "1006 ");
      expect(numbersOf(client)).toEqual(upTo(ending === "a close frame" ? 50 : 51));
    },
  );

  test("a paused client makes the server wait", async () => {
    const { url, connected } = await serve(scheme);
    const client = connectTo(url);
    const socket = await connected;
    await exchange(client, socket, numbered(0));
    client.onFrame = ({ number }) => {
      if (number === 1) client.transport.pause();
    };
    for (const number of [1, 2, 3]) socket.send(numbered(number)); // paused with unread frames in the buffer
    await expect.poll(() => client.received.length).toBe(2);
    const count = 1000;
    for (let number = 4; number < count; number++) socket.send(numbered(number, 60_000));
    await turns(300);
    expect(socket.bufferedAmount).toBeGreaterThan(20_000_000);
    expect(client.received).toHaveLength(2);
    client.transport.resume();
    await expect.poll(() => client.received.length, { timeout: 10_000 }).toBe(count);
    expect(numbersOf(client)).toEqual(upTo(count));
  });

  test("a close from within a frame's event leaves the rest to `ws`, and is answered", async () => {
    const { url, connected } = await serve(scheme);
    const client = connectTo(url);
    const socket = await connected;
    await exchange(client, socket, numbered(0));
    client.onFrame = ({ number }) => {
      if (number === 3) client.transport.close(1000, "enough");
    };
    for (let number = 1; number < 10; number++) socket.send(numbered(number));
    expect(await client.closed).toBe("1000 enough");
    expect(numbersOf(client)).toEqual(upTo(10));
  });

  test("compressed and plain frames keep their order", async () => {
    const { url, connected } = await serve(scheme, {});
    const client = connectTo(url);
    const socket = await connected;
    for (let number = 0; number < 40; number += 2) {
      socket.send(numbered(number, 20_000)); // some 40 bytes when compressed
      socket.send(numbered(number + 1), { compress: false });
    }
    socket.close(1000);
    await client.closed;
    expect(numbersOf(client)).toEqual(upTo(40));
  });
});

test("no frame follows a close frame, even while the client's own cannot be sent", async () => {
  const server = await RawServer.listen();
  onTestFinished(() => server.close());
  const upgraded = server.upgraded();
  const client = connectTo(`ws://${server.address}`);
  const socket = await upgraded;
  socket.pause(); // reads nothing from now on
  socket.write(websocketFrame(Opcode.BINARY, numbered(0)));
  await expect.poll(() => client.received.length).toBe(1);
  client.transport.send(Buffer.alloc(20_000_000), "msgpack");
  socket.write(closeFrame(1001, "away"));
  for (let number = 1; number < 20; number++) {
    await turns(3);
    socket.write(websocketFrame(Opcode.BINARY, numbered(number)));
  }
  socket.resume();
  expect(await client.closed).toBe("1001 away");
  expect(numbersOf(client)).toEqual([0]);
});

/** Ends the TCP connection of a server's socket without a close frame. */
function end(socket: WebSocket): void {
  (socket as unknown as { _socket: TLSSocket })._socket.end(); // no public member of `ws` has it
}

test("a handshake ends where the frames begin, wherever the network cuts the bytes", async () => {
  const frames = upTo(3).map((number) => websocketFrame(Opcode.BINARY, numbered(number)));
  let cut = 1;
  let length = 2;
  const server = createServer();
  server.on("upgrade", async ({ headers }, socket: Socket) => {
    const response = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(headers["sec-websocket-key"])}\r\n\r\n`;
    const bytes = Buffer.concat([Buffer.from(response), ...frames]);
    length = bytes.length;
    socket.setNoDelay();
    socket.write(bytes.subarray(0, cut));
    await turns(3);
    socket.end(bytes.subarray(cut));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens at a port
  for (; cut < length; cut++) {
    const client = connectTo(`ws://127.0.0.1:${port}`);
    await client.closed;
    const expected = upTo(3).map((number) => ({ number, length: 4, isInPlace: true }));
    expect(client.received, `cut at ${cut}`).toEqual(expected);
  }
});

describe("`ws` alone reads", () => {
  test.each([
    ["with an agent of the user's", { agent: new Agent() }],
    ["from a socket of the user's", { createConnection: connect }],
    ["with events of their own turn", { allowSynchronousEvents: false }],
  ])("%s", async (_, params) => {
    const { url, connected } = await serve("ws");
    const client = connectTo(url, params);
    const socket = await connected;
    for (let number = 0; number < 3; number++) await exchange(client, socket, numbered(number));
    expect(client.received.map(({ isInPlace }) => isInPlace)).toEqual([false, false, false]);
    expect(numbersOf(client)).toEqual(upTo(3));
  });

  test("after a redirect", async () => {
    const { url, connected } = await serve("ws");
    const redirector = createServer();
    redirector.on("upgrade", (_, socket) => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\n\r\n`));
    await new Promise<void>((resolve) => redirector.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void redirector.close());
    const { port } = redirector.address() as AddressInfo; // it listens at a port
    const client = connectTo(`ws://127.0.0.1:${port}`, { followRedirects: true });
    await exchange(client, await connected, numbered(0));
    expect(numbersOf(client)).toEqual([0]);
  });
});

describe("the user's parameters for the socket hold:", () => {
  test("lookup and autoSelectFamily: the first address that answers is read in place", async () => {
    const { url, connected } = await serve("ws");
    const addresses = [
      { address: "::1", family: 6 }, // the server does not listen there
      { address: "127.0.0.1", family: 4 },
    ];
    const lookup: LookupFunction = (_host, _options, found) => found(null, addresses);
    const client = connectTo(url.replace("localhost", "market.test"), { lookup, autoSelectFamily: true });
    const socket = await connected;
    await exchange(client, socket, numbered(0));
    expect(await exchange(client, socket, numbered(1))).toMatchObject({ isInPlace: true });
  });

  test("family and localAddress", async () => {
    const { url, connected } = await serve("ws");
    const client = connectTo(url, { family: 4, localAddress: "127.0.0.1" });
    await exchange(client, await connected, numbered(0));
  });

  test.skipIf(!certificate)("rejectUnauthorized and servername (skipped without openssl)", async () => {
    const { url, connected } = await serve("wss");
    const client = connectTo(url, { ca: undefined, rejectUnauthorized: false, servername: "market.test" });
    const socket = await connected;
    await exchange(client, socket, numbered(0));
    expect((socket as unknown as { _socket: TLSSocket })._socket).toHaveProperty("servername", "market.test");
  });

  test.skipIf(!certificate)(
    "a host of TLS is named to the server, and its certificate is checked (skipped without openssl)",
    async () => {
      const { url, connected } = await serve("wss");
      const untrusting = connectTo(url, { ca: undefined });
      expect(await untrusting.closed).toBe("1006 ");
      const client = connectTo(url);
      const socket = await connected;
      await exchange(client, socket, numbered(0));
      expect((socket as unknown as { _socket: TLSSocket })._socket).toHaveProperty("servername", "localhost");
    },
  );
});
