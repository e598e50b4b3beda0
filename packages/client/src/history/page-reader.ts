import { markFromHistory } from "../continuity/from-history.ts";
import type { HistoryGroup, HistoryPage } from "../continuity/history-source.ts";
import { badPage, type PageOrder } from "../continuity/page-order.ts";
import { type MarketRecord, parseTimestamp, type RawRecord, StreamError, type StreamSchema } from "../wire/index.ts";
import { badMessage } from "../wire/wire-reader.ts";
import { AnswerWalker } from "./answer-walker.ts";

/** How the answers of one channel look. */
export interface PageFormat {
  /** The key of the records in an answer, such as the channel's name. */
  readonly key: string;
  /** The letter of the records' type. */
  readonly letter: string;
}

/** How snapshots look: answers with several named records for each symbol. */
export interface SnapshotFormat {
  /** The key of the symbols in an answer; undefined if the answer has nothing else. */
  readonly key: string | undefined;
  /** The letter of each name; others are skipped. */
  readonly types: Readonly<Record<string, string>>;
}

/** The records of one symbol, by the names that the answer has for them. */
export type NamedRecords = Readonly<Record<string, MarketRecord>>;

/** Reads the answers of history in place, from their bytes, so that times and ids are exact. */
export class PageReader {
  readonly #schema: StreamSchema;
  readonly #walker = new AnswerWalker();
  readonly #json = this.#walker.json;

  constructor(schema: StreamSchema) {
    this.#schema = schema;
  }

