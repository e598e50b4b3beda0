import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { StockHistory, type StreamError } from "../../src/index-history.ts";
import { pageOf, tradeAt } from "../support/history-server.ts";

/** Starts a server on a free port; the end of the test closes it. */
async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // of TCP, by the port above
}

async function historyOf(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<StockHistory> {
  return new StockHistory({ apiKey: "k", secretKey: "s", urlOverride: await listening(answer) });
}

function failed(promise: Promise<unknown>): Promise<StreamError> {
  return promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: StreamError) => error,
  );
}

test("the platform's fetch reads large pages, compressed and in pieces", async () => {
  const seen: (string | undefined)[] = [];
  const history = await historyOf((request, response) => {
    seen.push(request.headers["apca-api-key-id"] as string | undefined, request.headers["accept-encoding"] as string); // each once
    const records = Array.from({ length: 10_000 }, (_, index) =>
      tradeAt(Math.floor(index / 200), 2n ** 62n + BigInt(index)),
    );
    const body = gzipSync(pageOf("trades", { AAPL: records.map((record) => record.replace(/:(\d)\.\d+/, ":0$1")) }));
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.write(body.subarray(0, 1_000));
    response.end(body.subarray(1_000));
  });
  const trades = await history.trades("AAPL").toArray();
  expect([trades.length, trades.at(-1)?.id]).toEqual([10_000, 2n ** 62n + 9_999n]);
  expect(seen).toEqual(["k", expect.stringContaining("gzip")]);
});

test("a redirect is an error, and the keys go nowhere else", async () => {
  let isReached = false;
  const other = await listening((_, response) => {
    isReached = true;
    response.end("{}");
  });
  const history = await historyOf((_, response) => {
    response.writeHead(302, { location: other });
    response.end();
  });
  expect(await failed(history.exchanges())).toMatchObject({ code: "http_rejected", status: 302 });
  expect(isReached).toBe(false);
});

test("an answer that is cut off is connection_lost, and asked for again", async () => {
  let requests = 0;
  const history = await historyOf((_, response) => {
    if (++requests > 1) return void response.end('{"V":"IEX"}');
    response.writeHead(200, { "content-length": "100" });
    response.write('{"V":');
    setImmediate(() => response.destroy());
  });
  expect(await history.exchanges()).toEqual(new Map([["V", "IEX"]]));
  expect(requests).toBe(2);
});

test("leaving a loop closes the request that is open", async () => {
  let closed: () => void = () => {};
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  let requested: () => void = () => {};
  const isRequested = new Promise<void>((resolve) => {
    requested = resolve;
  });
  let requests = 0;
  const history = await historyOf((_, response) => {
    if (++requests === 1) return void response.end(pageOf("trades", { AAPL: [tradeAt(0)] }, "next"));
    response.on("close", closed);
    requested();
  });
  for await (const trade of history.trades("AAPL")) {
    expect(trade.id).toBe(0);
    await isRequested;
    break;
  }
  await isClosed;
});
