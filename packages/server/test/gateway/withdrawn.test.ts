import { VirtualClock } from "@tickerplant/client/testing";
import { expect, test } from "vitest";
import { createGateway } from "../../src/create-gateway.ts";
import type { FeedSink } from "../../src/feeds/feed.ts";
import { error, MemoryPeer } from "./support/memory-peer.ts";
import { ScriptedUpstream } from "./support/scripted-upstream.ts";

const REJECTION = { number: 410, message: "invalid subscribe action for this feed" };
const CLOSED = { code: 1008, reason: "the feed's source no longer carries a symbol" };

/** A feed that can withdraw symbols. */
class WithdrawingFeed extends ScriptedUpstream {
  #sink: FeedSink | undefined;

  override run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    return super.run(sink, signal);
  }

  withdraw(...trades: string[]): void {
    this.#sink?.withdraw?.({ trades }, REJECTION);
  }
}

async function setUp() {
  const feed = new WithdrawingFeed();
  const clock = new VirtualClock();
  const gateway = createGateway({ feeds: { iex: feed }, clock });
  void gateway.start();
  const reader = new MemoryPeer(gateway).subscribe({ trades: ["A"] });
  await clock.settle();
  feed.confirm();
  reader.take();
  return { feed, clock, gateway, reader };
}

const refused = error(REJECTION.number, REJECTION.message);

test("a client gets the error, and no acknowledgement, if a symbol is withdrawn while it waits for another one of its request", async () => {
  const { feed, clock, gateway, reader } = await setUp();
  const waiting = new MemoryPeer(gateway).subscribe({ trades: ["A", "B"] });
  await clock.settle();
  feed.withdraw("A");
  await clock.settle();
  expect([reader.take(), reader.closed]).toMatchObject([[refused], CLOSED]);
  feed.confirm();
  expect(waiting.take()).toEqual([refused]);
});

test("a client gets the error and is closed if a symbol is withdrawn while its snapshot is requested", async () => {
  const { feed, clock, gateway } = await setUp();
  const waiting = new MemoryPeer(gateway, { url: "/v2/iex?snapshot=1" }).subscribe({ trades: ["A"], quotes: ["A"] });
  await clock.settle();
  feed.confirm();
  expect(feed.newest).toHaveLength(1);
  feed.withdraw("A");
  await clock.settle();
  expect([waiting.take(), waiting.closed]).toMatchObject([[refused], CLOSED]);
});

test("a symbol that was withdrawn is requested of the feed again, also in the same turn", async () => {
  const { feed, clock, gateway } = await setUp();
  feed.withdraw("A");
  const next = new MemoryPeer(gateway).subscribe({ trades: ["A"] });
  await clock.settle();
  expect(feed.requests.map(({ symbols }) => symbols)).toEqual([{ trades: ["A"] }]);
  feed.confirm();
  expect(next.take()).toMatchObject([{ T: "subscription", trades: ["A"] }]);
});