  /**
   * Reads a page of records by symbol.
   *
   * @throws StreamError `bad_page`.
   */
  page(body: Uint8Array, format: PageFormat, order: PageOrder): HistoryPage<MarketRecord> {
    const type = typeOf(format);
    return this.#pageOf(body, format.key, order, (symbol) => {
      const record = this.#record(type, symbol);
      order.addRecord(record.seconds, record.nanos);
      return record;
    });
  }

  /**
   * The same with records as the wire has them, and the keys `T` and `S` that a stream sends.
   *
   * @throws StreamError `bad_page`.
   */
  rawPage(body: Uint8Array, format: PageFormat, order: PageOrder): HistoryPage<RawRecord> {
    return this.#pageOf(body, format.key, order, (symbol) => {
      const record = this.#rawRecord(format.letter, symbol);
      const time = typeof record.t === "string" ? parseTimestamp(record.t) : undefined;
      if (time === undefined) throw badMessage("a time t", "none");
      order.addRecord(time.seconds, time.nanos);
      return record;
    });
  }

  /**
   * Reads a page whose items are no records of the schema, as plain data.
   *
   * @throws StreamError `bad_page`.
   */
  plainPage(body: Uint8Array, key: string, order: PageOrder): HistoryPage<unknown> {
    return this.#pageOf(body, key, order, () => this.#json.value());
  }

  /**
   * Reads an answer with one record for each symbol.
   *
   * @throws StreamError `bad_page`.
   */
  latest(body: Uint8Array, format: PageFormat): Map<string, MarketRecord> {
    const type = typeOf(format);
    const records = new Map<string, MarketRecord>();
    this.#eachNewest(body, format.key, (symbol) => records.set(symbol, this.#record(type, symbol)));
    return records;
  }

  /**
   * The same as a stream delivers it.
   *
   * @throws StreamError `bad_page`.
   */
  latestGroups(body: Uint8Array, format: PageFormat, isRaw: boolean): HistoryGroup[] {
    const type = typeOf(format);
    const groups: HistoryGroup[] = [];
    this.#eachNewest(body, format.key, (symbol) => {
      const { symbolNumber } = this.#json; // before a record's own symbol can change it
      const record = isRaw ? this.#rawRecord(format.letter, symbol) : this.#record(type, symbol);
      groups.push({ symbol, symbolNumber, records: [record] });
    });
    return groups;
  }

  /**
   * Reads an answer with several named records for each symbol.
   *
   * @throws StreamError `bad_page`.
   */
  snapshots(body: Uint8Array, { key, types }: SnapshotFormat): Map<string, NamedRecords> {
    const records = new Map<string, NamedRecords>();
    const readEntries = (): void => {
      for (let symbol = this.#walker.nextSymbol(); symbol !== undefined; symbol = this.#walker.nextSymbol()) {
        if (!this.#walker.skipNull()) records.set(symbol, this.#namedRecords(symbol, types));
      }
    };
    if (key === undefined) this.#whole(body, readEntries);
    else this.#object(body, key, readEntries);
    return records;
  }

  /**
   * Reads an object of strings, such as a table of codes.
   *
   * @throws StreamError `bad_page`.
   */
  strings(body: Uint8Array): Map<string, string> {
    const strings = new Map<string, string>();
    this.#whole(body, () => {
      for (let name = this.#walker.nextName(); name !== undefined; name = this.#walker.nextName()) {
        strings.set(name, this.#json.text());
      }
    });
    return strings;
  }

  #eachNewest(body: Uint8Array, key: string, read: (symbol: string) => void): void {
    this.#object(body, key, () => {
      for (let symbol = this.#walker.nextSymbol(); symbol !== undefined; symbol = this.#walker.nextSymbol())
        if (!this.#walker.skipNull()) read(symbol);
    });
  }

  #pageOf<R>(body: Uint8Array, key: string, order: PageOrder, read: (symbol: string) => R): HistoryPage<R> {
    const groups: HistoryGroup<R>[] = [];
    const nextToken = this.#object(body, key, () => {
      for (let symbol = this.#walker.nextSymbol(); symbol !== undefined; symbol = this.#walker.nextSymbol()) {
        const { symbolNumber } = this.#json; // before a record's own symbol can change it
        order.startSymbol(symbol);
        groups.push({ symbol, symbolNumber, records: this.#list(symbol, read) });
      }
    });
    return { groups, nextToken };
  }

  #list<R>(symbol: string, read: (symbol: string) => R): R[] {
    const records: R[] = [];
    if (this.#walker.skipNull()) return records;
    try {
      this.#walker.enterList();
      while (this.#walker.nextItem()) records.push(read(symbol));
    } catch (error) {
      throw asBadPage(error, `record ${records.length + 1} of ${symbol}: `);
    }
    return records;
  }

  /** Reads one record of the schema, and marks it. */
  #record(type: number, symbol: string): MarketRecord {
    const json = this.#json;
    const start = json.mark();
    json.enterMap();
    const record = this.#schema.read(json, type, symbol);
    if (record.symbol !== symbol) throw badMessage(`a record of ${symbol}`, `one of ${record.symbol}`);
    markFromHistory(record, json.skippedAt < start ? "" : this.#change(start));
    return record;
  }

  /** Reads the key `u` of a record that was read already and had keys that its type does not know. */
  #change(start: number): string {
    this.#json.rewind(start);
    const { u } = this.#json.value() as RawRecord; // an object: it was read as one
    return typeof u === "string" ? u : "";
  }

  #rawRecord(letter: string, symbol: string): RawRecord {
    const value = this.#json.value();
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw badMessage("an object", "another value");
    const record: RawRecord = { T: letter, S: symbol, ...value };
    markFromHistory(record, typeof record.u === "string" ? record.u : "");
    return record;
  }

  #namedRecords(symbol: string, types: Readonly<Record<string, string>>): NamedRecords {
    const records: Record<string, MarketRecord> = {};
    const walker = this.#walker;
    walker.enterObject();
    for (let name = walker.nextName(); name !== undefined; name = walker.nextName()) {
      const letter = Object.hasOwn(types, name) ? types[name] : undefined;
      if (letter === undefined) this.#json.skip();
      else if (!walker.skipNull()) records[name] = this.#record(letter.charCodeAt(0), symbol);
    }
    return records;
  }

  /**
   * Walks an answer, and calls `readEntries` in the object under `key`, unless it is null. Returns the token
   * of the next page.
   */
  #object(body: Uint8Array, key: string, readEntries: () => void): string | undefined {
    const walker = this.#walker;
    let nextToken: string | undefined;
    let hasKey = false;
    this.#whole(body, () => {
      for (let name = walker.nextName(); name !== undefined; name = walker.nextName()) {
        if (name === "next_page_token") nextToken = this.#json.text() || undefined;
        else if (name !== key) this.#json.skip();
        else {
          hasKey = true;
          if (walker.skipNull()) continue;
          walker.enterObject();
          readEntries();
        }
      }
    });
    if (!hasKey) throw badPage(`expected the key ${key}, got an answer without it`);
    return nextToken;
  }

  /** Enters the one object that an answer consists of, and calls `readEntries` in it. */
  #whole(body: Uint8Array, readEntries: () => void): void {
    try {
      this.#walker.open(body);
      this.#walker.enterObject();
      readEntries();
      this.#walker.end();
    } catch (error) {
      throw asBadPage(error);
    }
  }
}

/** What an error of a reader is to a request. An error of another kind is a bug, and stays what it is. */
function asBadPage(error: unknown, place = ""): unknown {
  return error instanceof StreamError && error.code !== "bad_page" ? badPage(place + error.message, error) : error;
}

function typeOf({ letter }: PageFormat): number {
  return letter.charCodeAt(0);
}
