import type { VirtualClock } from "@tickerplant/client/testing";
import {
  CLUSTER_LIMITS,
  ClusterError,
  FeedReader,
  type Frame,
  FrameKind,
  type LogMessage,
  type LogStart,
  type MessageLog,
  type SkippedFrames,
} from "@tickerplant/cluster";
import { ModelLog } from "@tickerplant/cluster/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeEvent } from "../../src/frames/feed-event.ts";
import { decodeFrame } from "../../src/frames/frame.ts";
import { emptyFrame, ingest, seededClock } from "../support/feed.ts";

let clock: VirtualClock;
let log: ModelLog;
let ending: AbortController;

beforeEach(() => {
  clock = seededClock(1);
  log = new ModelLog(() => clock.now());
  ending = new AbortController();
});

afterEach(async () => {
  ending.abort();
  await clock.advance(0);
  expect(clock.pendingTimers).toBe(0);
});

/** A reader that runs, and what it has reported: `f3` for frame 3, `rewound 3`, `skipped 1000-2000`, `caught up`, a code. */
class TestReader {
  readonly reader: FeedReader;
  readonly reports: string[] = [];
  readonly skipped: SkippedFrames[] = [];
  readonly lost: ClusterError[] = [];
  readonly running: Promise<void>;

  constructor(over: MessageLog = log, start: LogStart = { sequence: 1 }, onFrame: (frame: Frame) => void = () => {}) {
    this.reader = new FeedReader({
      log: over,
      clock,
      start,
      events: {
        frame: (frame) => {
          this.reports.push(`f${frame.number}`);
          onFrame(frame);
        },
        skipped: (skipped) => {
          this.reports.push(`skipped ${skipped.fromMs}-${skipped.toMs}`);
          this.skipped.push(skipped);
        },
        rewound: (number) => this.reports.push(`rewound ${number}`),
        caughtUp: () => this.reports.push("caught up"),
        lost: (error) => {
          this.reports.push(error.code);
          this.lost.push(error);
        },
      },
    });
    this.running = this.reader.run(ending.signal);
  }

  /** Returns what was reported since the last call. */
  async next(ms = 0): Promise<string[]> {
    await clock.advance(ms);
    return this.reports.splice(0);
  }
}

let epochStart = 1;

async function append(epoch: number, count = 1, fields: Partial<Frame> = {}): Promise<void> {
  for (let made = 0; made < count; made++) {
    const { lastSequence } = await log.state();
    const last = await log.get(lastSequence);
    const previousEpoch = last && decodeFrame(last.bytes).epoch;
    const isFirst = previousEpoch !== epoch;
    if (isFirst) epochStart = lastSequence + 1;
    const header = {
      number: lastSequence + 1,
      epoch,
      epochStart,
      ...(isFirst && { kind: FrameKind.EVENT }),
      ...fields,
    };
    const event = encodeEvent({ type: "epoch", ingest: ingest("x"), previousEpoch });
    await log.append(emptyFrame(header, isFirst ? event : undefined), lastSequence, { epoch, epochStart });
  }
}

/** A log whose reads a test changes. */
function logWith(read: (message: LogMessage, pass: (message: LogMessage) => void) => void): MessageLog {
  return {
    append: (...args) => log.append(...args),
    state: () => log.state(),
    get: (sequence) => log.get(sequence),
    read: (start, onMessage, signal) => log.read(start, (message) => read(message, onMessage), signal),
  };
}

describe("a reader of a feed", () => {
  test("a reader gets each frame once and in order, those that come later as well, and reports when it has caught up", async () => {
    await append(1, 3);
    const own = new TestReader();
    expect(await own.next()).toEqual(["f1", "f2", "f3", "caught up"]);
    await append(1, 2);
    expect(await own.next()).toEqual(["f4", "f5"]);
    expect(own.reader.position).toMatchObject({ logId: "1", number: 5, epoch: 1, completeMs: 5_000 });
  });

  test("a reader of an empty log has caught up at once, and waits", async () => {
    const own = new TestReader();
    expect(await own.next()).toEqual(["caught up"]);
    await append(1);
    expect(await own.next()).toEqual(["f1"]);
  });

  test("a reader that starts at a time gets the frames that arrived since", async () => {
    await append(1, 2);
    await clock.advance(10_000);
    const sinceMs = clock.now();
    await append(1, 2);
    expect(await new TestReader(log, { sinceMs }).next()).toEqual(["f3", "f4", "caught up"]);
  });

  test("a reader that starts at a time behind the last frame has caught up at once", async () => {
    await append(1, 2);
    const own = new TestReader(log, { sinceMs: clock.now() + 1_000 });
    expect(await own.next()).toEqual(["caught up"]);
    await clock.advance(2_000);
    await append(1);
    expect(await own.next()).toEqual(["f3"]);
  });

  test("a reader of a log whose frames were all removed has caught up at once", async () => {
    await append(1, 2);
    log.removeUpTo(2);
    expect(await new TestReader(log, { sinceMs: 0 }).next()).toEqual(["caught up"]);
    expect(await new TestReader(log, { sequence: 1 }).next()).toEqual(["caught up"]);
  });

  test("frames of unknown kinds are passed on", async () => {
    await append(1, 1, { kind: 77 as FrameKind }); // of a later version
    const kinds: number[] = [];
    await append(1, 1, { kind: FrameKind.HEARTBEAT });
    const own = new TestReader(log, { sequence: 1 }, ({ kind }) => kinds.push(kind));
    expect(await own.next()).toEqual(["f1", "f2", "caught up"]);
    expect(kinds).toEqual([77, FrameKind.HEARTBEAT]);
  });

  test("what a listener throws ends the reader", async () => {
    await append(1);
    const own = new TestReader(log, { sequence: 1 }, () => {
      throw new RangeError("a defect of the listener");
    });
    await expect(own.running).rejects.toThrow(RangeError);
  });

  test("a reader ends when it is told to, in the middle of a pause as well", async () => {
    const own = new TestReader(
      Object.assign(
        logWith(() => {}),
        { state: () => Promise.reject(failure("unreachable")) },
      ),
    );
    await own.next(1_000);
    ending.abort();
    await own.running;
  });
});

