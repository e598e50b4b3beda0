import { STOCK_SCHEMA } from "@tickerplant/client";
import { ClusterError, decodeEvent, FrameKind } from "@tickerplant/cluster";
import { expect, test } from "vitest";
import { FrameRecorder } from "../../../src/cli/recording/frame-recorder.ts";

test("a frame recorder reports bars of skipped frames from the start of their minute", () => {
  const gaps: unknown[] = [];
  const ignore = (): void => {};
  const sink = {
    frame: ignore,
    history: ignore,
    reached: ignore,
    filled: ignore,
    gap: (gap: unknown) => gaps.push(gap),
  };
  const recorder = new FrameRecorder({ cluster: { FrameKind, decodeEvent }, sink, schema: STOCK_SCHEMA });
  recorder.stateChanged({ carried: { trades: ["*"], bars: ["A"] }, isOnDemand: false });
  const cause = new ClusterError("log_truncated", "3 frames are gone");
  recorder.skipped({ fromMs: 600_000, toMs: 660_000, cause });
  const to = new Date(660_000);
  expect(gaps).toEqual([
    { channel: "trades", symbols: ["*"], from: new Date(600_000), to, cause },
    { channel: "bars", symbols: ["A"], from: new Date(540_000), to, cause },
  ]);
});
