import { STOCK_SCHEMA, StreamError } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { ClusterError, type MessageLog } from "@tickerplant/cluster";
import { describe, expect, it } from "vitest";
import { BEGIN_S, IngestWorld, type ScriptedFeed, trade } from "./support/ingest-world.ts";

/** Longer than a lease, so that a follower has taken over. */
const TAKE_OVER_MS = 6_000;

describe("Ingest", () => {
  it("leads at once when nobody does, and tells what it carries", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();

    expect((await world.records()).map(({ seconds }) => seconds - BEGIN_S)).toEqual([1, 2, 3]);
    expect((await world.events("epoch")).map(({ ingest }) => ingest.name)).toEqual(["a"]);
    expect((await world.events("state")).at(-1)?.state).toMatchObject({ carried: { trades: ["*"] } });
    expect(a.feed.resume).toBeUndefined();
    expect(a.ingest.report).toMatchObject({ role: "leader", epoch: 1, waitingFrames: 0, counts: { records: 3 } });
  });

  it("follows while another leads, and takes over at once when that one stops in order", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    const b = world.start("b");
    a.feed.trades(1, 2, 3);
    await world.clock.advance(1_000);
    expect(b.ingest.report.role).toBe("follower");
    a.stop.abort();
    await world.clock.advance(1_500);

    expect(a.outcome).toEqual({ error: undefined });
    expect(b.events.map(({ type }) => type)).toEqual(["following", "leading"]);
    expect(b.feed.resume).toBeDefined();
    expect((await world.lease()).ingest.name).toBe("b");
  });

  it("takes over from a leader that is silent for the lease, which then cannot write any more", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2);
    const b = world.start("b");
    await world.clock.advance(1_000);
    const unreachable = new ClusterError("unreachable", "NATS did not answer in time");
    world.leases.update = () => Promise.reject(unreachable);
    await world.clock.advance(4_000);
    expect(a.events.findLast(({ type }) => type !== "failed")).toMatchObject({ type: "stoppedLeading" });
    expect(a.feed.isRunning).toBe(false);
    Reflect.deleteProperty(world.leases, "update");
    await world.clock.advance(TAKE_OVER_MS);
    a.feeds[0]?.trades(3);
    const leader = [a, b].find(({ ingest }) => ingest.report.role === "leader");
    leader?.feed.trades(4);
    await world.clock.settle();

    expect((await world.records()).map(({ seconds }) => seconds - BEGIN_S)).toEqual([1, 2, 4]);
  });

  it("does not count what the log has lost as published when it takes over", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();
    const { lastSequence } = await world.log.state();
    const b = world.start("b");
    a.feed.trades(11, 12, 13);
    await world.clock.advance(100);
    a.stop.abort();
    await world.clock.settle();
    world.log.truncate(lastSequence);
    await world.clock.advance(10_000);

    expect(b.events.findLast(({ type }) => type === "failed")).toMatchObject({
      error: { message: `the stream has lost frames from ${lastSequence + 1} on, and has others there` },
    });
    expect(b.ingest.report.role).toBe("leader");
    expect(b.feed.resume?.heardMs).toBeLessThanOrEqual((BEGIN_S + 3) * 1000);
  });

  it("begins anew when the log loses the first frame of its epoch before it was read", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();
    const { lastSequence } = await world.log.state();
    let isMute = true;
    const log: MessageLog = {
      append: (...args) => world.log.append(...args),
      state: () => world.log.state(),
      get: (sequence) => world.log.get(sequence),
      // At first a consumer that brings nothing.
      read: (start, onMessage, signal) => world.log.read(start, isMute ? () => {} : onMessage, signal),
    };
    const b = world.start("b", { ports: { log, leases: world.leases, readers: world.readers } });
    await world.clock.advance(100);
    a.stop.abort();
    await world.clock.advance(2_000);
    expect((await world.events("epoch")).at(-1)?.ingest.name).toBe("b");
    world.log.truncate(lastSequence);
    isMute = false;
    await world.clock.advance(20_000);

    expect(b.ingest.report.role).toBe("leader");
  });

  it("is fenced off by the first frame of the next epoch, and closes its source", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1);
    await world.clock.settle();
    const entry = await world.leases.get("sip");
    await world.leases.remove("sip"); // as if the leases were lost: both believe that they lead
    const b = world.start("b");
    await world.clock.settle();
    expect(b.ingest.report.role).toBe("leader");
    const [source] = a.feeds;
    source?.trades(2);
    await world.clock.settle();

    expect(entry).toBeDefined();
    expect(source?.isRunning).toBe(false);
    expect(a.events.find(({ type }) => type === "stoppedLeading")).toMatchObject({ cause: { code: "fenced" } });
    expect((await world.records()).map(({ seconds }) => seconds - BEGIN_S)).toEqual([1]);
  });

  it("keeps the watermark where the source was complete, until it is again", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();
    a.feed.isCurrent = false;
    a.feed.trades(60, 61, 62);
    await world.clock.settle();
    const during = (await world.frames()).at(-1);
    a.feed.isCurrent = true;
    a.feed.trades(63);
    await world.clock.settle();

    expect(during).toMatchObject({ isComplete: false, completeMs: (BEGIN_S + 2) * 1000 });
    expect((await world.frames()).at(-1)).toMatchObject({ isComplete: true, completeMs: (BEGIN_S + 62) * 1000 });
  });

  it("lets the next leader continue at the watermark, with everything that was published behind it", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();
    a.feed.isCurrent = false;
    a.feed.trades(60, 61, 62);
    await world.clock.settle();
    const b = world.start("b");
    await world.clock.advance(1_000);
    a.stop.abort();
    await world.clock.advance(1_500);

    expect(b.events.find(({ type }) => type === "leading")).toMatchObject({ resumedMs: (BEGIN_S + 2) * 1000 });
    expect(b.feed.resume?.isComplete).toBe(false);
  });

  it("tells what its predecessor carried until its source has confirmed it, so that a third one fills as well", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2);
    const unconfirming = (feed: ScriptedFeed): void => {
      feed.isConfirming = false;
    };
    const b = world.start("b", {}, unconfirming);
    await world.clock.advance(1_000);
    a.stop.abort();
    await world.clock.advance(1_500);
    expect(b.ingest.report).toMatchObject({ role: "leader", state: { carried: { trades: ["*"] } } });
    const c = world.start("c");
    await world.clock.advance(1_000);
    b.stop.abort();
    await world.clock.advance(1_500);

    expect(c.feed.resume).toBeDefined();
    expect((await world.lease()).state.carried).toEqual({ trades: ["*"] });
  });

  it("leaves what its source does not fill any more to the next leader when it is stopped", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();
    a.feed.isCurrent = false;
    a.feed.trades(11, 12, 13);
    a.stop.abort();
    a.feed.sink?.gap?.({
      channel: "trades",
      symbols: ["*"],
      from: new Date((BEGIN_S + 3) * 1000),
      to: new Date((BEGIN_S + 11) * 1000),
      cause: new StreamError("stopped", "the stream was stopped before the gap was filled"),
    });
    a.feed.isCurrent = true; // its gaps are over
    await world.clock.settle();

    expect(await world.records()).toHaveLength(6);
    expect(await world.events("gap")).toEqual([]);
    expect((await world.frames()).at(-1)?.completeMs).toBeLessThanOrEqual((BEGIN_S + 3) * 1000);
  });

  it("writes gaps, fills and outages of its source in their order among the records", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    const { feed } = a;
    const range = { channel: "trades", symbols: ["*"], from: new Date(1_000), to: new Date(2_000) };
    feed.trades(1);
    feed.sink?.gap?.({ ...range, cause: new StreamError("connection_lost", "it broke") });
    feed.trades(2);
    feed.sink?.report?.({ type: "filled", ...range, recordCount: 7 });
    feed.sink?.outage?.({ number: 406, message: "connection limit exceeded", isTerminal: false });
    await world.clock.settle();

    expect(await world.events("gap")).toEqual([
      {
        type: "gap",
        channel: "trades",
        symbols: ["*"],
        fromMs: 1_000,
        toMs: 2_000,
        cause: "connection_lost",
        message: "it broke",
      },
    ]);
    expect(await world.events("filled")).toMatchObject([{ recordCount: 7, fromMs: 1_000, toMs: 2_000 }]);
    expect(await world.events("outage")).toMatchObject([{ number: 406 }]);
    const kinds = (await world.frames()).slice(-5).map(({ kind, recordCount }) => [kind, recordCount]);
    expect(kinds).toEqual([
      [1, 1],
      [3, 0],
      [1, 1],
      [3, 0],
      [3, 0],
    ]);
  });

  it("reports symbols that its source rejects, to readers and to its own log", async () => {
    const world = new IngestWorld();
    const a = world.start("a", { symbols: { trades: ["*"], quotes: ["*"] } }, (feed) => {
      feed.demand = ({ requests }) => {
        for (const request of requests)
          if ("quotes" in request.symbols) request.reject({ number: 409, message: "insufficient subscription" });
          else request.confirm();
      };
    });
    await world.clock.settle();

    expect(await world.events("rejected")).toMatchObject([{ symbols: { quotes: ["*"] }, number: 409 }]);
    expect(a.events).toContainEqual(expect.objectContaining({ type: "rejected", number: 409 }));
    expect((await world.events("state")).at(-1)?.state.carried).toEqual({ trades: ["*"] });
  });

  it("ends when its source ends, and ends those that follow it", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    const b = world.start("b");
    await world.clock.advance(1_000);
    a.feed.trades(1);
    a.feed.end();
    await world.clock.advance(1_000);

    expect(a.outcome).toEqual({ error: undefined });
    expect(b.outcome).toEqual({ error: undefined });
    expect(b.feeds).toEqual([]);
    expect(await world.events("ended")).toHaveLength(1);
    expect((await world.records()).map(({ seconds }) => seconds - BEGIN_S)).toEqual([1]);
  });

  it("fails with its source, once what came before is written, and lets another take over", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    const b = world.start("b");
    await world.clock.advance(1_000);
    a.feed.trades(1);
    a.feed.fail(new Error("the file is damaged"));
    await world.clock.advance(1_500);

    expect(a.outcome).toEqual({ error: new Error("the file is damaged") });
    expect(b.ingest.report.role).toBe("leader");
    expect((await world.records()).map(({ seconds }) => seconds - BEGIN_S)).toEqual([1]);
  });

  it("waits while the log cannot be reached at its start, says so once, and then leads", async () => {
    const world = new IngestWorld();
    world.log.state = () => Promise.reject(new ClusterError("unreachable", "NATS did not answer in time"));
    const a = world.start("a");
    await world.clock.advance(3_000);
    expect(a.feeds).toEqual([]);
    Reflect.deleteProperty(world.log, "state");
    await world.clock.advance(5_000);

    expect(a.ingest.report.role).toBe("leader");
    const reports = a.events.filter(({ type }) => type === "failed");
    expect(new Set(reports.map((event) => (event.type === "failed" ? event.error.message : ""))).size).toBe(1);
  });

  it("subscribes on demand to what gateways ask for, and releases what none asks for any more", async () => {
    const world = new IngestWorld();
    const a = world.start("a", { symbols: { trades: ["AAPL"] }, isOnDemand: true });
    await world.clock.settle();
    expect((await world.events("state")).at(-1)?.state).toMatchObject({ isOnDemand: true });
    await world.readers.put("sip.one", JSON.stringify({ wants: { trades: ["AAPL", "MSFT"] } }));
    await world.readers.put("iex.two", JSON.stringify({ wants: { trades: ["TSLA"] } }));
    await world.clock.advance(1_000);
    expect((await world.lease()).state.carried).toEqual({ trades: ["AAPL", "MSFT"] });
    await world.readers.remove("sip.one");
    await world.clock.advance(1_000);

    expect((await world.events("state")).at(-1)?.state.carried).toEqual({ trades: ["AAPL"] });
    expect(a.feed.changes.at(-1)?.released).toEqual({ trades: ["MSFT"] });
    expect(a.feed.changes.flatMap(({ requests }) => requests.map(({ symbols }) => symbols))).toEqual([
      { trades: ["AAPL"] },
      { trades: ["MSFT"] },
    ]);
  });

  it("drops what its predecessor carried on demand and no gateway asks for any more", async () => {
    const world = new IngestWorld();
    const options = { symbols: {}, isOnDemand: true };
    const a = world.start("a", options);
    await world.readers.put("sip.one", JSON.stringify({ wants: { trades: ["AAPL", "MSFT"] } }));
    await world.clock.advance(1_000);
    a.feed.trades(1, 2);
    await world.clock.settle();
    const b = world.start("b", options);
    await world.clock.advance(1_000);
    await world.readers.put("sip.one", JSON.stringify({ wants: { trades: ["MSFT"] } }));
    a.stop.abort();
    await world.clock.advance(2_000);

    expect(b.ingest.report).toMatchObject({ role: "leader", state: { carried: { trades: ["MSFT"] } } });
  });

  it("keeps the bytes of records as they came", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    const record = trade(1);
    const own = new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA).record(trade(1, "MSFT")).slice();
    a.feed.sink?.publish(record, { codec: Codec.MSGPACK, frame: own, start: 0, end: own.length });
    await world.clock.settle();

    expect((await world.records()).map(({ symbol }) => symbol)).toEqual(["MSFT"]);
  });
});
