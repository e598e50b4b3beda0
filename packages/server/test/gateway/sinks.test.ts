import { VirtualClock } from "@tickerplant/client/testing";
import type { MarketRecord } from "@tickerplant/client/wire";
import { expect, test } from "vitest";
import { quote, trade } from "../../../../verify/shared/records.ts";
import { createGateway } from "../../src/create-gateway.ts";
import type { FeedGap } from "../../src/feeds/feed.ts";
import type { RecordSink } from "../../src/feeds/record-sink.ts";
import type { GatewayEvent } from "../../src/gateway/gateway-events.ts";
import { ManualFeed } from "./support/manual-feed.ts";
import { MemoryPeer } from "./support/memory-peer.ts";

const GAP: FeedGap = {
  channel: "trades",
  symbols: ["A"],
  from: new Date(1000),
  to: new Date(2000),
  cause: new Error("the upstream connection was lost"),
};

/** A sink that notes what it gets, in order. */
class Notes implements RecordSink {
  readonly seen: unknown[] = [];
  problem: string | undefined;
  /** Called first, to fail. */
  before: (what: unknown) => void = () => {};

  record(record: MarketRecord): void {
    this.#note(record);
  }

  gap(gap: FeedGap): void {
    this.#note(gap);
  }

  flush(): void {
    this.#note("flush");
  }

  #note(what: unknown): void {
    this.before(what);
    this.seen.push(what);
  }
}

function setUp() {
  const feed = new ManualFeed();
  const clock = new VirtualClock();
  const events: GatewayEvent[] = [];
  const gateway = createGateway({ feeds: { iex: feed, sip: feed }, clock, onEvent: (event) => events.push(event) });
  void gateway.start();
  return { gateway, feed, clock, events };
}

test("sinks get every record, gap and end of a turn in order, whether or not clients are subscribed", async () => {
  const { gateway, feed, clock, events } = setUp();
  const [first, second] = [new Notes(), new Notes()];
  gateway.addSink(feed, first);
  feed.publish(trade("A", 1), quote("B", 2));
  feed.gap(GAP);
  gateway.addSink(feed, second);
  feed.publish(trade("A", 3));
  await clock.settle();
  expect(first.seen).toEqual([trade("A", 1), quote("B", 2), GAP, trade("A", 3), "flush"]);
  expect(second.seen).toEqual([trade("A", 3), "flush"]);
  expect(events).toEqual([{ type: "gap", feeds: ["iex", "sip"], gap: GAP }]);
});

test("an endpoint names the problem of a sink, and the failure of one that was removed", async () => {
  const { gateway, feed } = setUp();
  const [first, second] = [new Notes(), new Notes()];
  gateway.addSink(feed, first);
  gateway.addSink(feed, second);
  const problems = () => gateway.endpoints.map(({ problem, sinkProblem }) => problem ?? sinkProblem);
  expect(problems()).toEqual([undefined, undefined]);
  second.problem = "the disk is full";
  expect(problems()).toEqual([second.problem, second.problem]);
  second.problem = undefined;
  expect(problems()).toEqual([undefined, undefined]);
  first.before = () => {
    throw new Error("broken");
  };
  feed.publish(trade("A", 1));
  const failed = "a sink failed and was removed; the log has its error";
  expect(problems()).toEqual([failed, failed]);
});

test.each([
  ["a record", (what: unknown) => typeof what === "object"],
  ["a gap", (what: unknown) => what === GAP],
  ["the end of a turn", (what: unknown) => what === "flush"],
])(
  "a sink that throws at %s is reported once and removed; clients and other sinks get everything",
  async (_at, isIt) => {
    const { gateway, feed, clock, events } = setUp();
    const [before, failing, after] = [new Notes(), new Notes(), new Notes()];
    for (const sink of [before, failing, after]) gateway.addSink(feed, sink);
    const peer = new MemoryPeer(gateway).subscribe({ trades: ["*"] });
    const error = new Error("the disk is full");
    failing.before = (what) => {
      if (isIt(what)) throw error;
    };
    for (let id = 1; id <= 3; id++) {
      feed.publish(trade("A", id));
      feed.gap(GAP);
      await clock.settle();
    }
    const all = [1, 2, 3].flatMap((id) => [trade("A", id), GAP, "flush"]);
    expect(before.seen).toEqual(all);
    expect(after.seen).toEqual(all);
    expect(failing.seen.length).toBeLessThan(3);
    expect(peer.take().map(({ i }) => i)).toEqual([1, 2, 3]);
    const failures = events.filter(({ type }) => type === "sinkFailed");
    expect(failures).toEqual([{ type: "sinkFailed", feeds: ["iex", "sip"], error }]);
  },
);

test("a sink that was removed gets nothing more, and the others go on", async () => {
  const { gateway, feed, clock } = setUp();
  const [leaver, stayer] = [new Notes(), new Notes()];
  const remove = gateway.addSink(feed, leaver);
  gateway.addSink(feed, stayer);
  leaver.before = () => remove();
  feed.publish(trade("A", 1), trade("A", 2));
  remove();
  await clock.settle();
  expect(leaver.seen).toEqual([trade("A", 1)]);
  expect(stayer.seen).toEqual([trade("A", 1), trade("A", 2), "flush"]);
});

test("a value that is no record reaches no sink, and its error goes to the feed", () => {
  const { gateway, feed } = setUp();
  const sink = new Notes();
  gateway.addSink(feed, sink);
  expect(() => feed.publish({ T: "t", S: "A" } as unknown as MarketRecord)).toThrow(TypeError);
  expect(sink.seen).toEqual([]);
});

test("a sink needs a feed that the gateway serves", () => {
  expect(() => setUp().gateway.addSink(new ManualFeed(), new Notes())).toThrow(RangeError);
});
