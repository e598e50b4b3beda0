/**
 * One client of the frame server: warms up, measures for some time, answers with messages per second
 * and messages per second of processor time, and exits.
 *
 * Usage: frame-reader.js KIND URL CODEC FRAME-SIZE WARM-UP-MS MEASURE-MS
 */
import { streaming } from "@alpacahq/alpaca-trade-api";
import { StockDataStream } from "@tickerplant/client";
import WebSocket from "ws";
import { answer } from "../child.ts";
import { codecNamed, records } from "../workload.ts";

const [kind = "", url = "", codecName, size, warmUpMs, measureMs] = process.argv.slice(2);
const codec = codecNamed(codecName);

let count = 0;
/** The newest record, kept so that the optimiser cannot remove unused work. */
let last: unknown;

/** Does next to nothing with a record, so that the result shows the cost of the library. */
const receive = (record: unknown): void => {
  last = record;
  count++;
};
const receiveAsync = async (record: unknown): Promise<void> => receive(record);

const ours = (rawData = false): StockDataStream<boolean> =>
  new StockDataStream<boolean>({ apiKey: "key", secretKey: "secret", urlOverride: url, codec, rawData });
const everything = { quotes: ["*"], trades: ["*"] };

const KINDS: Readonly<Record<string, () => unknown>> = {
  "ws alone": () => {
    const socket = new WebSocket(url, {
      headers: codec === "msgpack" ? { "Content-Type": "application/msgpack" } : {},
      perMessageDeflate: false,
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
  "sync handler": () => {
    const stream = ours();
    stream.subscribe(everything, receive);
    return stream.run();
  },
  "async handler": () => {
    const stream = ours();
    stream.subscribe(everything, receiveAsync);
    return stream.run();
  },
  iterator: async () => {
    const stream = ours();
    void stream.run();
    for await (const record of stream.records(everything)) receive(record);
  },
  rawData: () => {
    const stream = ours(true);
    stream.subscribe(everything, receive);
    return stream.run();
  },
  "two matching subscriptions": async () => {
    const stream = ours();
    const symbols = [...new Set((await records()).map(({ symbol }) => symbol))];
    // Each record counts once, although two handlers receive it.
    stream.subscribe(everything, receive);
    stream.subscribe({ quotes: symbols, trades: symbols }, (record) => {
      last = record;
    });
    return stream.run();
  },
  "@alpacahq/alpaca-trade-api": () => {
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
void begin();
await firstRecord();
await sleep(Number(warmUpMs));
const before = { count, cpu: process.cpuUsage(), atMs: performance.now() };
await sleep(Number(measureMs));
const elapsedS = (performance.now() - before.atMs) / 1000;
const { user, system } = process.cpuUsage(before.cpu);
const messages = count - before.count;
if (messages === 0 || last === undefined) throw new Error(`${kind} received nothing`);
answer({ wall: messages / elapsedS, cpu: messages / ((user + system) / 1e6) });
setImmediate(() => process.exit()); // the stream would keep the process alive

async function firstRecord(): Promise<void> {
  for (let tries = 0; count === 0; tries++) {
    if (tries > 1000) throw new Error(`${kind} received no record within 10 s`);
    await sleep(10);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
