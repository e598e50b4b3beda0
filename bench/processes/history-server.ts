/**
 * A gateway that holds trades of the simulator and serves their history, and a server of `node:http` that
 * sends the same pages ready-made.
 *
 * Usage: history-server.js COUNT. It answers every question with a {@link ServedHistory} once all is published.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway, type Feed, listen, simulator } from "tickerplant";
import type { ServedHistory } from "../benches/history.ts";
import { type HistoryRequest, pagesOf } from "../history-pages.ts";
import { SYMBOLS } from "../symbols.ts";
import { answerQuestions } from "../worker.ts";

const SYMBOL_COUNT = 20;
const START = new Date("2025-01-02T15:00:00Z");
/** More than a million trades need. */
const MAX_BYTES = 1_073_741_824;

const count = Number(process.argv[2]);
const symbols = SYMBOLS.slice(0, SYMBOL_COUNT);
const feed = tradesOf(simulator({ seed: 1, symbols, rate: 1_000_000, speed: "max", start: START }));
const gateway = createGateway({ feeds: { sip: feed }, history: { maxBytes: MAX_BYTES } });
// Compression would make the server slower than the readers: over the loopback it saves nothing.
const { port } = await listen(gateway, { compress: false, start: false });
await gateway.start();

const request: HistoryRequest = {
  url: `http://127.0.0.1:${port}`,
  symbols,
  start: "2025-01-02T15:00:00+00:00",
  end: "2025-01-02T16:00:00+00:00",
};
const readyMadeUrl = await serveReadyMade();

answerQuestions((): ServedHistory => {
  const { user, system } = process.cpuUsage();
  return { request, readyMadeUrl, cpuS: (user + system) / 1e6 };
});

/** The trades of a feed until there are enough. */
function tradesOf(source: Feed): Feed {
  return {
    paced: true, // otherwise it starts with the first subscription to the stream, and here is none
    run: async (sink, signal) => {
      const enough = new AbortController();
      let left = count;
      const publish: typeof sink.publish = (record) => {
        if (record.channel !== "trades" || left === 0) return;
        sink.publish(record);
        if (--left === 0) enough.abort();
      };
      await source.run({ publish, room: () => undefined }, AbortSignal.any([signal, enough.signal]));
    },
  };
}

/** Answers each request as the gateway did, from memory. Returns the address. */
async function serveReadyMade(): Promise<string> {
  const pages = new Map<string | undefined, Buffer>();
  for await (const { path, body } of pagesOf(request)) pages.set(path, body);
  const server = createServer(({ url }, response) => {
    const body = pages.get(url);
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": "application/json" });
    response.end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens, on a port
}
