/** Counts the records of a gateway with a stream. Usage: cluster-reader.js URL. Answers when it has so many in all. */
import { Codec, StockDataStream } from "@tickerplant/client";
import type { ReaderQuestion } from "../benches/cluster.ts";
import { answerQuestions } from "../worker.ts";

const [urlOverride = ""] = process.argv.slice(2);
const stream = new StockDataStream({
  apiKey: "bench",
  secretKey: "bench",
  urlOverride,
  codec: Codec.MSGPACK,
  websocketParams: { perMessageDeflate: false },
});
let count = 0;
let wanted: { readonly count: number; resolve(): void } | undefined;
stream.on("error", (error) => {
  console.error(error);
  process.exit(1); // a result of a failing stream would be wrong
});
stream.on("gap", ({ cause }) => {
  console.error(cause);
  process.exit(1);
});
stream.subscribe({ trades: ["*"], quotes: ["*"] }, () => {
  if (++count === wanted?.count) wanted.resolve();
});
await stream.connect();
answerQuestions(async ({ count: enough }: ReaderQuestion) => {
  if (count < enough) await new Promise<void>((resolve) => (wanted = { count: enough, resolve }));
  return count;
});
