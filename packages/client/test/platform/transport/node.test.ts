import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { trade, trades } from "../../../../../verify/shared/records.ts";
import { type StatusEvent, StockDataStream, type StockDataStreamOptions, type Trade } from "../../../src/index.ts";
import { STOCK_SCHEMA } from "../../../src/stocks/stock-schema.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import { type Codec, FrameDecoder, FrameEncoder } from "../../../src/wire/index.ts";
import { codecs } from "../../support/stream.ts";

let http: Server;
let server: WebSocketServer;
let url: string;
/** The response to the next upgrades, to reject instead of accepting them. */
let rejection: string | undefined;
const upgrades: IncomingMessage[] = [];
const streams: StockDataStream[] = [];

beforeEach(async () => {
  rejection = undefined;
  http = createServer();
  server = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
  http.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgrades.push(request);
    if (rejection !== undefined) return void socket.end(rejection);
    server.handleUpgrade(request, socket, head, (client) => server.emit("connection", client, request));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/v2/iex`; // a port, not a pipe
});

afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()));
  for (const client of server.clients) client.terminate();
  upgrades.length = 0;
  await new Promise((resolve) => http.close(resolve));
});

function streamTo(options: StockDataStreamOptions = {}): StockDataStream {
  const stream = new StockDataStream({ apiKey: "k", secretKey: "s", urlOverride: url, ...options });
  stream.on("error", () => {}); // the tests read the result of the run
  streams.push(stream);
  return stream;
}

/** Resolves with the first status event of a state. */
function firstStatus<S extends StatusEvent["state"]>(
  stream: StockDataStream,
  state: S,
): Promise<Extract<StatusEvent, { state: S }>> {
  return new Promise((resolve) => {
    const off = stream.on("status", (status) => {
      if (status.state !== state) return;
      off();
      resolve(status as Extract<StatusEvent, { state: S }>); // by the line above
    });
  });
}

/** A well-behaved server: welcomes, authenticates and acknowledges, then returns the socket. */
function serve(codec: Codec, ready: (client: WebSocket, send: (...records: Trade[]) => void) => void = () => {}): void {
  server.on("connection", (client: WebSocket) => {
    const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
    const isBinary = codec === "msgpack";
    const write = (frame: Uint8Array): void => client.send(frame, { binary: isBinary });
    write(encoder.serverFrame({ type: "success", message: "connected" }));
    client.on("message", (data: Buffer, wasBinary: boolean) => {
      expect(wasBinary).toBe(isBinary);
      for (const message of new FrameDecoder(STOCK_SCHEMA).decodeClient(data)) {
        if (message.action === "auth") {
          write(encoder.serverFrame({ type: "success", message: "authenticated" }));
          continue;
        }
        write(encoder.serverFrame({ type: "subscription", symbols: message.symbols }));
        ready(client, (...records) => write(encoder.frame(records)));
      }
    });
  });
}

describe.each(codecs)("compressed sockets in %s", (codec) => {
  test(`[J1] [PU22] records in ${codec} arrive over a compressed socket, from the first frame to the last`, async () => {
    serve(codec, (client, send) => {
      for (const record of trades("AAPL", 500)) send(record);
      client.close(1000);
    });
    const stream = streamTo({ codec, reconnect: false });
    const got: Trade[] = [];
    stream.subscribeTrades((record) => void got.push(record), "AAPL");
    await stream.run();
    expect(got).toEqual(trades("AAPL", 500));
    expect(upgrades[0]?.headers).toMatchObject({
      "content-type": `application/${codec}`,
      "user-agent": expect.stringMatching(/^tickerplant-client\/\d/),
      "sec-websocket-extensions": expect.stringContaining("permessage-deflate"),
    });
    expect(upgrades[0]?.url).toBe("/v2/iex");
  });
});

test("[R19] a frame that arrives in pieces is one frame, wherever it is split", async () => {
  const encoder = new FrameEncoder("msgpack", STOCK_SCHEMA);
  serve("msgpack", (client) => {
    const frame = encoder.frame(trades("AAPL", 3));
    for (let cut = 1; cut < frame.length; cut++) {
      client.send(frame.subarray(0, cut), { binary: true, fin: false });
      client.send(frame.subarray(cut), { binary: true, fin: true });
    }
    client.close(1000);
  });
  const stream = streamTo({ reconnect: false });
  const ids: unknown[] = [];
  stream.subscribeTrades(({ id }) => ids.push(id), "AAPL");
  await stream.run();
  const frameBytes = encoder.frame(trades("AAPL", 3)).length;
  expect(ids).toEqual(Array.from({ length: frameBytes - 1 }, () => [1, 2, 3]).flat());
  expect(stream.metrics.unreadable).toBe(0);
});

test("[PU22] the package loads without a warning", async () => {
  const entry = new URL("../../../dist/index.js", import.meta.url).href;
  const load = `await import(${JSON.stringify(entry)}); await import("@tickerplant/client/testing");`;
  const child = promisify(execFile)(process.execPath, ["--trace-warnings", "--input-type=module", "--eval", load], {
    cwd: new URL("../../..", import.meta.url),
  });
  expect(await child).toEqual({ stdout: "", stderr: "" });
});

test("[PU2] the user's headers and parameters are sent, and replace none of the client's", async () => {
  serve("msgpack");
  const stream = streamTo({
    websocketParams: {
      headers: { "X-Mine": "kept", "user-agent": "somebody else", "content-type": "text/plain" },
      perMessageDeflate: false,
    },
  });
  await stream.connect();
  const { headers } = upgrades[0] ?? {};
  expect(headers).toMatchObject({ "x-mine": "kept", "content-type": "application/msgpack" });
  expect(headers?.["user-agent"]).toMatch(/^tickerplant-client/);
  expect(headers?.["sec-websocket-extensions"]).toBeUndefined();
});

test.each([401, 403, 404])("[R23] an upgrade answered with HTTP %i ends the run", async (status) => {
  rejection = `HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`;
  await expect(streamTo().run()).rejects.toMatchObject({ code: "http_rejected", status, terminal: true });
});

test("an error does not repeat the body of a rejected upgrade, which may echo credentials", async () => {
  rejection = "HTTP/1.1 403 wrong secret hunter2-hunter2\r\nContent-Length: 0\r\n\r\n";
  const ended = streamTo().run();
  await expect(ended).rejects.toThrow("HTTP 403 Forbidden");
  await expect(ended).rejects.not.toThrow("hunter2");
});

test.each([
  ["429 Too Many Requests", "Retry-After: 77\r\n", 77_000],
  ["503 Service Unavailable", "", undefined],
])("[R23] an upgrade answered with HTTP %s is tried again", async (line, header, retryAfterMs) => {
  rejection = `HTTP/1.1 ${line}\r\n${header}Content-Length: 0\r\n\r\n`;
  const stream = streamTo();
  const status = firstStatus(stream, "reconnecting");
  const run = stream.run();
  const { cause, delayMs } = await status;
  expect(cause).toMatchObject({
    code: "http_rejected",
    status: Number.parseInt(line, 10),
    terminal: false,
    retryAfterMs,
  });
  expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs ?? 500);
  await stream.stop();
  await run;
});

test("[R23] a Retry-After with a date is the time from now until then", async () => {
  rejection = `HTTP/1.1 503 No\r\nRetry-After: ${new Date(Date.now() + 60_000).toUTCString()}\r\nContent-Length: 0\r\n\r\n`;
  const stream = streamTo();
  const status = firstStatus(stream, "reconnecting");
  void stream.run();
  const { cause } = await status;
  expect(cause.retryAfterMs).toBeGreaterThan(50_000);
  expect(cause.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test("[V23] a refused TCP connection is a lost connection with the reason", async () => {
  const stream = streamTo({ urlOverride: "ws://127.0.0.1:1/v2/iex", reconnect: false });
  await expect(stream.run()).rejects.toMatchObject({
    code: "connection_lost",
    message: expect.stringContaining("ECONNREFUSED"),
  });
});

test("the transport reports the server's close code and reason", async () => {
  serve("msgpack", (client) => client.close(1008, "slow client"));
  const stream = streamTo({ reconnect: false });
  stream.subscribeTrades(() => {}, "AAPL");
  await expect(stream.run()).rejects.toMatchObject({
    code: "closed_by_server",
    closeCode: 1008,
    message: 'the connection was closed with code 1008 "slow client"',
  });
});

test("a broken socket is a lost connection", async () => {
  serve("msgpack", (client) => client.terminate());
  const stream = streamTo({ reconnect: false });
  stream.subscribeTrades(() => {}, "AAPL");
  await expect(stream.run()).rejects.toMatchObject({ code: "closed_by_server", closeCode: 1006 });
});

test("a stop closes the socket, while it opens and while records stream", async () => {
  const early = streamTo();
  const run = early.run();
  await firstStatus(early, "connecting");
  await early.stop();
  await run;
  serve("msgpack", (_, send) => send(...trades("AAPL", 100)));
  const stream = streamTo();
  const records = stream.trades("AAPL");
  const running = stream.run();
  for await (const _ of records) await stream.stop();
  await running;
  const closed = [...server.clients].map((client) => new Promise((resolve) => client.once("close", resolve)));
  await Promise.all(closed);
});

test("[D3] a slow handler pauses reading from the socket, and receives every record", async () => {
  const count = 20_000;
  serve("msgpack", (client, send) => {
    for (let sent = 0; sent < count; sent += 100) send(...trades("AAPL", 100, sent));
    client.close(1000);
  });
  const stream = streamTo({ reconnect: false });
  let handled = 0;
  let most = 0;
  stream.subscribeTrades(
    async () => {
      handled++;
      most = Math.max(most, stream.metrics.queued);
      if (handled % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    "AAPL",
    { maxQueued: 500 },
  );
  await stream.run();
  expect(handled).toBe(count);
  expect(most).toBeLessThan(count / 2);
});

test("[V24] pings reach the peer, and its pongs keep the connection", async () => {
  const served = new Promise<[client: WebSocket, send: (record: Trade) => void]>((resolve) => {
    serve("msgpack", (client, send) => resolve([client, send]));
  });
  const clock = new VirtualClock();
  const stream = streamTo({ clock });
  const records = stream.trades("AAPL");
  await stream.connect();
  const [client, send] = await served;
  for (let round = 1; round <= 3; round++) {
    const pinged = once(client, "ping");
    await clock.advance(5000);
    await pinged;
    send(trade("AAPL", round)); // comes after the pong
    expect((await records.next()).value?.id).toBe(round);
    await clock.advance(5000);
  }
  expect(stream.metrics.reconnects).toBe(0);
});

test("parameters that `ws` rejects end the run with the reason of `ws`", async () => {
  const stream = streamTo({ websocketParams: { headers: { "bad header": "x" } } });
  await expect(stream.run()).rejects.toMatchObject({ code: "connection_lost", terminal: true });
});

test("a trade arrives over a socket with all its digits", async () => {
  serve("json", (_, send) => send(trade("AAPL", 7)));
  const stream = streamTo({ codec: "json" });
  void stream.run();
  for await (const record of stream.trades("AAPL")) {
    expect(JSON.parse(JSON.stringify(record))).toMatchObject({ id: 7, timestamp: "2025-01-02T15:00:00.123456789Z" });
    break;
  }
});
