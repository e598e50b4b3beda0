import { recordTime } from "../../../../../verify/shared/records.ts";
import type {
  AnyRecord,
  Bar,
  GapOpenEvent,
  RawRecord,
  StockDataStream,
  StockDataStreamOptions,
  StreamPosition,
  Trade,
} from "../../../src/index.ts";
import { ScriptedGateway, type ScriptedSession, seededRandom, VirtualClock } from "../../../src/testing/index.ts";
import { parseTimestamp, toNanoseconds } from "../../../src/wire/index.ts";
import type { MarketKind } from "./market-kind.ts";
import { Past, type PastOptions } from "./past.ts";

/** What a database keeps when the program is killed: records and the position, stored in one transaction. */
export class Database {
  readonly records: string[] = [];
  position: StreamPosition | undefined;

  store(records: readonly AnyRecord[], position: StreamPosition): void {
    this.records.push(...records.map(nameOf));
    this.position = JSON.parse(JSON.stringify(position)) as StreamPosition; // as a database has it
  }
}

/** A record of either form as one string. */
export function nameOf(record: AnyRecord | RawRecord): string {
  if (!("symbol" in record)) return nameOfRaw(record);
  const { channel, symbol, timestampNs } = record;
  return `${channel} ${symbol} ${timestampNs} ${(record as Trade).id ?? (record as Bar).volume}`;
}

function nameOfRaw({ T, S, t, i, v }: RawRecord): string {
  const { seconds, nanos } = parseTimestamp(String(t)) ?? { seconds: 0, nanos: 0 };
  return `${T === "t" ? "trades" : "bars"} ${S} ${toNanoseconds(seconds, nanos)} ${i ?? v}`;
}

/** A market that publishes trades, some of them late and some at equal times, and bars, and remembers all of them. */
export class Market {
  readonly tape: AnyRecord[] = [];
  /** The connection of the program that runs. */
  session: ScriptedSession | undefined;
  readonly #clock: VirtualClock;
  readonly #past: Past;
  readonly #random: () => number;
  #nextId = 1;
  #minute: number;
  /** Nothing is reported of a time before the first moment: the program was not there. */
  #startMs = Number.POSITIVE_INFINITY;

  constructor(clock: VirtualClock, past: Past, random: () => number) {
    this.#clock = clock;
    this.#past = past;
    this.#random = random;
    this.#minute = Math.floor(clock.now() / 60_000);
  }