describe("a reader and what NATS does to it", () => {
  test("a message that a consumer leaves out is read again, and is not reported", async () => {
    const left = new Set([1, 4]);
    const over = logWith((message, pass) => {
      if (!left.delete(message.sequence)) pass(message);
    });
    await append(1, 5);
    const own = new TestReader(over);
    const reports = await own.next(1_000);
    expect(reports.filter((report) => report !== "caught up")).toEqual(["f1", "f2", "f3", "f4", "f5"]);
  });

  test("a message that was left out and then lost by the log is not taken for one that was removed", async () => {
    await append(1, 5);
    let isFirst = true;
    const own = new TestReader(
      logWith((message, pass) => {
        if (isFirst && message.sequence === 3) return;
        if (isFirst && message.sequence === 4) {
          isFirst = false;
          log.truncate(2); // after the message was sent
        }
        pass(message);
      }),
    );
    await own.next();
    await append(2, 1);
    expect(await own.next(2 * CLUSTER_LIMITS.silentMs + CLUSTER_LIMITS.retryMaxMs)).toContain("f3");
    expect([own.reader.position?.epoch, own.skipped]).toEqual([2, []]);
  });

  test("messages that a consumer repeats are passed over", async () => {
    const over = logWith((message, pass) => {
      pass(message);
      pass(message);
    });
    await append(1, 3);
    expect(await new TestReader(over).next(1_000)).toEqual(["f1", "f2", "f3", "caught up"]);
  });

  test("a consumer that gets no more is made again, although it does not fail", async () => {
    let isStuck = false;
    const own = new TestReader(
      logWith((message, pass) => {
        if (!isStuck) pass(message);
      }),
    );
    await append(1);
    await own.next();
    isStuck = true;
    await append(1);
    expect(await own.next(CLUSTER_LIMITS.silentMs - 1)).toEqual([]);
    isStuck = false;
    expect(await own.next(CLUSTER_LIMITS.silentMs + CLUSTER_LIMITS.retryMaxMs)).toEqual(["f2", "caught up"]);
  });

  test("a lost connection is reported once for each cause, and reading goes on behind the last frame", async () => {
    let code: ClusterError["code"] | undefined;
    const over = Object.assign(
      logWith((message, pass) => pass(message)),
      {
        state: () => (code === undefined ? log.state() : Promise.reject(failure(code))),
      },
    );
    await append(1, 2);
    code = "unreachable";
    const own = new TestReader(over);
    expect(await own.next(20_000)).toEqual(["unreachable"]);
    code = "not_allowed";
    expect(await own.next(20_000)).toEqual(["not_allowed"]);
    code = undefined;
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["f1", "f2", "caught up"]);
  });

  test("a frame of a later version is reported, and read behind when it is gone", async () => {
    await append(1, 2);
    const later = emptyFrame({ number: 3 });
    later[1] = 9;
    await log.append(later, 2, { epoch: 1, epochStart: 1 });
    await log.append(emptyFrame({ number: 4 }), 3, { epoch: 1, epochStart: 1 });
    const own = new TestReader();
    expect(await own.next(20_000)).toEqual(["f1", "f2", "unknown_version"]);
    log.removeUpTo(3);
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["skipped 2000-4000", "f4", "caught up"]);
  });

  test("a message of another program is reported as not_a_frame", async () => {
    await log.append(new Uint8Array([1]), 0, { epoch: 1, epochStart: 1 });
    expect(await new TestReader().next()).toEqual(["not_a_frame"]);
  });

  test("a message that was copied from elsewhere is reported as not_a_frame", async () => {
    await log.append(emptyFrame({ number: 5 }), 0, { epoch: 1, epochStart: 1 });
    const own = new TestReader();
    await own.next();
    expect(own.lost[0]?.message).toBe("message 1 of the stream has the frame 5");
  });
});

