import { type AnyRecord, StockDataStream, StreamError, systemClock } from "@tickerplant/client";
import type { Command } from "commander";
import { simulator } from "../../feeds/simulator/simulator.ts";
import { testFeed } from "../../feeds/simulator/test-feed.ts";
import { createGateway } from "../../gateway/gateway.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import { Board } from "../board/board.ts";
import * as parse from "../input/option-parsers.ts";
import { failure, onInterrupt, orUsageError, runCommand } from "../output/exit.ts";
import { Log } from "../output/log.ts";
import { showCount, showDuration } from "../output/numbers.ts";
import { plainLines } from "../output/record-format.ts";
import { outputFailure, RecordOutput, type RecordView } from "../output/record-output.ts";
import { logProblems } from "../output/stream-log.ts";
import { connectionInstructions } from "./connection-instructions.ts";
import { openPort } from "./open-port.ts";

interface DemoOptions {
  readonly symbols: number | readonly string[];
  readonly rate: number;
  readonly seed: number;
  readonly port: number;
  readonly duration?: number;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ tickerplant demo
  $ tickerplant demo --duration 10                   ends by itself
  $ tickerplant demo --symbols AAPL,MSFT,NVDA --rate 20
  $ tickerplant demo --symbols 8000 --rate 50000     a busy day
  $ tickerplant demo --port 8765                     and connect to it from elsewhere

Nothing leaves this machine, no account is needed, and every price is made up.`;

/** Key and secret of the demo's own client; its gateway takes any. */
const DEMO_KEY = "demo";

/** Adds `tickerplant demo`: simulator, gateway and client in one process, and a live board. */
export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .summary("show a simulated market, through a real gateway and the real client")
    .description(
      "Runs the simulator, the gateway, a real websocket and the real client in one process, and shows the tape live.",
    )
    .option("--symbols <n|list>", "how many made-up stocks, or which", parse.symbolsOrCount, 60)
    .option("--rate <n>", "quotes and trades a second", parse.positiveNumber, 400)
    .option("--seed <n>", "equal seeds give equal records", parse.integer, 1)
    .option("--port <n>", "port of the gateway; 0 for any that is free", parse.port, 0)
    .option("--duration <seconds>", "end after so many seconds", parse.positiveNumber)
    .option("--json", "log JSON lines")
    .addHelpText("after", EXAMPLES)
    .action((options: DemoOptions) => {
      const log = new Log({ json: options.json ?? false });
      return runCommand(log, () => demo(options, log));
    });
}

async function demo({ symbols, rate, seed, port, duration }: DemoOptions, log: Log): Promise<void> {
  const source = orUsageError(() => simulator({ symbols, rate, seed }));
  const gateway = createGateway({ feeds: { iex: source, sip: source, test: testFeed() } });
  const listener = await openPort(gateway, { port });
  const introduction = [
    `A simulated market, every price made up, at ${listener.url}`,
    ...connectionInstructions(listener.url, DEMO_KEY, DEMO_KEY),
    process.stdout.isTTY ? "" : "No terminal: quotes are counted and not printed.",
  ];
  const running = gateway.start();
  running.catch(() => {}); // told below

  const stream = new StockDataStream<boolean>({
    apiKey: DEMO_KEY,
    secretKey: DEMO_KEY,
    urlOverride: `${listener.url}/v2/iex`,
  });
  const startedMs = performance.now();
  let problem: unknown;
  const end = (reason?: Error): void => {
    problem ??= reason;
    void stream.close();
  };
  const view = viewFor(stream, log, introduction.length, end);
  const all = ["*"];
  stream.subscribe(
    {
      trades: all,
      quotes: all,
      bars: all,
      updatedBars: all,
      statuses: all,
      lulds: all,
      imbalances: all,
      corrections: all,
      cancelErrors: all,
    },
    (record) => view.show(record as AnyRecord), // rawData is not asked for
    { concurrency: 1 },
  );
  logProblems(stream, log);
  const removeInterruptHandlers = onInterrupt(() => end());
  log.text(introduction);
  if (log.json) log.info("serving", { url: listener.url, port: listener.port, paths: gateway.paths });
  const timer = duration === undefined ? undefined : systemClock.setTimer(end, duration * 1000);
  try {
    await Promise.race([stream.run(), running]);
  } catch (error) {
    problem ??= error;
  }
  systemClock.clearTimer(timer);
  await stream.close();
  await view.end();
  await listener.close(GATEWAY_LIMITS.closeTimeoutMs);
  removeInterruptHandlers();
  if (problem instanceof StreamError) throw failure(problem.message, problem);
  if (problem !== undefined) throw problem;
  logSummary(stream, log, (performance.now() - startedMs) / 1000);
}

/** A board on a terminal. Elsewhere lines, without quotes: nine of ten records are quotes, and nobody reads them. */
function viewFor(
  stream: StockDataStream<boolean>,
  log: Log,
  introductionLines: number,
  end: (reason?: Error) => void,
): RecordView<AnyRecord> {
  const { stdout } = process;
  if (stdout.isTTY) {
    return new Board(stdout, {
      stream,
      log,
      onFailure: (error) => end(outputFailure(error)),
      reservedLines: log.isWatched ? introductionLines : 0,
    });
  }
  const output = new RecordOutput(stdout, plainLines(), (error) => end(outputFailure(error)));
  return {
    show: (record) => (record.channel === "quotes" ? undefined : output.show(record)),
    end: () => output.end(),
  };
}

function logSummary({ metrics }: StockDataStream<boolean>, log: Log, seconds: number): void {
  const { recordCount, lagSinceStart: lag, dropped, reconnects } = metrics;
  const rate = Math.round(recordCount / seconds);
  log.info(
    `${showCount(recordCount)} records in ${seconds.toFixed(1)} s (${showCount(rate)}/s), ` +
      `lag p50 ${showDuration(lag.p50)} p99 ${showDuration(lag.p99)}, ${showCount(dropped)} dropped`,
    { recordCount, seconds, lagP50Ms: lag.p50, lagP99Ms: lag.p99, dropped, reconnects },
  );
}
