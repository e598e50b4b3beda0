/**
 * A gateway with a proxy in front of each client that cuts its connections every few seconds.
 *
 * It publishes trades of the symbol `WARM` all the time, which show that a client is connected.
 * When asked to play, it publishes the trades that are counted (1,000 numbered trades per second, or
 * recorded trades at 1,800 times their speed) and cuts connections meanwhile.
 *
 * Usage: reconnect-server.js CLIENTS
 */
import type { AnyRecord, Trade } from "@tickerplant/client";
import { createGateway, type Feed, type FeedSink, listen, replay } from "tickerplant";
import { CuttingProxy } from "#verify/shared/cutting-proxy.js";
import { recordTime, trade } from "#verify/shared/records.js";
import { answerQuestions } from "../worker.ts";
import { type DataSet, REAL_TICKS } from "../workload.ts";

/** Questions: first for the ports of the proxies, then to play a data set for `ms` milliseconds. */
export type ReconnectQuestion =
  | { readonly do: "ports" }
  | { readonly do: "play"; readonly dataSet: DataSet; readonly ms: number };

/** The answer to `play`. */
export interface Played {
  /** Number of trades published. */
  readonly published: number;
  /** Times of each client's cuts, in milliseconds since the Unix epoch. */
  readonly cutsMs: readonly (readonly number[])[];
}

/** Numbered trades per second: measures gaps to the millisecond. */
const RATE = 1000;
/** Plays a day in 30 seconds. */
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
  return trade(symbol, id, recordTime(Date.now()));
}

/** Publishes numbered trades at {@link RATE}, a batch at each tick of a timer. */
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
