/**
 * Sends a simulated market at full rate over a real socket to a stream with fast and slow handlers, and
 * cuts the connection every few seconds. Every record must be delivered, dropped or conflated by a
 * policy, or lie in a reported gap; and memory must not grow.
 *
 * With --seam a stream with a history gets a tenth of that rate instead, and has to deliver every trade and minute
 * bar once and in order.
 *
 * Usage: run.js [--seam] [--minutes N] [--rate RECORDS-A-SECOND] [--symbols N] [--seed N]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { StockDataStream } from "@tickerplant/client";
import { ChannelAccount, type Classify } from "./channel-account.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { Handlers } from "./handlers.ts";
import { type Memory, memoryNow } from "./memory.ts";
import { COUNTED, type Counted } from "./questions.ts";
import { report } from "./report.ts";
import { soakSeam } from "./seam.ts";

const LINE_EVERY_MS = 10_000;
/** A tenth of the run, and at most a minute: caches fill, code is compiled, the heap reaches its size. */
const WARM_UP = { share: 0.1, maxMs: 60_000 };
/** Time limit for the last records to arrive, and for slow handlers to finish. */
const SETTLE_MS = 30_000;
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    rate: { type: "string" },
    symbols: { type: "string", default: "8000" },
    seed: { type: "string", default: "1" },
    seam: { type: "boolean", default: false },
  },
});
const { seam, ...texts } = { ...values, rate: values.rate ?? (values.seam ? "5000" : "50000") };
const numbers = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number(text)]));
const { minutes = 0, rate = 0, symbols = 0, seed = 0 } = numbers;
if (!(minutes > 0 && rate > 0 && symbols > 0 && Number.isInteger(seed))) {
  console.error("usage: soak [--seam] [--minutes N] [--rate RECORDS-A-SECOND] [--symbols N] [--seed N]");
  process.exit(2);
}

if (seam) process.exit((await soakSeam({ minutes, rate, symbols, seed })) ? 0 : 1);

const gateway = await GatewayProcess.start(rate, symbols, seed, "all");
const classify: Classify = (channel, first, last, gaps) =>
  gateway.ask({ type: "classify", channel, first, last, gaps });
const accounts: Record<Counted, ChannelAccount> = {
  quotes: new ChannelAccount("quotes", classify),
  trades: new ChannelAccount("trades", classify),
  bars: new ChannelAccount("bars", classify),
};

const stream = new StockDataStream({
  apiKey: "soak",
  secretKey: "soak",
  urlOverride: `${gateway.url}/v2/iex`,
  reconnect: { initialDelayMs: 100, maxDelayMs: 1_000 },
  pingIntervalMs: 1_000,
  pongTimeoutMs: 500,
  websocketParams: { perMessageDeflate: false }, // compressed frames are read by `ws`, plain ones by the client itself
});
const handlers = new Handlers(stream, accounts);
let gaps = 0;
stream.on("gap", ({ channel, from, to }) => {
  gaps++;
  const account = accounts[channel as Counted]; // only counted channels are subscribed to
  account.gap(from.getTime(), to.getTime());
});
stream.on("error", (error) => console.error(`!! ${error.code}: ${error.message}`));

await stream.connect();
await gateway.ask({ type: "start" });
const startedAt = performance.now();
const elapsedMs = (): number => performance.now() - startedAt;
const runMs = minutes * 60_000;
const warmUpMs = Math.min(WARM_UP.maxMs, runMs * WARM_UP.share);

await sleep(warmUpMs);
const gatewayRssAtStart = (await gateway.ask({ type: "memory" })).rssBytes / MIB;
const memory: Memory[] = [memoryNow(elapsedMs() / 1000, true)];
while (elapsedMs() < runMs) {
  await sleep(Math.min(LINE_EVERY_MS, runMs - elapsedMs()));
  memory.push(memoryNow(elapsedMs() / 1000, false));
  printLine();
}
const { published: sent, cuts } = await gateway.ask({ type: "finish" });
const seconds = elapsedMs() / 1000;
await until(() => COUNTED.every((channel) => accounts[channel].newest >= sent[channel]));
for (const channel of COUNTED) accounts[channel].addMissing(sent[channel]);
await until(() => stream.metrics.queued === 0 && handlers.running === 0);
await until(() => COUNTED.every((channel) => accounts[channel].isClassified));
memory.push(memoryNow(elapsedMs() / 1000, true));
const gatewayRssAtEnd = (await gateway.ask({ type: "memory" })).rssBytes / MIB;
const { dropped, conflated, reconnects } = stream.metrics;
await stream.stop();
gateway.end();

const wrong = report({
  seconds,
  sent,
  accounts,
  counters: handlers.counters,
  dropped,
  conflated,
  cuts,
  reconnects,
  gaps,
  lagMs: { p50: handlers.lags.quantile(0.5), p99: handlers.lags.quantile(0.99) },
  memory,
  gatewayRssMiB: [gatewayRssAtStart, gatewayRssAtEnd],
});
for (const sentence of wrong) console.log(`!! ${sentence}`);
console.log(wrong.length === 0 ? "\nevery record is accounted for, and memory does not grow" : "\nthe soak failed");
process.exitCode = wrong.length === 0 ? 0 : 1;

function printLine(): void {
  const { dropped, conflated, reconnects, queued } = stream.metrics;
  const { heapMiB = 0, rssMiB = 0 } = memory.at(-1) ?? {};
  const received = COUNTED.reduce((sum, channel) => sum + accounts[channel].received, 0);
  const missing = COUNTED.map((channel) => accounts[channel].missing);
  const inGaps = missing.reduce((sum, { inGap, late }) => sum + inGap + late, 0);
  const outside = missing.reduce((sum, { outside }) => sum + outside, 0);
  console.log(
    `${String(Math.round(elapsedMs() / 1000)).padStart(5)} s  received ${received}  in gaps ${inGaps}  unaccounted ${outside}  ` +
      `dropped ${dropped}  conflated ${conflated}  queued ${queued}  reconnects ${reconnects}  ` +
      `p99 ${handlers.lags.quantile(0.99)} ms  heap ${heapMiB.toFixed(0)}  RSS ${rssMiB.toFixed(0)} MiB`,
  );
}

async function until(isMet: () => boolean): Promise<void> {
  for (const deadline = elapsedMs() + SETTLE_MS; !isMet() && elapsedMs() < deadline; ) await sleep(50);
}
