/**
 * A gateway whose clients are cut off every few seconds, each behind a proxy of its own.
 *
 * Trades of the symbol `WARM` are published all the time, so that a client can be seen to be there.
 * Asked to play, it publishes the trades that are counted: a thousand numbered ones a second, or
 * recorded ones at 1,800 times their speed, and cuts connections meanwhile.
 *
 * Usage: reconnect-server.js CLIENTS
 */
import { type AnyRecord, Trade } from "@tickerplant/client";
import { createGateway, type Feed, type FeedSink, listen, replay } from "tickerplant";
import { answerQuestions } from "../worker.ts";
import { type DataSet, REAL_TICKS } from "../workload.ts";
import { CuttingProxy } from "./cutting-proxy.ts";

/** What it is asked: first for the ports, then to play a data set for some time. */
export type ReconnectQuestion =
  | { readonly do: "ports" }
  | { readonly do: "play"; readonly dataSet: DataSet; readonly ms: number };

/** What it answers when it has played. */
export interface Played {
  /** How many trades it published. */
  readonly published: number;
  /** When the connections of each client were cut, in milliseconds since the Unix epoch. */
  readonly cutsMs: readonly (readonly number[])[];
}

/** Trades a second that the numbered data set has: a hole is known to the millisecond. */
const RATE = 1000;
/** A day in 30 seconds. */
const REPLAY_SPEED = 1800;
const WARM_INTERVAL_MS = 100;

let sink: FeedSink | undefined;
const feed: Feed = {
  paced: true,
  run: (to, signal) => {
    sink = to;
    const timer = setInterval(() => to.publish(numberedTrade("WARM", 0)), WARM_INTERVAL_MS);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        clearInterval(timer);
        resolve();
      });
    });
  },
};
const gateway = createGateway({ feeds: { iex: feed } });
void gateway.start();
const { port } = await listen(gateway);
const proxies = await Promise.all(Array.from({ length: Number(process.argv[2]) }, () => CuttingProxy.listen(port)));

answerQuestions<ReconnectQuestion>(async (question) => {
  if (question.do === "ports") return proxies.map((proxy) => proxy.port);
  for (const proxy of proxies) proxy.start();
  const published = await (question.dataSet === "simulated" ? playNumbers(question.ms) : playTicks());
  for (const proxy of proxies) proxy.stop();
  return { published, cutsMs: proxies.map(({ cutsMs }) => cutsMs) } satisfies Played;
});

function numberedTrade(symbol: string, id: number): Trade {
  const nowMs = Date.now();
  return new Trade(symbol, Math.floor(nowMs / 1000), (nowMs % 1000) * 1_000_000, id, "V", 100.25, 50, ["@"], "C");
}

/** Publishes by the clock, in steps of its timer. */
function playNumbers(ms: number): Promise<number> {
  const startedAt = performance.now();
  let published = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = Math.min(performance.now() - startedAt, ms);
      while (published < (elapsedMs * RATE) / 1000) sink?.publish(numberedTrade("NUMBERED", ++published));
      if (elapsedMs < ms) return;
      clearInterval(timer);
      resolve(published);
    }, 1);
  });
}

async function playTicks(): Promise<number> {
  let published = 0;
  const publish = (record: AnyRecord): void => {
    if (record.channel !== "trades") return;
    published++;
    sink?.publish(record);
  };
  const ticks = replay([REAL_TICKS], { speed: REPLAY_SPEED });
  await ticks.run({ publish, room: () => undefined }, new AbortController().signal);
  return published;
}
