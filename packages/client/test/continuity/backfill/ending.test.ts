import { describe, expect, test } from "vitest";
import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import * as LIMITS from "../../../src/limits.ts";
import { World } from "../support/world.ts";

/** A history whose answers wait until `answer` is called. */
function lateHistory() {
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  return { before: () => answered, answer };
}

/** What a world with a slow history has reported and delivered of AAPL, in order. */
function seenOf(world: World): unknown[] {
  const seen: unknown[] = [];
  const { stream } = world.opened;
  stream.subscribeTrades(({ id }) => seen.push(Number(id)), "AAPL");
  stream.on("gapFilled", () => seen.push("filled"));
  stream.on("gapOpen", ({ cause }) => seen.push(cause.code));
  return seen;
}

/** Trade 1 is delivered, trade 2 is lost with the connection, trade 3 is held behind the gap. */
async function holdBehindGap(world: World): Promise<void> {
  await world.start();
  world.trade("AAPL");
  await world.advance(100);
  world.cut();
  world.trade("AAPL");
  await world.advance(1_000);
  world.trade("AAPL");
  await world.advance(1_000);
}

const untilNormalClose = { reconnect: { afterNormalClose: false } } as const;

describe("a stream that ends by itself during a fill", () => {
  test("delivers what the fill brings and the records held behind it, after the server's normal close", async () => {
    const { before, answer } = lateHistory();
    const world = new World({ before }, untilNormalClose);
    const seen = seenOf(world);
    await holdBehindGap(world);
    world.session?.close();
    await world.advance(10_000);
    expect(seen).toEqual([1]);
    expect(world.opened.outcome).toBeUndefined();
    answer();
    await world.advance(10_000);
    expect(seen).toEqual([1, 2, "filled", 3]);
    expect(world.opened.outcome).toEqual({ error: undefined });
  });

  test("delivers the records of a symbol that was lost again, when its attempts to reconnect are used up", async () => {
    const { before, answer } = lateHistory();
    const world = new World({ before }, { reconnect: { maxAttempts: 1 } });
    const seen = seenOf(world);
    await holdBehindGap(world);
    world.opened.gateway.network.isUnreachable = true;
    world.cut();
    await world.advance(20_000);
    expect(world.opened.statuses.at(-1)?.state).not.toBe("closed");
    answer();
    await world.advance(20_000);
    expect(seen).toEqual([1, 2, "filled", 3]);
    expect(world.opened.outcome).toMatchObject({ error: { code: "reconnect_limit" } });
  });

  test("reports the gap as open after half a minute, then delivers the records held behind it", async () => {
    const world = new World({ before: () => new Promise(() => {}) }, untilNormalClose);
    const seen = seenOf(world);
    await holdBehindGap(world);
    world.session?.close();
    await world.advance(LIMITS.endFillsMs - 1);
    expect(seen).toEqual([1]);
    await world.advance(1);
    expect(seen).toEqual([1, "stopped", 3]);
    expect(world.opened.outcome).toEqual({ error: undefined });
  });

  test("ends at once when it is stopped", async () => {
    const world = new World({ before: () => new Promise(() => {}) }, untilNormalClose);
    const seen = seenOf(world);
    await holdBehindGap(world);
    world.session?.close();
    await world.advance(10);
    void world.opened.stream.stop();
    await world.opened.clock.settle();
    expect(seen).toEqual([1, "stopped"]);
    expect(world.opened.outcome).toEqual({ error: undefined });
    expect(world.opened.clock.pendingTimers).toBe(0);
  });
});

describe("a server that ends while symbols are not active again", () => {
  /** Loses a trade, and ends before it confirms the symbol. */
  async function endUnconfirmed(world: World): Promise<void> {
    const { opened } = world;
    const session = await opened.serving();
    world.session = session;
    world.trade("AAPL");
    await world.advance(100);
    world.cut();
    world.trade("AAPL");
    const handshake = opened.gateway.handshake();
    await world.advance(2_000);
    (await handshake).close();
    await world.advance(LIMITS.endFillsMs);
  }

  test("leaves a gap up to its end, which is filled", async () => {
    const world = new World({}, untilNormalClose);
    const seen = seenOf(world);
    await endUnconfirmed(world);
    expect(seen).toEqual([1, 2, "filled"]);
    expect(world.gaps).toBe(1);
    expect(world.opened.outcome).toEqual({ error: undefined });
  });

  test("leaves a gap that is reported, without a history", async () => {
    const world = new World({ channels: [] }, untilNormalClose);
    const seen = seenOf(world);
    await endUnconfirmed(world);
    expect(seen).toEqual([1, "no_history"]);
    expect(world.gaps).toBe(1);
  });
});

test("records that a full hold has to release come after the report that their gap stays open", async () => {
  const world = new World({ before: () => new Promise(() => {}) });
  const seen = seenOf(world);
  await holdBehindGap(world);
  const now = recordTime(world.opened.clock.now());
  // Behind half of the limit the stream stops reading, at the end of the frame.
  const more = Array.from({ length: LIMITS.maxHeld }, (_, index) => trade("AAPL", 4 + index, now));
  world.session?.records(...more.splice(0, LIMITS.maxHeld / 2 - 10));
  world.session?.records(...more);
  await world.opened.clock.settle();
  expect(seen.slice(0, 4)).toEqual([1, "hold_full", 3, 4]);
});
