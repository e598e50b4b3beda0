/** Receives with a stream and a handler, and measures every record. Usage: latency-ours.js URL RATE */
import { Codec, StockDataStream } from "@tickerplant/client";
import type { LatencyQuestion } from "../benches/latency.ts";
import { Latencies } from "../latencies.ts";
import { answerQuestions } from "../worker.ts";

const [urlOverride = "", rate] = process.argv.slice(2);
const latencies = new Latencies(Number(rate));

const stream = new StockDataStream({ apiKey: "bench", secretKey: "bench", urlOverride, codec: Codec.MSGPACK });
stream.on("error", (error) => {
  console.error(error);
  process.exit(1); // a result of a failing stream would be wrong
});
stream.subscribe({ trades: ["*"], quotes: ["*"] }, ({ seconds, nanos }) => latencies.add(seconds, nanos));

answerQuestions(({ ms }: LatencyQuestion) => latencies.collect(ms));
await stream.connect();
