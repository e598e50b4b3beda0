import { StreamError } from "@tickerplant/client";
import { ClusterError } from "@tickerplant/cluster";
import { describe, expect, it } from "vitest";
import { waitingReport } from "../../src/ingest/ingest-report.ts";
import { BEGIN_S, IngestWorld, type ScriptedFeed } from "./support/ingest-world.ts";

const UNREACHABLE = new ClusterError("unreachable", "NATS did not answer in time");

/** Makes a scripted source one of the market. */
function makeLive(feed: ScriptedFeed): void {
  Object.assign(feed, { source: "live" });
}

/** A leader `a`, and a follower `b` that has seen it. */
async function pair(): Promise<{ world: IngestWorld } & Record<"a" | "b", ReturnType<IngestWorld["start"]>>> {
  const world = new IngestWorld();
  const a = world.start("a");
  await world.clock.settle();
  const b = world.start("b");
  await world.clock.advance(1_000);
  return { world, a, b };
}

describe("the report of an ingest", () => {
  it("has no problem of a leader whose source sends, nor of a follower that sees the leader", async () => {
    const { a, b } = await pair();
    expect(a.ingest.report).toMatchObject({ feed: "sip", role: "leader", epoch: 1, takeOverCount: 1 });
    expect(b.ingest.report).toMatchObject({ feed: "sip", role: "follower", epoch: 1, takeOverCount: 0 });
    for (const { report } of [a.ingest, b.ingest]) {
      expect(report.leader?.name).toBe("a");
      expect(report.problem).toBeUndefined();
    }
  });

  it("names the cause of a leader whose source is lost, until it is back, and the follower stays ready", async () => {
    const { world, a, b } = await pair();
    a.feed.sink?.report?.({ type: "lost", cause: new StreamError("connection_lost", "the line was cut") });
    await world.clock.advance(1_000);
    expect(a.ingest.report.problem).toBe("the line was cut");
    expect(b.ingest.report.problem).toBeUndefined();
    a.feed.sink?.report?.({ type: "connected", url: "wss://example.com" });
    expect(a.ingest.report.problem).toBeUndefined();
  });

  it("says that a follower does not see the leader once its lease could not be read for its length", async () => {
    const { world, b } = await pair();
    world.leases.get = () => Promise.reject(UNREACHABLE);
    await world.clock.advance(2_000);
    expect(b.ingest.report.problem).toBeUndefined();
    await world.clock.advance(3_000);
    expect(b.ingest.report).toMatchObject({ role: "follower", problem: UNREACHABLE.message });
    Reflect.deleteProperty(world.leases, "get");
    await world.clock.advance(2_000);
    expect(b.ingest.report.problem).toBeUndefined();
  });

  it("says why a leader that has lost its lease sees no other leader, and counts when it leads again", async () => {
    const { world, a } = await pair();
    world.leases.update = () => Promise.reject(UNREACHABLE);
    world.leases.get = () => Promise.reject(UNREACHABLE);
    await world.clock.advance(4_000);
    expect(a.ingest.report).toMatchObject({ role: "follower", problem: UNREACHABLE.message });
    Reflect.deleteProperty(world.leases, "update");
    Reflect.deleteProperty(world.leases, "get");
    await world.clock.advance(10_000);
    const { ingest, epoch } = await world.lease();
    expect(ingest.name).toBe("a"); // nobody else has waited for its own lease to expire
    expect(a.ingest.report).toMatchObject({
      role: "leader",
      epoch,
      leader: ingest,
      takeOverCount: 2,
      problem: undefined,
    });
  });

  it("says that a follower cannot continue the feed while the stream cannot be read", async () => {
    const world = new IngestWorld();
    world.start("a");
    await world.clock.settle();
    world.log.state = () => Promise.reject(UNREACHABLE);
    const b = world.start("b");
    await world.clock.advance(1_000);
    expect(b.ingest.report).toMatchObject({ role: "follower", problem: UNREACHABLE.message });
    Reflect.deleteProperty(world.log, "state");
    await world.clock.advance(5_000);
    expect(b.ingest.report.problem).toBeUndefined();
  });

  it("says that a follower still reads what was published before, and names why it cannot", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    a.feed.trades(1, 2, 3);
    await world.clock.settle();
    world.log.read = () => Promise.reject(UNREACHABLE);
    const failing = world.start("failing");
    await world.clock.settle();
    expect(failing.ingest.report).toMatchObject({ role: "follower", problem: UNREACHABLE.message });
    world.log.read = () => new Promise(() => {});
    const slow = world.start("slow");
    await world.clock.advance(1_000);
    expect(slow.ingest.report.role).toBe("follower");
    expect(slow.ingest.report.problem).toBe("the ingest still reads what was published before");
  });

  it("names the cause while a follower cannot take a lease that was given up", async () => {
    const { world, a, b } = await pair();
    a.stop.abort();
    await world.clock.settle();
    world.leases.update = () => Promise.reject(UNREACHABLE);
    await world.clock.advance(1_500);
    expect(b.ingest.report).toMatchObject({ role: "follower", problem: UNREACHABLE.message });
  });

  it("says that an ingest takes over, until it has written that into the stream", async () => {
    const { world, a, b } = await pair();
    a.stop.abort();
    await world.clock.settle();
    world.log.append = () => Promise.reject(UNREACHABLE);
    await world.clock.advance(1_500);
    const problem = "the ingest takes the feed over, and does not lead yet";
    expect(b.ingest.report).toMatchObject({ role: "follower", problem });
    Reflect.deleteProperty(world.log, "append");
    await world.clock.advance(2_500);
    expect(b.ingest.report).toMatchObject({ role: "leader", problem: undefined });
  });

  it("says after a lost lease that no leader was seen yet, whichever was seen before this ingest led", async () => {
    const { world, a, b } = await pair();
    a.stop.abort();
    await world.clock.advance(1_500);
    expect(b.ingest.report.role).toBe("leader");
    world.leases.get = () => new Promise(() => {});
    world.leases.update = () => new Promise(() => {});
    await world.clock.advance(4_000);
    expect(b.ingest.report).toMatchObject({ role: "follower", problem: "no leader was seen yet" });
  });

  it("does not lead any more once it is fenced off, also while NATS does not let it give its lease up", async () => {
    const world = new IngestWorld();
    const a = world.start("a");
    await world.clock.settle();
    await world.leases.remove("sip"); // as if the leases were lost: both believe that they lead
    world.start("b");
    await world.clock.settle();
    world.leases.update = () => new Promise(() => {});
    a.feed.trades(1);
    await world.clock.settle();
    expect(a.ingest.report.role).toBe("follower");
    expect(a.ingest.report.problem).toBeDefined();
  });

  it("says that an ingest does not run before its start and after its end, also after a failed source", async () => {
    const { world, a, b } = await pair();
    a.feed.fail(new Error("the source has failed"));
    b.stop.abort();
    await world.clock.advance(10_000);
    expect(a.outcome?.error).toBeDefined();
    for (const { report } of [a.ingest, b.ingest])
      expect(report).toMatchObject({ role: "stopped", problem: "the ingest does not run" });
    expect(waitingReport("sip", "NATS is not connected yet")).toMatchObject({
      role: "stopped",
      problem: "NATS is not connected yet",
    });
  });

  it("has the age of the watermark of a leader with a live source, once there are records, and of no other", async () => {
    const world = new IngestWorld();
    const live = world.start("live", {}, makeLive);
    await world.clock.settle();
    expect(live.ingest.report.watermarkAgeMs).toBeUndefined();
    live.feed.trades(1, 2, 3);
    await world.clock.advance(500);
    expect(live.ingest.report.watermarkAgeMs).toBe(world.clock.now() - (BEGIN_S + 2) * 1000);

    const other = new IngestWorld();
    const simulated = other.start("simulated");
    await other.clock.settle();
    simulated.feed.trades(1, 2, 3);
    await other.clock.advance(500);
    expect(simulated.ingest.report.watermarkAgeMs).toBeUndefined();
  });
});