  /** Publishes what one moment brings. */
  tick(): void {
    const { symbols } = this.#past.kind;
    const nowMs = this.#clock.now();
    const minute = Math.floor(nowMs / 60_000);
    for (const symbol of minute > this.#minute ? symbols : [])
      this.publish(this.#past.kind.bar(symbol, this.#nextId++, recordTime((minute - 1) * 60_000)));
    this.#minute = minute;
    this.#startMs = Math.min(this.#startMs, nowMs);
    for (const symbol of symbols)
      for (let count = Math.floor(this.#random() * 3); count > 0; count--) {
        const isLate = this.#random() < 0.1;
        const ageMs = isLate ? Math.floor(this.#random() * 9_000) : 0;
        this.publish(this.#past.kind.trade(symbol, this.#nextId++, recordTime(Math.max(this.#startMs, nowMs - ageMs))));
      }
  }

  publish(record: AnyRecord): void {
    this.tape.push(record);
    this.#past.publish(record);
    if (this.session?.closed === undefined) this.session?.records(record);
  }
}

/**
 * A program that stores what it receives, and its position with it. Its handler is asynchronous, one iterator is
 * slow, another takes arrays. After {@link kill} it stores nothing any more.
 */
export class Program {
  readonly stream: StockDataStream;
  readonly open: GapOpenEvent[] = [];
  readonly #clock: VirtualClock;
  readonly #database: Database;
  readonly #random: () => number;
  readonly #gateway: ScriptedGateway;
  readonly #done: AnyRecord[] = [];
  readonly #symbols: MarketKind["symbols"];
  #isAlive = true;

  constructor(clock: VirtualClock, past: Past, database: Database, seed: number, options: StockDataStreamOptions = {}) {
    this.#clock = clock;
    this.#database = database;
    this.#random = seededRandom(seed);
    this.#gateway = new ScriptedGateway({}, past.kind.schema);
    this.#symbols = past.kind.symbols;
    this.stream = past.kind.stream({
      apiKey: "key",
      secretKey: "secret",
      connector: this.#gateway.connector,
      clock,
      staleAfterMs: false,
      history: past,
      rawData: past.isRaw,
      resume: database.position,
      ...options,
    });
    this.stream.on("gap", () => {});
    this.stream.on("gapOpen", (event) => this.open.push(event));
    this.stream.on("status", () => {});
  }

  /** Subscribes as the same program does in every life: by name, or one handler to all symbols. */
  subscribe(isToAll: boolean): void {
    const { stream } = this;
    if (isToAll) return void stream.subscribe({ trades: ["*"], bars: ["*"] }, (record) => this.#handle(record));
    const [first, second, third, fourth] = this.#symbols;
    stream.subscribeTrades((record) => this.#handle(record), first, second);
    void this.#pull(stream.trades(fourth));
    void this.#pullMany(stream.trades([third]).batches());
    stream.subscribeBars((record) => void this.#done.push(record), "*");
  }

  /** Runs the stream; the market sends to its connections. */
  run(market: Market): void {
    void this.stream.run().catch(() => {});
    void this.#serve(market);
  }

  /** One transaction: what was handled since the last one, and the position. */
  store(): void {
    if (this.#isAlive) this.#database.store(this.#done.splice(0), this.stream.position);
  }

  /** The process ends as it should: it stores once more after the stop, with what handlers and loops have finished. */
  async stop(market: Market): Promise<void> {
    void this.stream.stop();
    market.session = undefined;
    await this.#clock.advance(6_000);
    this.store();
    this.#isAlive = false;
  }

  /** The process ends, at once. */
  kill(market: Market): void {
    this.#isAlive = false;
    market.session?.cut();
    market.session = undefined;
    void this.stream.close();
  }

  async #serve(market: Market): Promise<void> {
    while (this.#isAlive) {
      const session = await this.#gateway.handshake();
      if (!this.#isAlive) return;
      session.acknowledgeAll();
      market.session = session;
    }
  }

  async #handle(record: AnyRecord): Promise<void> {
    if (this.#random() < 0.7) await this.#wait(this.#random() * 400);
    this.#done.push(record);
  }

  async #pull(records: AsyncIterable<AnyRecord>): Promise<void> {
    for await (const record of records) {
      this.#done.push(record);
      if (this.#random() < 0.3) await this.#wait(this.#random() * 500);
    }
  }

  async #pullMany(batches: AsyncIterable<AnyRecord[]>): Promise<void> {
    for await (const records of batches) {
      this.#done.push(...records);
      await this.#wait(this.#random() * 2_000);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimer(resolve, ms));
  }
}

/** A market, its history and a database that outlive the programs. */
export class RestartWorld {
  readonly clock: VirtualClock = new VirtualClock();
  readonly past: Past;
  readonly market: Market;
  readonly database: Database = new Database();

  constructor(options: PastOptions = {}) {
    this.past = new Past(options);
    this.market = new Market(this.clock, this.past, seededRandom(1));
  }

  /** Starts a program that resumes the position of the database. An arrow function: tests pass it on its own. */
  readonly start = (options?: StockDataStreamOptions): Program =>
    new Program(this.clock, this.past, this.database, 1, options);

  /** Kills a program, and lets its timers end. */
  async end(program: Program): Promise<void> {
    program.kill(this.market);
    await this.clock.advance(10_000);
  }
}
