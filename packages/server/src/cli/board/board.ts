import { stripVTControlCharacters } from "node:util";
import type { LiveStream } from "../output/live-stream.ts";
import type { Log } from "../output/log.ts";
import type { RecordView } from "../output/record-output.ts";
import { type Action, actionOf } from "./keys/actions.ts";
import { type Controls, controlsAfter, FIRST_CONTROLS } from "./keys/controls.ts";
import { SymbolOrder } from "./keys/symbol-order.ts";
import { MAX_BARS, MAX_LOG_LINES, MAX_REQUESTED_CLOSES } from "./limits.ts";
import type { BoardBar } from "./model/board-bars.ts";
import { BoardModel, type Source } from "./model/board-model.ts";
import type { BoardRecord, BoardSymbol } from "./model/board-symbol.ts";
import { foreign } from "./model/foreign.ts";
import { symbolJson } from "./symbol-json.ts";
import { Painter } from "./terminal/painter.ts";
import { colourModeOf, Palette } from "./terminal/palette.ts";
import { type Key, Screen } from "./terminal/screen.ts";

import { drawFrame } from "./views/frame.ts";
import { LIST_HEAD_ROWS } from "./views/list-view.ts";
import { PriceMoves } from "./views/price-moves.ts";
import { bodyRows, type Scene, type Size, WIDE_COLUMNS } from "./views/scene.ts";

/** Options of a {@link Board}. */
export interface BoardOptions {
  /** Stream whose state and counters the board shows. */
  readonly stream: LiveStream;
  /** Log whose lines the board holds, and prints when it ends. */
  readonly log: Log;
  /** The feed's name. */
  readonly feed: string;
  /** What the records of the feed are. */
  readonly source: Source;
  /** The address of the page, in a demo. */
  readonly address?: string;
  /** Requests the past minutes of a symbol, at most `count`, when it is opened; undefined without a history. */
  readonly pastBars: ((symbol: string, count: number) => Promise<readonly BoardBar[]>) | undefined;
  /** Requests the closes of the day before, of the symbols that have one. Default: changes count from the first trade. */
  readonly previousCloses?: (symbols: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Called if writing to the terminal fails. */
  readonly onFailure: (error: NodeJS.ErrnoException) => void;
  /** Where keys come from. */
  readonly input: NodeJS.ReadStream;
  /** Called when the user wants to end the command. */
  readonly onQuit: () => void;
}

/** Time between two frames, in milliseconds: eight in a second look live and cost almost nothing. */
const FRAME_MS = 125;

/** How long a notice replaces the keys, in milliseconds. */
const NOTICE_MS = 4_000;

/** Shows the newest values of every symbol on a terminal, and what keys ask for. */
export class Board implements RecordView<BoardRecord> {
  readonly #terminal: NodeJS.WriteStream;
  readonly #options: BoardOptions;
  readonly #model: BoardModel;
  readonly #screen: Screen;
  readonly #painter: Painter;
  readonly #order = new SymbolOrder();
  readonly #moves = new PriceMoves();
  readonly #log: string[] = [];
  readonly #timer: NodeJS.Timeout;
  /** The symbols whose past minutes were requested. */
  readonly #requested = new Set<string>();
  /** The symbols whose previous close was requested. */
  readonly #closesRequested = new Set<string>();
  #controls: Controls = FIRST_CONTROLS;
  /** The symbols as they were when the board was paused. */
  #paused: ReadonlyMap<string, BoardSymbol> | undefined;
  #top = 0;
  #notice: { readonly text: string; readonly untilMs: number } | undefined;

  constructor(terminal: NodeJS.WriteStream, options: BoardOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#model = new BoardModel(options.stream, options.source);
    this.#painter = new Painter(new Palette(colourModeOf(terminal, process.env)));
    terminal.on("error", options.onFailure);
    options.log.attach({ print: (line) => this.#logged(line) });
    this.#screen = new Screen(terminal, options.input, {
      key: (text, key) => this.#keyPressed(text, key),
      redraw: () => {
        this.#painter.forget();
        this.#draw();
      },
    });
    this.#screen.open();
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
  }

  /** What the records of the feed are, once that is known. */
  set source(source: Source) {
    this.#model.source = source;
  }

