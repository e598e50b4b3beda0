import { type AnyRecord, type Connector, StockDataStream } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { afterEach, expect, test, vi } from "vitest";
import { Board } from "../../../src/cli/board/board.ts";
import { LiveText } from "../../../src/cli/output/live-text.ts";
import { Log } from "../../../src/cli/output/log.ts";
import { createGateway } from "../../../src/create-gateway.ts";
import { simulator } from "../../../src/feeds/simulator/simulator.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { terminalSvg } from "./support/terminal-svg.ts";

/** A Friday's open in New York. */
const START = new Date("2025-11-14T14:30:00Z");

const SIZE = { columns: 108, rows: 20 };

/** Long enough for prices to move. */
const DURATION_MS = 60_000;

/** The board's interval. */
const STEP_MS = 125;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("docs/board.svg shows the demo's board as it is drawn now (npm run picture draws it again)", async () => {
  const text = await drawBoard();
  expect(text.split("\n")).toHaveLength(SIZE.rows - 1);
  await expect(terminalSvg("The board of tickerplant demo", text, SIZE.columns)).toMatchFileSnapshot(
    "../../../../../docs/board.svg",
  );
});

/** Runs simulator, gateway, client and board in virtual time, and returns the board's last drawing. */
async function drawBoard(): Promise<string> {
  vi.stubEnv("TZ", "America/New_York"); // the board shows local time
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }); // the board's
  const drawings = vi.spyOn(LiveText.prototype, "show").mockImplementation(() => {});
  const clock = new VirtualClock({ startMs: START.getTime() });
  const market = simulator({ symbols: 60, rate: 400, seed: 1, start: START, clock });
  const gateway = createGateway({ feeds: { iex: market }, clock });
  const stream = new StockDataStream<boolean>({ apiKey: "demo", secretKey: "demo", clock, connector: link(gateway) });
  const board = new Board(terminal(), {
    stream,
    log: new Log({ json: false, stream: terminal() }),
    onFailure: () => {},
  });
  const all = ["*"];
  const channels = { trades: all, quotes: all, bars: all, updatedBars: all, statuses: all };
  stream.subscribe(channels, (record) => board.show(record as AnyRecord)); // rawData is not asked for
  void gateway.start();
  void stream.run();
  for (let timeMs = 0; timeMs < DURATION_MS; timeMs += STEP_MS) {
    await clock.advance(STEP_MS);
    vi.advanceTimersByTime(STEP_MS);
  }
  const text = drawings.mock.lastCall?.[0] ?? "";
  await board.end();
  void stream.close();
  void gateway.close();
  await clock.advance(60_000);
  return text;
}

/** Connects a stream to a gateway without a network. */
function link(gateway: Gateway): Connector {
  return {
    setsHeaders: true,
    pings: false,
    pauses: false,
    connect: ({ url, headers }, events) => {
      const close = (code: number, reason: string): void => {
        connection.closed();
        queueMicrotask(() => events.closed(code, reason, undefined));
      };
      const socket = {
        send: (frame: Uint8Array, _isBinary: boolean, done: () => void) => {
          queueMicrotask(() => {
            events.frame(frame);
            done();
          });
        },
        cutWithin: () => {},
        close,
      };
      queueMicrotask(() => events.opened()); // before the first frame
      const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      const connection = gateway.accept(socket, {
        url: new URL(url).pathname,
        headers: Object.fromEntries(lowerCase),
      });
      const send = (frame: Uint8Array): void => connection.receive(frame.slice());
      return { send, ping: () => {}, pause: () => {}, resume: () => {}, close };
    },
  };
}

/** A terminal with colours, as far as a board and a log use it. */
function terminal(): NodeJS.WriteStream {
  const stream = {
    isTTY: true,
    ...SIZE,
    hasColors: () => true,
    on: () => stream,
    once: () => stream,
    write: () => true,
  };
  return stream as unknown as NodeJS.WriteStream; // the rest of one is not used
}
