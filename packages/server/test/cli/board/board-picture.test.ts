import { type AnyRecord, type Connector, StockDataStream } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { afterEach, expect, test, vi } from "vitest";
import { Board } from "../../../src/cli/board/board.ts";
import { Log } from "../../../src/cli/output/log.ts";
import { createGateway } from "../../../src/create-gateway.ts";
import { simulator } from "../../../src/feeds/simulator/simulator.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { FakeTerminal } from "./support/fake-terminal.ts";
import { ScreenModel } from "./support/screen-model.ts";
import { screenSvg } from "./support/screen-svg.ts";

/** A Friday's open in New York. */
const START = new Date("2025-11-14T14:30:00Z");

const SIZE = { columns: 110, rows: 30 };

/** Long enough for prices to move. */
const DURATION_MS = 60_000;

/** The board's interval. */
const STEP_MS = 125;

afterEach(() => {
  vi.useRealTimers();
});

test("docs/board.svg shows the demo's board as it is drawn now (npm run picture draws it again)", async () => {
  const screen = await drawBoard();
  expect(screen.lines()).toHaveLength(SIZE.rows);
  await expect(screenSvg("The board of tickerplant demo", screen.cells())).toMatchFileSnapshot(
    "../../../../../docs/board.svg",
  );
});

/** Runs simulator, gateway, client and board in virtual time, and returns the screen at the end. */
async function drawBoard(): Promise<ScreenModel> {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"], now: START }); // the board's
  const clock = new VirtualClock({ startMs: START.getTime() });
  const market = simulator({ symbols: 60, rate: 400, seed: 1, start: START, clock });
  const gateway = createGateway({ feeds: { iex: market }, clock });
  const stream = new StockDataStream<boolean>({ apiKey: "demo", secretKey: "demo", clock, connector: link(gateway) });
  const terminal = new FakeTerminal(SIZE.columns, SIZE.rows);
  const board = new Board(terminal.output, {
    stream,
    log: new Log({ json: false, stream: terminal.output }),
    feed: "iex",
    source: "simulated",
    pastBars: undefined,
    address: "http://127.0.0.1:8765/",
    input: terminal.input,
    onFailure: () => {},
    onQuit: () => {},
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
  terminal.press("", "down");
  const screen = new ScreenModel(SIZE.columns, SIZE.rows);
  await screen.write(terminal.read());
  await board.end();
  void stream.close();
  void gateway.close();
  await clock.advance(60_000);
  return screen;
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
