import type { AnyRecord } from "@tickerplant/client";
import type { LiveStream } from "../output/live-stream.ts";
import { LiveText } from "../output/live-text.ts";
import type { Log } from "../output/log.ts";
import { type Paint, paintFor } from "../output/paint.ts";
import { RateMeter } from "../output/rate-meter.ts";
import type { RecordView } from "../output/record-output.ts";
import { type BoardFooter, type BoardRow, renderBoard } from "./board-layout.ts";

/** Options of a {@link Board}. */
export interface BoardOptions {
  /** Stream whose state and counters the footer shows. */
  readonly stream: LiveStream;
  /** Log whose lines are printed above the board. */
  readonly log: Log;
  /** Called once if writing to the terminal fails. */
  readonly onFailure: (error: NodeJS.ErrnoException) => void;
  /**
   * Lines of the terminal to leave for text above the board.
   *
   * @defaultValue 0
   */
  readonly reservedLines?: number;
}

/** Interval between two redraws, in milliseconds: eight per second look live and cost almost nothing. */
const REDRAW_MS = 125;

/** Most symbols on the board: several times as many as are listed in the US, to limit memory. */
const MAX_SYMBOLS = 50_000;

/** Most trades kept for the line of last trades: more than fit on any terminal. */
const MAX_LAST_TRADES = 40;

/** Shows the newest values of every symbol on a terminal, redrawn in place several times per second. */
export class Board implements RecordView<AnyRecord> {
  readonly #terminal: NodeJS.WriteStream;
  readonly #options: BoardOptions;
  readonly #paint: Paint;
  readonly #live: LiveText;
  readonly #rows = new Map<string, BoardRow>();
  readonly #lastTrades: BoardFooter["lastTrades"] = [];
  readonly #rate = new RateMeter();
  readonly #timer: NodeJS.Timeout;
  #state = "connecting";

  constructor(terminal: NodeJS.WriteStream, options: BoardOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#paint = paintFor(terminal);
    this.#live = new LiveText(terminal);
    terminal.once("error", options.onFailure);
    options.stream.on("status", ({ state }) => {
      this.#state = state;
    });
    options.log.attach(this.#live);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  show(record: AnyRecord): undefined {
    let row = this.#rows.get(record.symbol);
    if (row === undefined) {
      if (this.#rows.size >= MAX_SYMBOLS) return;
      row = newRow(record.symbol);
      this.#rows.set(record.symbol, row);
    }
    update(row, record);
    if (record.channel === "trades") {
      this.#lastTrades.unshift({
        symbol: record.symbol,
        price: record.price,
        size: record.size,
        direction: row.direction,
      });
      if (this.#lastTrades.length > MAX_LAST_TRADES) this.#lastTrades.pop();
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#draw();
    this.#options.log.attach(undefined);
    this.#live.done();
  }

  #draw(): void {
    const { columns = 80, rows = 24 } = this.#terminal;
    const metrics = this.#options.stream.metrics;
    const footer: BoardFooter = {
      lastTrades: this.#lastTrades,
      state: this.#state,
      recordsPerSecond: this.#rate.perSecond(metrics.recordCount),
      metrics,
      symbolCount: this.#rows.size,
    };
    // Leaves one line free for the cursor, and the last column, at which some terminals wrap.
    const size = { columns: columns - 1, lines: rows - 1 - (this.#options.reservedLines ?? 0) };
    this.#live.show(renderBoard([...this.#rows.values()], footer, size, this.#paint));
  }
}

function newRow(symbol: string): BoardRow {
  return { symbol, recordCount: 0, tradeCount: 0, volume: 0, direction: 0, seconds: 0, nanos: 0, status: "" };
}

function update(row: BoardRow, record: AnyRecord): void {
  row.recordCount++;
  row.seconds = record.seconds;
  row.nanos = record.nanos;
  switch (record.channel) {
    case "trades":
      if (row.last !== undefined && record.price !== row.last) row.direction = record.price > row.last ? 1 : -1;
      row.first ??= record.price;
      row.last = record.price;
      row.lastTrade = record;
      row.tradeCount++;
      row.volume += record.size;
      return;
    case "quotes":
      row.quote = record;
      return;
    case "bars":
    case "updatedBars":
    case "dailyBars":
      row.bar = record;
      return;
    case "statuses":
      row.status = isResumption(record.statusCode) ? "" : record.statusMessage;
      return;
    case "lulds":
    case "imbalances":
    case "corrections":
    case "cancelErrors":
      return; // counted, but not shown on the board
  }
}

/** Returns whether a status is the resumption of trading: `T` in UTP's codes, `3` in CTA's. */
function isResumption(statusCode: string): boolean {
  return statusCode === "T" || statusCode === "3";
}
