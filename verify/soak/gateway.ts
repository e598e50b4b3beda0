/**
 * The soak's gateway, in a process of its own so that the client's figures of memory are its own.
 * Started by run.ts, which talks to it by messages: the rate and the number of stocks as arguments.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, type GatewayEvent, listen, simulator } from "tickerplant";
import type { Answers, Question } from "./messages.ts";
import { NumberedFeed } from "./numbered-feed.ts";

const [rate = "50000", symbols = "8000", seed = "1"] = process.argv.slice(2);

/** Between two cuts, at least and at most. */
const CALM_MS = { from: 2_500, to: 6_500 };
/** Each so manieth cut is a link that goes dead without a word, which the client has to find out. */
const CUTS_PER_DEAD_LINK = 6;
/** From the last cut to the market's end: for the client to be back, and its handlers to get on. */
const LAST_CALM_MS = 6_000;
/** Bars come right after their minute: every other minute a cut is aimed at them. */
const MINUTE_MS = 60_000;
const BEFORE_MINUTE_MS = 60;

const feed = new NumberedFeed(simulator({ seed: Number(seed), rate: Number(rate), symbols: Number(symbols) }));
const gateway = createGateway({ feeds: { iex: feed }, onEvent: noted });
const listener = await listen(gateway);
let isSubscribed = false;
let isFinishing = false;
let cuts = 0;

function noted(event: GatewayEvent): void {
  if (event.type === "subscribed") isSubscribed = true;
  if (event.type !== "left") return;
  isSubscribed = false;
  // One connection, one fault: the next is served well again.
  delete gateway.faults.cutAfterRecords;
  delete gateway.faults.isHalfOpen;
}

/** Cuts the client off again and again: mostly within a frame, sometimes by saying nothing any more. */
async function makeTrouble(): Promise<void> {
  for (let aimed = 0; !isFinishing; ) {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const toMinuteMs = (minute + 1) * MINUTE_MS - BEFORE_MINUTE_MS - Date.now();
    const calmMs = CALM_MS.from + Math.random() * (CALM_MS.to - CALM_MS.from);
    const isAimed = minute % 2 === 0 && minute !== aimed && toMinuteMs > 0 && toMinuteMs < CALM_MS.to;
    if (isAimed) aimed = minute;
    await sleep(isAimed ? toMinuteMs : calmMs);
    if (!isSubscribed || isFinishing) continue;
    if (++cuts % CUTS_PER_DEAD_LINK === 0) gateway.faults.isHalfOpen = true;
    else gateway.faults.cutAfterRecords = 1;
  }
}

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.type) {
    case "start":
      void gateway.start();
      void makeTrouble();
      return { url: listener.url };
    case "judge":
      return feed.published[question.channel].judge(question.first, question.last, question.gaps);
    case "memory":
      globalThis.gc?.();
      return { rssBytes: process.memoryUsage.rss() };
    case "finish": {
      isFinishing = true;
      await sleep(LAST_CALM_MS);
      feed.end();
      const { quotes, trades, bars } = feed.published;
      return { published: { quotes: quotes.count, trades: trades.count, bars: bars.count }, cuts };
    }
  }
}

process.on("message", ({ id, question }: { id: number; question: Question }) => {
  void answer(question).then((reply) => process.send?.({ id, reply }));
});
process.on("disconnect", () => process.exit()); // nobody is left to serve
process.send?.({ id: 0, reply: { url: listener.url } });
