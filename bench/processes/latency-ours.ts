/** Receives with a stream and a handler; every record counts. Usage: latency-ours.js URL RATE */
import { Codec, StockDataStream } from "@tickerplant/client";
import type { LatencyQuestion } from "../benches/latency.ts";
import { Latencies } from "../latencies.ts";
import { answerQuestions } from "../worker.ts";

const [urlOverride = "", rate] = process.argv.slice(2);
const latencies = new Latencies(Number(rate));

const stream = new StockDataStream({ apiKey: "bench", secretKey: "bench", urlOverride, codec: Codec.MSGPACK });
stream.on("error", (error) => {
  console.error(error);
  process.exit(1); // no figure is better than one of a stream in trouble
});
stream.subscribe({ trades: ["*"], quotes: ["*"] }, ({ seconds, nanos }) => latencies.add(seconds, nanos));

answerQuestions(({ ms }: LatencyQuestion) => latencies.collect(ms));
await stream.connect();