  show(record: BoardRecord): undefined {
    this.#model.push(record);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#screen.close();
    const { log } = this.#options;
    log.attach(undefined);
    for (const line of this.#log) log.put(line);
  }

  #logged(line: string): void {
    this.#log.push(line);
    if (this.#log.length > MAX_LOG_LINES) this.#log.shift();
    if (isWarning(line)) this.#notify(stripVTControlCharacters(line));
  }

  #keyPressed(text: string | undefined, key: Key): void {
    const action = actionOf(text, key, this.#controls.isTyping);
    if (action === undefined) return;
    this.#act(action);
    this.#draw();
  }

  #act(action: Action): void {
    switch (action.kind) {
      case "quit":
        return this.#options.onQuit();
      case "interrupt":
        process.emit("SIGINT", "SIGINT"); // as Ctrl-C does outside of raw mode; on Windows kill would end the process
        return;
      case "suspend":
        return this.#screen.suspend();
      case "redraw":
        return this.#painter.forget();
      case "pause":
        if (!this.#controls.isHelpShown) return this.#pause();
        break;
      case "copy":
        return this.#copy();
      default:
        break;
    }
    const symbols = this.#rows().map(({ symbol }) => symbol);
    const pageLines = bodyRows(this.#size) - LIST_HEAD_ROWS - 1;
    this.#controls = controlsAfter(action, this.#controls, { symbols, pageLines });
    const { selected, view } = this.#controls;
    const symbol = selected === undefined ? undefined : this.#model.symbols.get(selected);
    symbol?.keepDetail();
    if (symbol !== undefined && view === "symbol") void this.#requestPast(symbol);
  }

  /** Requests the past minutes of a symbol, once. */
  async #requestPast(symbol: BoardSymbol): Promise<void> {
    const { pastBars } = this.#options;
    if (pastBars === undefined || this.#requested.has(symbol.symbol)) return;
    this.#requested.add(symbol.symbol);
    try {
      symbol.detail?.minutes.pushPast(await pastBars(symbol.symbol, MAX_BARS));
    } catch (error) {
      this.#notify(`no past bars of ${symbol.name}: ${(error as Error).message}`); // a request rejects with nothing else
    }
  }

  /** Requests the previous closes of symbols that are new, once for each. */
  async #requestCloses(): Promise<void> {
    const { previousCloses } = this.#options;
    if (previousCloses === undefined) return;
    const added = [...this.#model.symbols.keys()].filter((symbol) => !this.#closesRequested.has(symbol));
    const symbols = added.slice(0, MAX_REQUESTED_CLOSES);
    if (symbols.length === 0) return;
    for (const symbol of symbols) this.#closesRequested.add(symbol);
    try {
      for (const [symbol, close] of await previousCloses(symbols)) {
        const known = this.#model.symbols.get(symbol);
        if (known !== undefined) known.previousClose = close;
      }
    } catch (error) {
      this.#notify(`no previous closes: ${(error as Error).message}`); // a request rejects with nothing else
    }
  }

  #pause(): void {
    const { symbols } = this.#model;
    this.#paused =
      this.#paused === undefined ? new Map([...symbols].map(([name, each]) => [name, each.copy()])) : undefined;
    this.#order.forget();
  }

  /** Copies the selected symbol by the terminal's own clipboard, which works through a connection as well. */
  #copy(): void {
    const selected = this.#selected(this.#rows());
    if (selected === undefined) return;
    this.#screen.write(`\u001b]52;c;${Buffer.from(symbolJson(selected)).toString("base64")}\u0007`);
    this.#notify(`${selected.name} copied as JSON, if the terminal allows it`);
  }

  #notify(text: string): void {
    this.#notice = { text: foreign(text), untilMs: performance.now() + NOTICE_MS };
  }

  get #size(): Size {
    const { columns = 80, rows = 24 } = this.#terminal;
    return { columns, rows };
  }

  get #symbols(): ReadonlyMap<string, BoardSymbol> {
    return this.#paused ?? this.#model.symbols;
  }

  #rows(): readonly BoardSymbol[] {
    return this.#order.rows(this.#symbols, this.#controls, this.#paused === undefined ? performance.now() : 0);
  }

  #selected(rows: readonly BoardSymbol[]): BoardSymbol | undefined {
    const { selected } = this.#controls;
    return selected === undefined ? rows[0] : this.#symbols.get(selected);
  }

  #draw(): void {
    const atMs = performance.now();
    if (this.#model.tick(atMs)) void this.#requestCloses();
    this.#screen.write(this.#painter.paint(drawFrame(this.#scene(atMs), this.#size)));
  }

  #scene(atMs: number): Scene {
    const rows = this.#rows();
    const selected = this.#selected(rows);
    const size = this.#size;
    const height = Math.max(1, bodyRows(size) - LIST_HEAD_ROWS - (size.columns < WIDE_COLUMNS ? 1 : 0));
    this.#top = topFor(this.#top, selected === undefined ? 0 : rows.indexOf(selected), height, rows.length);
    if (this.#notice !== undefined && this.#notice.untilMs < atMs) this.#notice = undefined;
    return {
      model: this.#model,
      rows,
      selected,
      moves: this.#moves.of(rows.slice(this.#top, this.#top + height), atMs),
      controls: this.#controls,
      isPaused: this.#paused !== undefined,
      top: this.#top,
      log: this.#log,
      notice: this.#notice?.text,
      feed: this.#options.feed,
      address: this.#options.address,
      hasKeys: this.#screen.hasKeys,
      nowMs: Date.now(),
    };
  }
}

/** Whether a line of the log is a warning or an error, as text or as JSON. */
function isWarning(line: string): boolean {
  return /warning:|error:|"level":"(warn|error)"/.test(stripVTControlCharacters(line));
}

/** The first row to show: the one before, moved as little as the selected row needs. */
function topFor(top: number, selected: number, height: number, count: number): number {
  const least = Math.max(0, selected - height + 1);
  const most = Math.max(0, Math.min(selected < 0 ? top : selected, count - height));
  return Math.max(Math.min(top, most), Math.min(least, most));
}
