import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { trade } from "../../../../../verify/shared/records.ts";
import { type StatusEvent, StockDataStream, type StockDataStreamOptions } from "../../../src/index.ts";
import { STOCK_SCHEMA } from "../../../src/stocks/stock-schema.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import { FrameEncoder } from "../../../src/wire/index.ts";
import { closeFrame, Opcode, RawServer, websocketFrame } from "../../support/raw-server.ts";

let server: RawServer;
/** Stands still unless a test advances it, which shows that the client needed no deadline. */
let clock: VirtualClock;
const streams: StockDataStream[] = [];

beforeEach(async () => {
  server = await RawServer.listen();
  clock = new VirtualClock();
});

afterEach(async () => {
  for (const stream of streams.splice(0)) void stream.close();
  await server.close();
});

function streamTo(options: StockDataStreamOptions = {}): StockDataStream {
  const urlOverride = `ws://${server.address}/v2/iex`;
  const stream = new StockDataStream({ apiKey: "k", secretKey: "s", urlOverride, clock, ...options });
  stream.on("error", () => {}); // the tests read the status event
  streams.push(stream);
  return stream;
}

/** Runs a stream; resolves with the cause of its first reconnect. */
function firstLoss(stream: StockDataStream): Promise<Extract<StatusEvent, { state: "reconnecting" }>> {
  void stream.run().catch(() => {});
  return new Promise((resolve) => {
    stream.on("status", (status) => {
      if (status.state === "reconnecting") resolve(status);
    });
  });
}

/** Runs a stream through the handshake; returns the server's socket, and a promise of the end of the connection. */
async function connected(stream: StockDataStream): Promise<{
  socket: Awaited<ReturnType<RawServer["session"]>>;
  loss: ReturnType<typeof firstLoss>;
}> {
  const session = server.session();
  const loss = firstLoss(stream);
  const authenticated = new Promise<void>((resolve) => {
    stream.on("status", ({ state }) => {
      if (state === "authenticated") resolve();
    });
  });
  const socket = await session;
  await authenticated;
  return { socket, loss };
}

const text = Buffer.from("[]");
const tooLarge = Buffer.from([0x82, 127, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]);

describe("peers that leave TCP open", () => {
  // The tests must not need a deadline of `ws` either.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test.each([
    ["with RSV1 set and nothing compressed", websocketFrame(Opcode.TEXT, text, 0xc0), /RSV1/],
    ["with RSV2 set", websocketFrame(Opcode.TEXT, text, 0xa0), /RSV2/],
    ["of text that is not UTF-8", websocketFrame(Opcode.TEXT, Buffer.from([0xff, 0xfe])), /UTF-8/],
    ["with a reserved opcode", websocketFrame(3, text), /opcode 3/],
    ["that continues nothing", websocketFrame(0, text), /opcode 0/],
    ["that is masked", Buffer.from([0x81, 0x82, 0, 0, 0, 0, 1, 2]), /MASK/],
    ["that is a ping in fragments", websocketFrame(Opcode.PING, text, 0), /FIN/],
    ["that is a close with an invalid code", closeFrame(1006), /status code 1006/],
    ["that is a close with a reason that is not UTF-8", websocketFrame(8, Buffer.from([3, 232, 0xff])), /UTF-8/],
    ["that is a close of one byte", websocketFrame(Opcode.CLOSE, Buffer.from([3])), /payload length 1/],
    ["that is larger than the limit", tooLarge, /payload size exceeded/i],
  ])("a peer that sends a frame %s and leaves TCP open is lost at once, for that reason", async (_, frame, reason) => {
    const { socket, loss } = await connected(streamTo());
    const gone = once(socket, "close");
    socket.write(frame);
    const { cause } = await loss;
    expect(cause).toMatchObject({ code: "connection_lost", message: expect.stringMatching(reason) });
    socket.end();
    await gone;
  });

  test.each([
    [1000, "end of the replay"],
    [1001, "going away"],
    [1008, "slow client"],
    [1011, ""],
    [1012, "restart"],
    [1013, "later"],
    [4000, "ours"],
    [undefined, ""],
  ])(
    "a peer that sends a close frame with code %s and reason '%s' and leaves TCP open has closed at once",
    async (code, reason) => {
      const { socket, loss } = await connected(streamTo());
      const ended = once(socket, "end"); // the client has closed its side
      socket.write(closeFrame(code, reason));
      const { cause } = await loss;
      expect(cause).toMatchObject({ code: "closed_by_server", closeCode: code ?? 1005 });
      expect(cause.message).toContain(reason);
      await ended;
    },
  );

  test("a peer that sends a close frame during the handshake and leaves TCP open has closed at once", async () => {
    const loss = firstLoss(streamTo());
    (await server.upgraded()).write(closeFrame(1008, "no"));
    expect((await loss).cause).toMatchObject({ code: "closed_by_server", closeCode: 1008 });
  });

  test("a peer that sends a close frame byte by byte and leaves TCP open has closed at once", async () => {
    const { socket, loss } = await connected(streamTo());
    socket.setNoDelay();
    for (const byte of closeFrame(1001, "going away")) {
      await new Promise<void>((resolve) => socket.write(Buffer.from([byte]), () => resolve()));
    }
    expect((await loss).cause).toMatchObject({ closeCode: 1001 });
  });

  test("a peer that half closes TCP without a close frame has ended the connection", async () => {
    const { socket, loss } = await connected(streamTo());
    socket.end();
    const { cause } = await loss;
    expect(cause).toMatchObject({ code: "closed_by_server", closeCode: 1006 });
    expect(cause.message).toContain("without a close frame");
  });
});

