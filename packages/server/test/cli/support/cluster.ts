import { STOCK_SCHEMA, systemClock } from "@tickerplant/client";
import { beginEpoch, Cluster, type FeedState, FeedWriter } from "@tickerplant/cluster";
import { onTestFinished } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import { type Cli, start } from "./cli.ts";

const STATE: FeedState = { carried: { trades: ["*"] }, isOnDemand: false, source: "simulated" };

/** Writes ten trades of A a second into the feed `sip`, with ids from 1, until the end of the test. */
export async function ingest(servers: string): Promise<void> {
  const clock = systemClock;
  const cluster = await Cluster.connect({ servers, name: "ingest" });
  const { log } = await cluster.openFeed("sip");
  const epoch = await beginEpoch(log, 1, { name: "london", id: "london-1", version: "1.2.3" }, clock);
  const writer = new FeedWriter({
    log,
    schema: STOCK_SCHEMA,
    clock,
    ...epoch,
    watermark: () => ({ completeMs: clock.now(), isComplete: true }),
    failed: (error) => {
      throw error;
    },
    troubled: () => {},
  });
  writer.event({ type: "state", state: STATE });
  let id = 0;
  const timer = setInterval(() => {
    writer.add(trade("A", ++id, recordTime(clock.now())), undefined, false);
    writer.flush();
  }, 100);
  onTestFinished(async () => {
    clearInterval(timer);
    writer.end();
    await cluster.close();
  });
}

/** Starts a gateway of a cluster on a free port; resolves when clients can connect. */
export async function serveCluster(...args: string[]): Promise<{ server: Cli; url: string }> {
  const server = start(["serve", "--port", "0", ...args]);
  const [, url = ""] = await server.says(/serving cluster nats:\/\/\S+ at (ws:\/\/127\.0\.0\.1:\d+)/);
  return { server, url };
}
