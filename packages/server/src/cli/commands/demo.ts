import { type AnyRecord, StockDataStream, StreamError, systemClock } from "@tickerplant/client";
import { StockHistory, type StockSnapshot } from "@tickerplant/client/history";
import type { Command } from "commander";
import { createGateway } from "../../create-gateway.ts";
import { simulator } from "../../feeds/simulator/simulator.ts";
import { testFeed } from "../../feeds/simulator/test-feed.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import { Board } from "../board/board.ts";
import { isScreen } from "../board/terminal/screen.ts";
import * as parse from "../input/option-parsers.ts";
import { failure, onInterrupt, orUsageError, runCommand } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { openPage } from "../output/open-page.ts";
import { plainLine } from "../output/plain-line.ts";
import { plainLines } from "../output/record-format.ts";
import { outputFailure, RecordOutput, type RecordView } from "../output/record-output.ts";
import { logProblems } from "../output/stream-log.ts";
import { logSummary } from "../output/stream-summary.ts";
import { connectionInstructions } from "./connection-instructions.ts";
import { openPort } from "./open-port.ts";
import { pastBarsFrom } from "./past-bars.ts";
import { StreamEnd } from "./stream-end.ts";

interface DemoOptions {
  readonly symbols: number | readonly string[];
  readonly rate: number;
  readonly seed: number;
  readonly past: number;
  readonly port: number;
  readonly duration?: number;
  readonly open?: true;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant demo
  $ tickerplant demo --open                          opens the page of the market in a browser
  $ tickerplant demo --duration 10                   stops after 10 seconds
  $ tickerplant demo --symbols AAPL,MSFT,NVDA --rate 20
  $ tickerplant demo --symbols 8000 --rate 50000     a busy market
  $ tickerplant demo --port 8765                     a fixed port, for other clients to connect to

The demo needs no account and no network. All prices are simulated.`;

/** Key and secret of the demo's client; its gateway accepts any. */
const DEMO_KEY = "demo";

/** Minutes of the past by default: as many minute bars as a chart shows. */
const PAST_MINUTES = 90;

/** Adds `tickerplant demo`: simulator, gateway and client in one process, with a live board. */
export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .summary("show a simulated market, streamed through a local gateway")
    .description(
      "Runs the simulator, the gateway and the client in one process, connected by a WebSocket, and shows the market live.",
    )
    .option("--symbols <n|list>", "number of simulated stocks, or symbols", parse.symbolsOrCount, 60)
    .option("--rate <n>", "quotes and trades per second", parse.positiveNumber, 400)
    .option("--seed <n>", "the same seed gives the same records", parse.integer, 1)
    .option("--past <minutes>", "minutes of the past, for charts and history", parse.pastMinutes, PAST_MINUTES)
    .option("--port <n>", "port of the gateway; 0 for a free one", parse.port, 0)
    .option("--duration <seconds>", "stop after this many seconds", parse.positiveNumber)
    .option("--open", "open the page of the market in a browser")
    .option("--json", "write log messages as JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((options: DemoOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => demo(options, log));
    });
}

async function demo(options: DemoOptions, log: Log): Promise<void> {
  const { symbols, rate, seed, past, port, duration } = options;
  const source = orUsageError(() => simulator({ symbols, rate, seed, pastS: past * 60 }));
  const gateway = createGateway({ feeds: { iex: source, sip: source, test: testFeed() } });
  const listener = await openPort(gateway, { port });
  const stream = new StockDataStream<boolean>({
    apiKey: DEMO_KEY,
    secretKey: DEMO_KEY,
    urlOverride: `${listener.url}/v2/iex`,
  });
  const ending = new StreamEnd(stream);
  const removeInterruptHandlers = onInterrupt(() => ending.end());
  log.text(introductionOf(listener.url));
  const view = viewFor(stream, log, pageUrl(listener.url), ending.end);
  subscribeToAll(stream, view);
  logProblems(stream, log);
  if (log.json) log.info("serving", { url: listener.url, port: listener.port, paths: gateway.paths });

  // After the address is printed: the past is drawn in one turn.
  const feedEnd = gateway.start();
  feedEnd.catch(() => {}); // handled below
  if (options.open) openPage(pageUrl(listener.url), log);

  const startedMs = performance.now();
  const timer = duration === undefined ? undefined : systemClock.setTimer(() => ending.end(), duration * 1000);
  try {
    await Promise.race([stream.run(), feedEnd]);
  } catch (error) {
    ending.problem ??= error as Error; // neither a stream nor a feed rejects with anything else
  }
  systemClock.clearTimer(timer);
  await stream.close();
  await view.end();
  await listener.close(GATEWAY_LIMITS.closeTimeoutMs);
  removeInterruptHandlers();
  if (ending.problem instanceof StreamError) throw failure(ending.problem.message, ending.problem);
  if (ending.problem !== undefined) throw ending.problem;
  logSummary(stream.metrics, log, (performance.now() - startedMs) / 1000);
}

function introductionOf(url: string): readonly string[] {
  return [
    `Page of the simulated market: ${pageUrl(url)}`,
    `Simulated market at ${url}`,
    ...connectionInstructions(url, DEMO_KEY, DEMO_KEY),
    isScreen(process.stdout, process.env)
      ? ""
      : "Standard output is no terminal that can show the board: quotes are counted and not printed.",
  ];
}

/** Returns the address of the page that a gateway serves. */
function pageUrl(gatewayUrl: string): string {
  return `${gatewayUrl.replace(/^ws/, "http")}/`;
}

function subscribeToAll(stream: StockDataStream<boolean>, view: RecordView<AnyRecord>): void {
  const all = ["*"];
  stream.subscribe(
    {
      trades: all,
      quotes: all,
      bars: all,
      updatedBars: all,
      dailyBars: all,
      statuses: all,
      lulds: all,
      imbalances: all,
      corrections: all,
      cancelErrors: all,
    },
    (record) => view.show(record as AnyRecord), // raw records come only with rawData
    { concurrency: 1 },
  );
}

function previousClosesOf(snapshots: ReadonlyMap<string, StockSnapshot>): Map<string, number> {
  const closes = new Map<string, number>();
  for (const [symbol, { previousDailyBar }] of snapshots)
    if (previousDailyBar !== undefined) closes.set(symbol, previousDailyBar.close);
  return closes;
}

/** Returns a board for a terminal. Otherwise returns lines without quotes, which are nine of ten records. */
function viewFor(
  stream: StockDataStream<boolean>,
  log: Log,
  address: string,
  end: (problem?: Error) => void,
): RecordView<AnyRecord> {
  const { stdout, stdin } = process;
  if (isScreen(stdout, process.env)) {
    const history = new StockHistory({ apiKey: DEMO_KEY, secretKey: DEMO_KEY, urlOverride: address });
    return new Board(stdout, {
      stream,
      log,
      feed: "iex",
      source: "simulated",
      address,
      pastBars: pastBarsFrom((range, symbol) => history.bars(symbol, range)),
      previousCloses: async (symbols) => previousClosesOf(await history.snapshots(...symbols)),
      input: stdin,
      onFailure: (error) => end(outputFailure(error)),
      onQuit: () => end(),
    });
  }
  const output = new RecordOutput(stdout, plainLines(plainLine), (error) => end(outputFailure(error)));
  return {
    show: (record) => (record.channel === "quotes" ? undefined : output.show(record)),
    end: () => output.end(),
  };
}
