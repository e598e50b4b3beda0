import { Bar, Luld, Quote, type StreamEvents, type StreamMetrics, Trade, TradingStatus } from "@tickerplant/client";
import { FIRST_CONTROLS } from "../../../../src/cli/board/keys/controls.ts";
import { BoardModel } from "../../../../src/cli/board/model/board-model.ts";
import type { Scene } from "../../../../src/cli/board/views/scene.ts";
import type { LiveStream } from "../../../../src/cli/output/live-stream.ts";

/** A Friday's open in New York: 09:30. */
export const OPEN_SECONDS = Date.UTC(2025, 10, 14, 14, 30) / 1000;

const LAG = { p50: 2.1, p99: 8.9, max: 41 };

export const METRICS: StreamMetrics = {
  records: { trades: 10, quotes: 90 },
  recordCount: 100,
  frames: 5,
  bytes: 5_000,
  reconnects: 2,
  unreadable: 0,
  handlerFailures: 0,
  queued: 3,
  dropped: 0,
  conflated: 0,
  lag: LAG,
  lagSinceStart: LAG,
  stalled: 0,
  outliers: 0,
  events: { status: 0, gap: 0, gapFilled: 0, gapOpen: 0, slow: 0, error: 0, warning: 0 },
};

/** A stream of which a test emits the events. */
export class FakeStream implements LiveStream {
  metrics: StreamMetrics = METRICS;
  readonly #listeners = new Map<string, ((event: never) => void)[]>();

  on<Name extends keyof StreamEvents>(name: Name, listener: (event: StreamEvents[Name]) => void): () => void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return () => {};
  }

  emit<Name extends keyof StreamEvents>(name: Name, event: StreamEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event as never); // of this name
  }

  subscribe(): never {
    throw new Error("a board does not subscribe");
  }

  async run(): Promise<void> {}

  async close(): Promise<void> {}
}

export function trade(symbol: string, price: number, size = 100, id = 1, seconds = OPEN_SECONDS): Trade {
  return new Trade(symbol, seconds, 174_000_000, id, "V", price, size, ["@"], "C");
}

export function quote(symbol: string, bid: number, ask: number, seconds = OPEN_SECONDS): Quote {
  return new Quote(symbol, seconds, 0, "Q", bid, 300, "P", ask, 200, ["R"], "C");
}

export function bar(
  symbol: string,
  minute: number,
  [open, high, low, close]: readonly [number, number, number, number],
): Bar {
  return new Bar("bars", symbol, OPEN_SECONDS + minute * 60, 0, open, high, low, close, 1_000, 9, close);
}

export function status(symbol: string, code: string, message: string, reason = ""): TradingStatus {
  return new TradingStatus(symbol, OPEN_SECONDS, 0, code, message, "", reason, "C");
}

export function luld(symbol: string, down: number, up: number): Luld {
  return new Luld(symbol, OPEN_SECONDS, 0, up, down, "B", "C");
}

/** A model that is connected and has a few symbols: AAPL with everything, and quieter ones. */
export function market(stream: FakeStream = new FakeStream()): BoardModel {
  const model = new BoardModel(stream, "simulated");
  stream.emit("status", { state: "authenticated" });
  model.push(quote("AAPL", 272.1, 272.12));
  model.push(trade("AAPL", 272.12, 100, 1));
  model.push(trade("AAPL", 272.1, 12_500, 2));
  model.push(bar("AAPL", 0, [272, 273, 271, 272.5]));
  model.push(bar("AAPL", 1, [272.5, 272.6, 272.1, 272.2]));
  model.push(luld("AAPL", 259, 285.5));
  for (let index = 0; index < 40; index++)
    model.push(trade(`S${String(index).padStart(2, "0")}`, 10 + index, 10, index));
  return model;
}

/** What a frame needs, with a model's symbols in order of their names. */
export function scene(model: BoardModel, more: Partial<Scene> = {}): Scene {
  const rows = [...model.symbols.values()];
  return {
    model,
    rows,
    selected: rows[0],
    moves: new Map(),
    controls: FIRST_CONTROLS,
    isPaused: false,
    top: 0,
    log: [],
    notice: undefined,
    feed: "iex",
    address: undefined,
    hasKeys: true,
    nowMs: OPEN_SECONDS * 1000,
    ...more,
  };
}
