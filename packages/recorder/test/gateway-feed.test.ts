import { Trade } from "@tickerplant/client";
import { createGateway, type Feed, type RecordSink } from "tickerplant";
import { expect, test } from "vitest";
import { Recorder } from "../src/recorder.ts";
import { query, temporaryFolder } from "./folders.ts";

test("a feed of a gateway is recorded as the gateway publishes it", async () => {
  const dir = temporaryFolder();
  const recorder = await Recorder.open({ dir, feed: "iex" });
  const feed: Feed = {
    paced: true,
    run: async (sink) => {
      for (let id = 0; id < 1_234; id++) sink.publish(new Trade("AAPL", 1_763_130_600, id, id, "V", 1, 1, [], "C"));
    },
  };
  const gateway = createGateway({ feeds: { iex: feed } });
  const sink: RecordSink = recorder.sink; // what the recorder accepts is what a gateway publishes
  gateway.addSink(feed, sink);
  await gateway.start();
  await recorder.close();
  expect(await query(dir, "select count(*)::integer as n, max(id)::integer as last from FILES(trades)")).toEqual([
    { n: 1_234, last: 1_233 },
  ]);
});
