import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { trades } from "../../../../../verify/shared/records.ts";
import { StockDataStream } from "../../../src/index.ts";
import { connector } from "../../../src/platform/transport/web.ts";
import { STOCK_SCHEMA } from "../../../src/stocks/stock-schema.ts";
import { FrameDecoder, FrameEncoder } from "../../../src/wire/index.ts";
import { closeFrame, RawServer, websocketFrame } from "../../support/raw-server.ts";

let server: WebSocketServer;
let url: string;

beforeEach(async () => {
  vi.stubGlobal("WebSocket", WebSocket); // has the browser's interface, too; Node 20 has no WebSocket of its own
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v2/iex`; // a port, not a pipe
});

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function browserStream(): StockDataStream {
  return new StockDataStream({ apiKey: "k", secretKey: "s", urlOverride: url, connector, reconnect: false });
}

test("the web transport uses JSON in text frames, and delivers the same records", async () => {
  const encoder = new FrameEncoder("json", STOCK_SCHEMA);
  server.on("connection", (client: WebSocket) => {
    const say = (frame: Uint8Array): void => client.send(frame, { binary: false });
    say(encoder.serverFrame({ type: "success", message: "connected" }));
    client.on("message", (data: Buffer, isBinary: boolean) => {
      expect(isBinary).toBe(false);
      for (const message of new FrameDecoder(STOCK_SCHEMA).decodeClient(data)) {
        if (message.action === "auth") {
          say(encoder.serverFrame({ type: "success", message: "authenticated" }));
          continue;
        }
        say(encoder.serverFrame({ type: "subscription", symbols: message.symbols }));
        for (const record of trades("AAPL", 10)) say(encoder.frame([record]));
        client.send(encoder.frame(trades("AAPL", 1, 11)), { binary: true }); // some servers send JSON in binary frames
        client.close(1000);
      }
    });
  });
  const stream = browserStream();
  const got: unknown[] = [];
  stream.subscribeTrades((record) => void got.push(record), "AAPL");
  await stream.run();
  expect(got).toEqual(trades("AAPL", 11));
});

test("the web transport reports a failure as a lost connection, and a close with its code", async () => {
  server.on("connection", (client: WebSocket) => client.close(1013, "later"));
  await expect(browserStream().run()).rejects.toMatchObject({ code: "closed_by_server", closeCode: 1013 });
  const nowhere = new StockDataStream({
    apiKey: "k",
    secretKey: "s",
    urlOverride: "ws://127.0.0.1:1/",
    connector,
    reconnect: false,
  });
  await expect(nowhere.run()).rejects.toMatchObject({ code: "connection_lost" });
});

describe("the web transport and peers that leave TCP open", () => {
  let raw: RawServer;

  beforeEach(async () => {
    raw = await RawServer.listen();
    url = `ws://${raw.address}/v2/iex`;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await raw.close();
  });

  test("the web transport reports a broken frame as a lost connection at once, though TCP stays open", async () => {
    const upgraded = raw.upgraded();
    const run = browserStream().run();
    (await upgraded).write(websocketFrame(3));
    await expect(run).rejects.toMatchObject({ code: "connection_lost", message: expect.stringContaining("opcode 3") });
  });

  test("the web transport reports a close frame as a close within two seconds, though the platform emits no close event", async () => {
    const upgraded = raw.upgraded();
    const run = browserStream().run();
    const socket = await upgraded;
    const answered = once(socket, "data"); // with a close frame: the client's socket is closing
    socket.write(closeFrame(1001, "going away"));
    await answered;
    vi.advanceTimersByTime(2000);
    await expect(run).rejects.toMatchObject({ code: "closed_by_server", closeCode: 1005 });
  });

  test("a peer that never answers a close of the web transport leaves no timer behind", async () => {
    const stream = browserStream();
    const opened = new Promise<void>((resolve) => {
      stream.on("status", ({ state }) => state === "open" && resolve());
    });
    const run = stream.run();
    await opened;
    const stop = stream.stop();
    await run;
    vi.advanceTimersByTime(1000);
    await stop;
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1); // the close timer of `ws`, which stands in for a browser
  });
});

test("a stop closes the web socket while it opens", async () => {
  const stream = browserStream();
  const run = stream.run();
  await new Promise<void>((resolve) => stream.on("status", () => resolve()));
  await stream.stop();
  await run;
});

test("a run without a global WebSocket ends at once with connection_lost", async () => {
  vi.stubGlobal("WebSocket", undefined);
  await expect(browserStream().run()).rejects.toMatchObject({ code: "connection_lost", terminal: true });
});