describe("a reader and frames that are gone", () => {
  /** A reader that has read the first frames and is away until its connection is back. */
  async function away(count: number): Promise<{ own: TestReader; comeBack: () => void }> {
    let isAway = false;
    let fail: (error: ClusterError) => void = () => {};
    const own = new TestReader({
      ...logWith(() => {}),
      state: () => (isAway ? Promise.reject(failure("unreachable")) : log.state()),
      read: (start, onMessage, signal) =>
        Promise.race([log.read(start, onMessage, signal), new Promise<void>((_, reject) => (fail = reject))]),
    });
    await append(1, count);
    await own.next();
    isAway = true;
    fail(failure("unreachable"));
    await own.next(1_000);
    return { own, comeBack: () => (isAway = false) };
  }

  test("frames that were removed before they were read are reported with the times of their records", async () => {
    const { own, comeBack } = await away(2);
    await append(1, 4);
    log.removeUpTo(4);
    comeBack();
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["skipped 2000-5000", "f5", "f6", "caught up"]);
    expect(own.skipped[0]?.cause).toMatchObject({ code: "log_truncated", message: expect.stringMatching(/^2 frames/) });
  });

  test("the end of what is missing is that of the first complete frame, because one with a gap does not say it", async () => {
    const { own, comeBack } = await away(2);
    await append(1, 2);
    await append(1, 2, { completeMs: 2_500, isComplete: false });
    await append(1);
    log.removeUpTo(4);
    comeBack();
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["f5", "f6", "skipped 2000-7000", "f7", "caught up"]);
  });

  test("nothing is reported as skipped where a reader begins", async () => {
    await append(1, 5);
    log.removeUpTo(3);
    expect(await new TestReader().next()).toEqual(["f4", "f5", "caught up"]);
  });

  test("frames that were lost and written anew are read again from the first of them", async () => {
    const { own, comeBack } = await away(6);
    log.truncate(3);
    await append(2, 5);
    comeBack();
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["rewound 4", "f4", "f5", "f6", "f7", "f8", "caught up"]);
  });

  test("frames that were lost and not yet written anew are reported once, however often the connection is lost", async () => {
    const { own, comeBack } = await away(6);
    log.truncate(3);
    comeBack();
    const reports = await own.next(60_000);
    expect(reports).toEqual(["rewound 4", "caught up"]);
    await append(2, 1);
    expect(await own.next()).toEqual(["f4"]);
  });

  test("frames that two leaders wrote anew, one behind the other, are read again from the first of them", async () => {
    const { own, comeBack } = await away(9);
    log.truncate(3);
    await append(2, 2);
    await append(3, 6);
    comeBack();
    expect((await own.next(CLUSTER_LIMITS.retryMaxMs)).slice(0, 3)).toEqual(["rewound 4", "f4", "f5"]);
  });

  test("frames that were written anew up to where a reader is are noticed by the first frame of the next leader", async () => {
    const { own, comeBack } = await away(6);
    log.truncate(3);
    await append(2, 3);
    await append(3, 1);
    comeBack();
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["rewound 4", "f4", "f5", "f6", "f7", "caught up"]);
  });

  test("frames that two leaders wrote anew are all read again, although the log is still shorter than it was", async () => {
    const { own, comeBack } = await away(9);
    log.truncate(3);
    await append(2, 2);
    comeBack();
    expect(await own.next(CLUSTER_LIMITS.retryMaxMs)).toEqual(["rewound 4", "f4", "f5", "caught up"]);
  });

  test("frames that were lost, written anew and removed before they were read are reported as skipped", async () => {
    const { own, comeBack } = await away(6);
    log.truncate(3);
    await append(2, 7);
    log.removeUpTo(7);
    comeBack();
    expect(await own.next(2 * CLUSTER_LIMITS.retryMaxMs)).toEqual([
      "rewound 4",
      "skipped 6000-8000",
      "f8",
      "f9",
      "f10",
      "caught up",
    ]);
  });

  test("a reader whose consumer waits behind the end notices that the log has lost frames", async () => {
    const own = new TestReader();
    await append(1, 50);
    await own.next();
    log.truncate(10);
    await append(2, 1);
    expect(await own.next(2 * CLUSTER_LIMITS.silentMs + CLUSTER_LIMITS.retryMaxMs)).toEqual([
      "rewound 11",
      "f11",
      "caught up",
    ]);
  });

  test("a stream that was deleted and made again is read from its beginning", async () => {
    const own = new TestReader();
    await append(1, 3);
    await own.next();
    log.recreate();
    await append(1, 2);
    expect((await own.next(1_000)).slice(1)).toEqual(["skipped 3000-3000", "f1", "f2", "caught up"]);
    expect(own.reader.position).toMatchObject({ logId: "2", number: 2 });
  });

  test("a reader that starts behind the end of a log goes back to it", async () => {
    await append(1, 3);
    const own = new TestReader(log, { sequence: 10 });
    expect(await own.next()).toEqual(["rewound 4", "caught up"]);
    await append(1);
    expect(await own.next()).toEqual(["f4"]);
  });
});

function failure(code: ClusterError["code"]): ClusterError {
  return new ClusterError(code, code);
}
