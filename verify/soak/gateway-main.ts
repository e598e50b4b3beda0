/**
 * The gateway of the soak, in its own process so that the client's memory can be measured. Started by
 * run.ts, which sends it messages. Arguments: records a second, number of symbols, seed, `fillable` for
 * the records alone that fills bring.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, type GatewayEvent, listen, simulator } from "tickerplant";
import { NumberedFeed } from "./numbered-feed.ts";
import type { Answers, Question } from "./questions.ts";

const [rate = "50000", symbols = "8000", seed = "1", records] = process.argv.slice(2);

/** Time between two cuts. */
const BETWEEN_CUTS_MS = { from: 2_500, to: 6_500 };
/** One in so many cuts leaves the connection half open, which the client has to detect. */
const CUTS_PER_HALF_OPEN = 6;
/** Time from the last cut to the end of the market, in which the client reconnects and catches up. */
const AFTER_LAST_CUT_MS = 6_000;
/** Bars are published right after their minute: every other minute a cut is timed to lose them. */
const MINUTE_MS = 60_000;
const BEFORE_MINUTE_MS = 60;

const market = simulator({ seed: Number(seed), rate: Number(rate), symbols: Number(symbols) });
const feed = new NumberedFeed(market, records === "fillable");
const gateway = createGateway({ feeds: { iex: feed }, onEvent });
const listener = await listen(gateway, { start: false }); // the feed starts when the client has subscribed
let isSubscribed = false;
let isFinishing = false;
let cuts = 0;

function onEvent(event: GatewayEvent): void {
  if (event.type === "subscribed") isSubscribed = true;
  if (event.type !== "left") return;
  isSubscribed = false;
  // One fault a connection: the next one starts without.
  delete gateway.faults.cutAfterRecords;
  delete gateway.faults.isHalfOpen;
}

/** Cuts the connection repeatedly: mostly within a frame, sometimes by leaving it half open. */
async function cutRepeatedly(): Promise<void> {
  for (let aimed = 0; !isFinishing; ) {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const toMinuteMs = (minute + 1) * MINUTE_MS - BEFORE_MINUTE_MS - Date.now();
    const waitMs = BETWEEN_CUTS_MS.from + Math.random() * (BETWEEN_CUTS_MS.to - BETWEEN_CUTS_MS.from);
    const isAimed = minute % 2 === 0 && minute !== aimed && toMinuteMs > 0 && toMinuteMs < BETWEEN_CUTS_MS.to;
    if (isAimed) aimed = minute;
    await sleep(isAimed ? toMinuteMs : waitMs);
    if (!isSubscribed || isFinishing) continue;
    if (++cuts % CUTS_PER_HALF_OPEN === 0) gateway.faults.isHalfOpen = true;
    else gateway.faults.cutAfterRecords = 1;
  }
}

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.type) {
    case "start":
      void gateway.start();
      void cutRepeatedly();
      return { url: listener.url };
    case "classify":
      return feed.published[question.channel].classify(question.first, question.last, question.gaps);
    case "memory":
      globalThis.gc?.();
      return { rssBytes: process.memoryUsage.rss() };
    case "finish": {
      isFinishing = true;
      await sleep(AFTER_LAST_CUT_MS);
      feed.end();
      const { quotes, trades, bars } = feed.published;
      return { published: { quotes: quotes.count, trades: trades.count, bars: bars.count }, cuts };
    }
  }
}

process.on("message", ({ id, question }: { id: number; question: Question }) => {
  void answer(question).then((reply) => process.send?.({ id, reply }));
});
process.on("disconnect", () => process.exit()); // the soak has ended
process.send?.({ id: 0, reply: { url: listener.url } });
