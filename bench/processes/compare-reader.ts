/**
 * A client of the frame server, of any build, that counts what a handler gets.
 *
 * Usage: compare-reader.js BUILD URL CODEC. Asked to measure for a time, it answers with a {@link ReaderAnswer}.
 */
import { join } from "node:path";
import type * as Client from "@tickerplant/client";
import { answerQuestions } from "../worker.ts";
import { codecNamed } from "../workload.ts";

/** What a reader is asked: measure for so long. */
export interface ReaderQuestion {
  readonly ms: number;
}

/** What a reader counted. */
export interface ReaderAnswer {
  readonly messages: number;
  /** Seconds of processor time. */
  readonly cpuS: number;
}

const [build = "", url = "", codecName] = process.argv.slice(2);
const { StockDataStream } = (await import(join(build, "packages/client/dist/index.js"))) as typeof Client; // of the same exports

let count = 0;
let last: unknown; // without it, an optimiser may leave out what is not used
const stream = new StockDataStream({
  apiKey: "key",
  secretKey: "secret",
  urlOverride: url,
  codec: codecNamed(codecName),
});
stream.subscribe({ quotes: ["*"], trades: ["*"] }, (record) => {
  last = record;
  count++;
});
void stream.run();

answerQuestions<ReaderQuestion>(async ({ ms }): Promise<ReaderAnswer> => {
  const before = { count, cpu: process.cpuUsage() };
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before.cpu);
  if (last === undefined) return { messages: 0, cpuS: 1 }; // while it connects
  return { messages: count - before.count, cpuS: (user + system) / 1e6 };
});