test("a reset connection is lost, with ECONNRESET as its reason", async () => {
  const { socket, loss } = await connected(streamTo());
  socket.resetAndDestroy();
  const { cause } = await loss;
  expect(cause).toMatchObject({ code: "connection_lost", message: expect.stringContaining("ECONNRESET") });
});

test.each([
  ["a broken frame before a close frame", [websocketFrame(3, text), closeFrame(1001)], "connection_lost"],
  ["a close frame before a broken frame", [closeFrame(1001), websocketFrame(3, text)], "closed_by_server"],
  ["a close frame before another", [closeFrame(1001), closeFrame(1008)], "closed_by_server"],
])("the first of two causes ends a connection: %s", async (_, frames, code) => {
  const { socket, loss } = await connected(streamTo());
  socket.write(Buffer.concat(frames));
  const { cause } = await loss;
  expect(cause.code).toBe(code);
  if (code === "closed_by_server") expect(cause.closeCode).toBe(1001);
});

test("records before a close frame are delivered, and none after it are", async () => {
  const stream = streamTo();
  const ids: unknown[] = [];
  stream.subscribeTrades(({ id }) => ids.push(id), "AAPL");
  const { socket, loss } = await connected(stream);
  const encoder = new FrameEncoder("msgpack", STOCK_SCHEMA);
  const record = (id: number): Buffer => websocketFrame(Opcode.BINARY, encoder.frame([trade("AAPL", id)]));
  socket.write(Buffer.concat([record(1), record(2), closeFrame(1001), record(3)]));
  await loss;
  socket.write(record(4));
  await clock.settle();
  expect(ids).toEqual([1, 2]);
});

test("the stream reconnects while the peer still keeps the old TCP connection open", async () => {
  const stream = streamTo();
  const { socket, loss } = await connected(stream);
  socket.write(closeFrame(1012, "restart"));
  const { delayMs } = await loss;
  const next = server.session();
  await clock.advance(delayMs);
  await next;
  expect(socket.writable).toBe(true);
  expect(server.sockets).toHaveLength(2);
});

describe("silent peers", () => {
  test.each([
    ["the upgrade", "ws"],
    ["the TLS handshake", "wss"],
  ])(
    "a connection to a peer that never answers %s fails after handshakeTimeoutMs, and its socket is closed",
    async (_, scheme) => {
      server.isSilent = true;
      const loss = firstLoss(
        streamTo({ urlOverride: `${scheme}://${server.address}/v2/iex`, handshakeTimeoutMs: 5000 }),
      );
      await expect.poll(() => server.sockets.length).toBe(1);
      const closed = server.sockets[0] && once(server.sockets[0], "end");
      await clock.advance(5000);
      expect((await loss).cause).toMatchObject({ code: "handshake_timeout" });
      await closed;
    },
  );

  test("a connection whose host name is never resolved fails after handshakeTimeoutMs", async () => {
    const websocketParams = { lookup: () => {} }; // the resolver never calls back
    const loss = firstLoss(streamTo({ urlOverride: "ws://stream.test/v2/iex", websocketParams }));
    await clock.advance(10_000);
    expect((await loss).cause).toMatchObject({ code: "handshake_timeout" });
  });

  test("a connection to a peer that never answers the close is cut after closeTimeoutMs", async () => {
    const stream = streamTo();
    const { socket } = await connected(stream);
    const ended = once(socket, "end");
    let isStopped = false;
    const stop = stream.stop().then(() => {
      isStopped = true;
    });
    await clock.advance(999);
    expect(isStopped).toBe(false);
    await clock.advance(1);
    await stop;
    await ended;
  });
});
