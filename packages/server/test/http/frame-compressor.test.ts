import { randomBytes } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";
import { Codec } from "@tickerplant/client/wire";
import { afterEach, describe, expect, test, vi } from "vitest";
import { trade } from "../../../../verify/shared/records.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { chooseDeflateOffer } from "../../src/http/deflate-offer.ts";
import { FrameCompressor } from "../../src/http/frame-compressor.ts";
import { RawPeer } from "../gateway/support/raw-peer.ts";
import { openServer, type Server } from "../gateway/support/server.ts";
import { WebPeer } from "../gateway/support/web-peer.ts";

afterEach(() => void vi.restoreAllMocks());

const OFFER = "Sec-WebSocket-Extensions: permessage-deflate";
const TEXT = 0x1;

const trades = (from: number, count: number) => Array.from({ length: count }, (_, index) => trade("A", from + index));
const idsTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

/** What the gateway answers to an offer of extensions. */
async function answerTo(server: Server, ...headers: string[]): Promise<string | undefined> {
  using peer = await RawPeer.subscribe(server, { headers });
  return /^sec-websocket-extensions: (.*)$/im.exec(peer.head)?.[1];
}

describe("compression offers", () => {
  test.each([
    ["as browsers make it", "permessage-deflate; client_max_window_bits", ""],
    ["as Python's websockets makes it", "permessage-deflate; client_max_window_bits", ""],
    [
      "as Go's libraries make it",
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
      "; client_no_context_takeover; server_no_context_takeover",
    ],
    ["without parameters", "permessage-deflate", ""],
    ["in capitals", "Permessage-Deflate; SERVER_NO_CONTEXT_TAKEOVER", "; server_no_context_takeover"],
    ["with a quoted value", 'permessage-deflate; client_max_window_bits="10"', "; client_max_window_bits=10"],
    ["behind other extensions", 'x; a="1,2;permessage-deflate", permessage-deflate', ""],
    ["after one that cannot be accepted", "permessage-deflate; x, permessage-deflate", ""],
  ])("an offer of compression %s is accepted", (_what, header, parameters) => {
    const bits =
      header.includes("client_max_window_bits") && parameters === "" ? "; client_max_window_bits" : parameters;
    expect(chooseDeflateOffer(header)).toEqual({ header: `permessage-deflate${bits}`, windowBits: 15 });
  });

  test("an offer with a smaller window for the gateway's frames is accepted with that window", () => {
    const header = "permessage-deflate; server_max_window_bits=10";
    expect(chooseDeflateOffer(header)).toEqual({ header, windowBits: 10 });
  });

  test.each([
    undefined,
    "",
    "x-webkit-deflate-frame",
    "permessage-deflate; unknown",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=07",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=8",
    "permessage-deflate;",
    'permessage-deflate; client_max_window_bits="10',
    ",,;;",
  ])("the offer of compression %j is declined", (header) => {
    expect(chooseDeflateOffer(header)).toBeUndefined();
  });

  test("the answer to an offer of compression has the parameters that the client needs, and none that it did not allow", async () => {
    await using server = await openServer();
    const ours = "permessage-deflate; server_no_context_takeover";
    expect(await answerTo(server, OFFER)).toBe(ours);
    expect(await answerTo(server, `${OFFER}; client_max_window_bits`)).toBe(ours);
    expect(await answerTo(server, `${OFFER}; client_max_window_bits=12`)).toBe(
      "permessage-deflate; client_max_window_bits=12; server_no_context_takeover",
    );
    expect(await answerTo(server, `${OFFER}; server_max_window_bits=11`)).toBe(
      "permessage-deflate; server_max_window_bits=11; server_no_context_takeover",
    );
    expect(await answerTo(server, "Sec-WebSocket-Extensions: x", `${OFFER}; client_no_context_takeover`)).toBe(
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    );
  });

  test("a connection is uncompressed after a declined offer, and without an offer", async () => {
    await using server = await openServer();
    for (const header of [[], [`${OFFER}; server_max_window_bits=8`], [`${OFFER}; x`], ["Sec-WebSocket-Extensions: ;"]])
      expect(await answerTo(server, ...header)).toBeUndefined();
  });

  test("a listener with compress: false declines every offer of compression", async () => {
    await using server = await openServer({}, { compress: false });
    expect(await answerTo(server, OFFER)).toBeUndefined();
  });
});

describe("FrameCompressor", () => {
  const inflate = (message: Buffer, headBytes: number): Buffer =>
    inflateRawSync(Buffer.concat([message.subarray(headBytes), Buffer.from([0, 0, 0xff, 0xff])]), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });

  test.each([
    [1000, 2],
    [100_000, 4],
    [60_000_000, 10],
  ])("a compressor makes one message of a frame of %d bytes, with a head of %d", async (length, headBytes) => {
    const frame = Buffer.alloc(length, "symbols and prices ");
    const message = await new FrameCompressor(15).compress(frame, true);
    expect(message?.[0]).toBe(0xc2);
    expect(inflate(message ?? Buffer.alloc(0), headBytes).equals(frame)).toBe(true);
  });

  test("a compressor compresses a frame once for all clients, and each frame on its own", async () => {
    const compressor = new FrameCompressor(15);
    const frames = idsTo(20).map((id) => Buffer.alloc(5000, `frame ${id} `));
    const [first, second] = await Promise.all(
      [0, 1].map(() => Promise.all(frames.map((frame) => compressor.compress(frame, false)))),
    );
    for (const [index, message] of (first ?? []).entries()) {
      expect(message).toBe(second?.[index]);
      expect(message?.[0]).toBe(0xc1);
      expect(inflate(message ?? Buffer.alloc(0), 2).equals(frames[index] ?? Buffer.alloc(0))).toBe(true);
    }
  });

  test("a compressor does not compress a frame that would not become smaller", async () => {
    expect(await new FrameCompressor(15).compress(randomBytes(5000), true)).toBeUndefined();
  });
});

