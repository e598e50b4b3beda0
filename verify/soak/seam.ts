import { setTimeout as sleep } from "node:timers/promises";
import { type Bar, StockDataStream, type Trade } from "@tickerplant/client";
import { StockHistory } from "@tickerplant/client/history";
import { CuttingProxy } from "../shared/cutting-proxy.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { growthPerMinute, type Memory, memoryNow } from "./memory.ts";
import { numberOf } from "./numbered-feed.ts";

/** What a soak of fills is run with. */
export interface SeamSoak {
  readonly minutes: number;
  readonly rate: number;
  readonly symbols: number;
  readonly seed: number;
}

const LINE_EVERY_MS = 10_000;
/** Time limit for the last gaps to be filled. */
const SETTLE_MS = 60_000;

/** The channels whose gaps are filled. */
type Filled = "trades" | "bars";

/** Which numbered records of one channel came, and whether each symbol's did in order. */
class Series {
  received = 0;
  repeated = 0;
  disordered = 0;
  readonly #seen = new Set<number>();
  readonly #newest = new Map<string, { readonly number: number; readonly timestampNs: bigint }>();

  add(record: Trade | Bar): void {
    const { symbol, timestampNs } = record;
    const number = numberOf(record);
    if (this.#seen.has(number)) this.repeated++;
    else this.received++;
    this.#seen.add(number);
    const newest = this.#newest.get(symbol);
    // A trade that is reported late has an earlier time or a higher number than those around it, but not both.
    if (newest !== undefined && number < newest.number && timestampNs < newest.timestampNs) this.disordered++;
    else this.#newest.set(symbol, { number, timestampNs });
  }

  /** A sentence for each failure, when `sent` records were published. */
  problems(channel: Filled, sent: number): string[] {
    const missing = sent - this.received;
    return [
      ...(missing === 0 ? [] : [`${missing} ${channel} are missing`]),
      ...(this.repeated === 0 ? [] : [`${this.repeated} ${channel} came twice`]),
      ...(this.disordered === 0 ? [] : [`${this.disordered} ${channel} came out of order`]),
    ];
  }
}

/**
 * Cuts the connection of a stream that fills its gaps at any byte, every few seconds, and checks that every trade
 * and minute bar comes once and in the order of its symbol. Returns whether they did.
 */
export async function soakSeam({ minutes, rate, symbols, seed }: SeamSoak): Promise<boolean> {
  const gateway = await GatewayProcess.start(rate, symbols, seed, "fillable");
  const proxy = await CuttingProxy.listen(Number(new URL(gateway.url).port));
  const series: Readonly<Record<Filled, Series>> = { trades: new Series(), bars: new Series() };
  const problems: string[] = [];
  const stream = streamThrough(proxy, gateway, series, problems);
  await stream.connect();
  await gateway.ask({ type: "start" });
  proxy.start();
  const memory = await untilEnd(minutes * 60_000, series, stream);
  proxy.stop();
  const { published } = await gateway.ask({ type: "finish" });
  for (let passedMs = 0; passedMs < SETTLE_MS; passedMs += 100) {
    if (allProblems(series, published).length === 0) break;
    await sleep(100);
  }
  await stream.stop();
  proxy.close();
  gateway.end();
  problems.push(...allProblems(series, published));
  console.log(
    `\n${published.trades} trades and ${published.bars} bars sent, ${stream.metrics.reconnects} reconnects, ` +
      `heap ${growthPerMinute(memory, "heapMiB").toFixed(2)} MiB a minute`,
  );
  for (const problem of problems) console.log(`!! ${problem}`);
  console.log(problems.length === 0 ? "every trade and bar once, in order" : "the soak failed");
  return problems.length === 0;
}

function streamThrough(
  proxy: CuttingProxy,
  gateway: GatewayProcess,
  series: Readonly<Record<Filled, Series>>,
  problems: string[],
): StockDataStream {
  const keys = { apiKey: "soak", secretKey: "soak" };
  const urlOverride = gateway.url.replace("ws", "http");
  const stream = new StockDataStream({
    ...keys,
    urlOverride: `ws://127.0.0.1:${proxy.port}/v2/iex`,
    history: new StockHistory({ ...keys, urlOverride, requestsPerMinute: 60_000 }),
    reconnect: { initialDelayMs: 100, maxDelayMs: 1_000 },
    pingIntervalMs: 1_000,
    pongTimeoutMs: 500,
  });
  stream.subscribeTrades((trade) => series.trades.add(trade), "*");
  stream.subscribeBars((bar) => series.bars.add(bar), "*");
  stream.on("gap", () => {});
  stream.on("gapOpen", ({ channel, symbols, cause }) => {
    // The last gap may have no records, so that nothing shows when its fill has ended.
    if (channel in series && cause.code !== "stopped")
      problems.push(`a gap of ${channel} of ${symbols} stayed open: ${cause.message}`);
  });
  stream.on("error", ({ code, message }) => problems.push(`${code}: ${message}`));
  return stream;
}

/** Prints a line from time to time, until the end; returns the memory at each. */
async function untilEnd(
  runMs: number,
  { trades, bars }: Readonly<Record<Filled, Series>>,
  stream: StockDataStream,
): Promise<readonly Memory[]> {
  const memory: Memory[] = [];
  for (let passedMs = 0; passedMs < runMs; passedMs += LINE_EVERY_MS) {
    await sleep(Math.min(LINE_EVERY_MS, runMs - passedMs));
    const now = memoryNow(passedMs / 1000, true);
    memory.push(now);
    console.log(
      `${String(Math.round(passedMs / 1000)).padStart(5)} s  trades ${trades.received}  bars ${bars.received}  ` +
        `twice ${trades.repeated + bars.repeated}  reconnects ${stream.metrics.reconnects}  heap ${now.heapMiB.toFixed(0)} MiB`,
    );
  }
  return memory;
}

function allProblems(series: Readonly<Record<Filled, Series>>, sent: Readonly<Record<Filled, number>>): string[] {
  return [...series.trades.problems("trades", sent.trades), ...series.bars.problems("bars", sent.bars)];
}
