/**
 * A client of the frame server that counts messages, with this or another build of ours or with a peer.
 * `reader.ts` describes its input and output.
 *
 * Usage: frame-reader.js BUILD KIND URL CODEC FRAME-SIZE, BUILD being the root of a built worktree
 */
import { join } from "node:path";
import type * as Client from "@tickerplant/client";
import type * as ClientHistory from "@tickerplant/client/history";
import { printTotals } from "../reader.ts";

const [build = "", kind = "", url = "", codecName, size] = process.argv.slice(2);
const codec = codecName as Client.Codec; // checked by the frame server, which gets the same name
/** Over TLS the certificate's authority is unknown, because the server made both for this run. */
const websocketParams = url.startsWith("wss:") ? { rejectUnauthorized: false } : {};

let count = 0;
/** The newest record, kept so that the optimiser cannot remove unused work. */
let last: unknown;

/** Does next to nothing with a record, so that the result shows the cost of the library. */
const receive = (record: unknown): void => {
  last = record;
  count++;
};
const receiveAsync = async (record: unknown): Promise<void> => receive(record);

/** Creates a stream of the build. Peers are imported where they are used, too: a reader loads no other's code. */
async function ours(options: Client.StockDataStreamOptions<boolean> = {}): Promise<Client.StockDataStream<boolean>> {
  const path = join(build, "packages/client/dist/index.js");
  const { StockDataStream } = (await import(path)) as typeof Client; // another build has these exports as well
  return new StockDataStream<boolean>({
    apiKey: "key",
    secretKey: "secret",
    urlOverride: url,
    codec,
    websocketParams,
    ...options,
  });
}
const everything = { quotes: ["*"], trades: ["*"] };

const KINDS: Readonly<Record<string, () => unknown>> = {
  "ws alone": async () => {
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(url, {
      headers: codec === "msgpack" ? { "Content-Type": "application/msgpack" } : {},
      perMessageDeflate: false,
      ...websocketParams,
    });
    let isSubscribed = false;
    socket.on("message", (data) => {
      last = data;
      if (isSubscribed) count += Number(size);
      else {
        socket.send('{"action":"subscribe","quotes":["*"],"trades":["*"]}');
        isSubscribed = true;
      }
    });
  },
  "sync handler": async () => {
    const stream = await ours();
    stream.subscribe(everything, receive);
    return stream.run();
  },
  "sync handler, history": async () => {
    const path = join(build, "packages/client/dist/index-history.js");
    const { StockHistory } = (await import(path)) as typeof ClientHistory; // as above
    // No server: without a gap nothing is requested.
    const history = new StockHistory({ apiKey: "key", secretKey: "secret", urlOverride: "http://127.0.0.1:1" });
    const stream = await ours({ history });
    stream.subscribe(everything, receive);
    return stream.run();
  },
  "async handler": async () => {
    const stream = await ours();
    stream.subscribe(everything, receiveAsync);
    return stream.run();
  },
  iterator: async () => {
    const stream = await ours();
    void stream.run();
    for await (const record of stream.records(everything)) receive(record);
  },
  batches: async () => {
    const stream = await ours();
    void stream.run();
    for await (const batch of stream.records(everything).batches()) for (const record of batch) receive(record);
  },
  rawData: async () => {
    const stream = await ours({ rawData: true });
    stream.subscribe(everything, receive);
    return stream.run();
  },
  "two matching subscriptions": async () => {
    const stream = await ours();
    const { records } = await import("../workload.ts");
    const symbols = [...new Set((await records()).map(({ symbol }) => symbol))];
    // Each record counts once, although two handlers receive it.
    stream.subscribe(everything, receive);
    stream.subscribe({ quotes: symbols, trades: symbols }, (record) => {
      last = record;
    });
    return stream.run();
  },
  "@alpacahq/alpaca-trade-api": async () => {
    const { streaming } = await import("@alpacahq/alpaca-trade-api");
    const stream = new streaming.StockDataStream({ url, credentials: { keyId: "key", secret: "secret" } });
    stream.onTrade(receive);
    stream.onQuote(receive);
    stream.onConnect(() => {
      stream.subscribeForQuotes(["*"]);
      stream.subscribeForTrades(["*"]);
    });
    stream.connect();
  },
};

const begin = KINDS[kind];
if (begin === undefined) throw new Error(`unknown kind ${kind}; the kinds are ${Object.keys(KINDS).join(", ")}`);
printTotals(() => (last === undefined ? 0 : count));
await begin();