describe("clients with compression", () => {
  test.each([Codec.JSON, Codec.MSGPACK])(
    "a client with compression receives the same messages as others, in order, in %s",
    async (codec) => {
      await using server = await openServer();
      using compressed = await WebPeer.subscribe(server.url, { trades: ["*"] }, codec, { perMessageDeflate: true });
      using small = await WebPeer.subscribe(server.url, { trades: ["A"] }, codec, {
        perMessageDeflate: { serverMaxWindowBits: 9 },
      });
      using plain = await WebPeer.subscribe(server.url, { trades: ["*"] }, codec);
      let count = 0;
      for (const perFrame of [1, 500, 2, 3, 2000, 1, 1, 700]) {
        server.feed.publish(...trades(count, perFrame));
        count += perFrame;
        await Promise.resolve();
      }
      for (const peer of [compressed, small, plain])
        expect((await peer.nextOf(count)).map(({ i }) => i)).toEqual(idsTo(count));
    },
  );

  test("a client with compression receives long frames compressed and short ones uncompressed", async () => {
    await using server = await openServer();
    using peer = await RawPeer.subscribe(server, { headers: [OFFER] });
    server.feed.publish(trade("A", 0));
    await peer.until(() => peer.ids.length === 1);
    server.feed.publish(...trades(1, 100));
    await peer.until(() => peer.ids.length === 101);
    const texts = peer.frames.filter(({ opcode }) => opcode === TEXT);
    expect(texts.map(({ isCompressed }) => isCompressed)).toEqual([false, false, false, false, true]);
    expect(peer.ids).toEqual(idsTo(101));
  });

  test("clients of the same channels share each compressed frame", async () => {
    const compress = vi.spyOn(FrameCompressor.prototype, "compress");
    await using server = await openServer();
    const peers = await Promise.all(idsTo(10).map(() => RawPeer.subscribe(server, { headers: [OFFER] })));
    server.feed.publish(...trades(0, 500));
    await Promise.all(peers.map((peer) => peer.until(() => peer.ids.length === 500)));
    expect(compress).toHaveBeenCalledTimes(10);
    expect(new Set(compress.mock.calls.map(([frame]) => frame)).size).toBe(1);
    expect(new Set(await Promise.all(compress.mock.results.map(({ value }) => value))).size).toBe(1);
    for (const peer of peers) peer[Symbol.dispose]();
  });

  test("a client with compression receives answers and the close after the frames that are still being compressed", async () => {
    const server = await openServer();
    using peer = await WebPeer.subscribe(server.url, { trades: ["*"] }, Codec.JSON, { perMessageDeflate: true });
    for (let from = 0; from < 10_000; from += 1000) {
      server.feed.publish(...trades(from, 1000));
      await Promise.resolve();
    }
    await server.listener.close();
    expect((await peer.nextOf(10_000)).map(({ i }) => i)).toEqual(idsTo(10_000));
    expect(await peer.closed).toEqual({ code: 1000, reason: "the gateway closes" });
  });

  test("a client whose compression never ends delays no other client, and is cut off at its limit", async () => {
    vi.spyOn(FrameCompressor.prototype, "compress").mockReturnValue(new Promise(() => {}));
    const events: GatewayEvent[] = [];
    await using server = await openServer({ maxBufferedBytes: 100_000, onEvent: (event) => events.push(event) });
    using stuck = await RawPeer.subscribe(server, { headers: [OFFER] });
    using plain = await WebPeer.subscribe(server.url, { trades: ["*"] });
    for (let from = 0; from < 5000; from += 500) {
      server.feed.publish(...trades(from, 500));
      expect((await plain.nextOf(500)).at(-1)?.i).toBe(from + 499);
    }
    expect(stuck.ids).toEqual([]);
    expect(events.filter(({ type }) => type === "slow")).toMatchObject([{ client: 1 }]);
    stuck.socket.destroy();
  });

  test("a client that leaves while a frame is being compressed causes no further work", async () => {
    let finish: (value: undefined) => void = () => {};
    vi.spyOn(FrameCompressor.prototype, "compress").mockReturnValue(
      new Promise((resolve) => {
        finish = resolve;
      }),
    );
    const events: GatewayEvent[] = [];
    await using server = await openServer({ onEvent: (event) => events.push(event) });
    const peer = await RawPeer.subscribe(server, { headers: [OFFER] });
    server.feed.publish(...trades(0, 500));
    peer.socket.resetAndDestroy();
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ type: "left" }));
    expect(events.at(-1)).toMatchObject({ undeliveredBytes: expect.any(Number) });
    finish(undefined);
    expect(server.gateway.stats.clients).toBe(0);
  });
});
