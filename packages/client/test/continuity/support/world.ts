import { recordTime, trade } from "../../../../../verify/shared/records.ts";
import type { GapFilledEvent, GapOpenEvent } from "../../../src/continuity/backfill/gap-outcome.ts";
import type { AnyRecord, StockDataStreamOptions, Trade } from "../../../src/index.ts";
import type { ScriptedSession } from "../../../src/testing/index.ts";
import { type Opened, open } from "../../support/stream.ts";
import { Past, type PastOptions } from "./past.ts";

/** When the clock of a test starts. */
export const START_MS = 1_735_830_000_000;

/** A stream with a history, a server that acknowledges everything, and a market in the test's hands. */
export class World {
  readonly past: Past;
  readonly opened: Opened;
  readonly got: AnyRecord[] = [];
  readonly filled: GapFilledEvent[] = [];
  readonly open: GapOpenEvent[] = [];
  gaps = 0;
  session: ScriptedSession | undefined;
  #nextId = 1;

  constructor(options: PastOptions = {}, streamOptions: StockDataStreamOptions = {}) {
    this.past = new Past(options);
    this.opened = open({ ...streamOptions, history: this.past });
    const { stream } = this.opened;
    stream.on("gap", () => this.gaps++);
    stream.on("gapFilled", (event) => this.filled.push(event));
    stream.on("gapOpen", (event) => this.open.push(event));
  }

  /** Runs the stream, and answers each of its connections. */
  async start(): Promise<void> {
    void this.opened.run();
    void this.#serve();
    await this.advance(10);
  }

  async #serve(): Promise<void> {
    for (;;) {
      const session = await this.opened.gateway.handshake();
      session.acknowledgeAll();
      this.session = session;
    }
  }

  advance(ms: number): Promise<void> {
    return this.opened.clock.advance(ms);
  }

  /** Resolves when so much time has passed. */
  passed(ms: number): Promise<void> {
    return new Promise((resolve) => void this.opened.clock.setTimer(resolve, ms));
  }

  /** Something happens in the market: history gets it, and the stream if it is connected. */
  publish(record: AnyRecord): void {
    this.past.publish(record);
    if (this.session?.closed === undefined) this.session?.records(record);
  }

  /** A trade now, or so many milliseconds ago. */
  trade(symbol: string, ageMs = 0): Trade {
    const record = trade(symbol, this.#nextId++, recordTime(this.opened.clock.now() - ageMs));
    this.publish(record);
    return record;
  }

  /** A trade of the past, which only history has. */
  tradeBefore(symbol: string, ageMs: number): void {
    this.past.publish(trade(symbol, this.#nextId++, recordTime(this.opened.clock.now() - ageMs)));
  }

  cut(): void {
    this.session?.cut();
    this.session = undefined;
  }

  ids(symbol: string): number[] {
    return this.got.filter((record) => record.symbol === symbol).map((record) => Number((record as Trade).id));
  }
}
