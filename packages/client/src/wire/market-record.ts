import { formatNanoseconds, toNanoseconds } from "./timestamp.ts";

/** A whole number that is exact: a `number` up to 2^53, a `bigint` beyond. */
export type Id = number | bigint;

/**
 * What every record has: a symbol and a time. The time is held as two integers; `timestamp` and
 * `timestampNs` are made when asked for.
 *
 * Spread, `structuredClone` and `postMessage` copy own fields alone and lose those two and
 * `channel`: call {@link MarketRecord.toObject} first.
 */
export abstract class MarketRecord {
  /** The ticker, as Alpaca lists it. */
  readonly symbol: string;
  /** Whole seconds of the record's time since the Unix epoch. */
  readonly seconds: number;
  /** Nanoseconds of that second, 0 to 999,999,999. */
  readonly nanos: number;

  constructor(symbol: string, seconds: number, nanos: number) {
    this.symbol = symbol;
    this.seconds = seconds;
    this.nanos = nanos;
  }

  /** The channel of the record: the discriminant of a schema's records. */
  abstract readonly channel: string;

  /** The record's time, cut to milliseconds. A new `Date` on every read. */
  get timestamp(): Date {
    return new Date(this.seconds * 1000 + Math.floor(this.nanos / 1e6));
  }

  /** The record's time in nanoseconds since the Unix epoch, exact. */
  get timestampNs(): bigint {
    return toNanoseconds(this.seconds, this.nanos);
  }

  /**
   * A plain object with every property of the record, the channel first. It keeps them in a spread,
   * `structuredClone`, `postMessage` and CSV libraries. Lists of conditions stay frozen and shared.
   *
   * @example `worker.postMessage(trades.map((trade) => trade.toObject()))`
   */
  toObject(): PlainRecord<this> {
    const { channel, symbol, timestamp, timestampNs } = this;
    return Object.assign({ channel, symbol, timestamp, timestampNs }, this);
  }

  /**
   * Fields by name, the channel first, `timestamp` in ISO 8601 with nine digits, ids beyond 2^53 as
   * strings. Called by `JSON.stringify`.
   */
  toJSON(): Record<string, unknown> {
    const json = shownFields(this);
    for (const [name, value] of Object.entries(json)) {
      if (typeof value === "bigint") json[name] = value.toString();
    }
    return json;
  }

  static {
    // What `console.log` shows on Node, Bun and Deno.
    Object.defineProperty(MarketRecord.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(
        this: MarketRecord,
        _depth: number,
        options: object,
        inspect?: (value: unknown, options: object) => string,
      ) {
        const shown = shownFields(this);
        return inspect === undefined ? shown : `${this.constructor.name} ${inspect(shown, options)}`;
      },
    });
  }
}

/** What JSON and consoles show. No private method, which would put its mark on every record that is made. */
function shownFields(record: MarketRecord): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    channel: record.channel,
    symbol: record.symbol,
    timestamp: formatNanoseconds(record.seconds, record.nanos),
  };
  for (const [name, value] of Object.entries(record)) {
    if (name !== "seconds" && name !== "nanos" && value !== undefined) shown[name] = value;
  }
  return shown;
}

/**
 * A record as a plain object: every property, accessors too, and no method. See
 * {@link MarketRecord.toObject}.
 */
export type PlainRecord<R extends MarketRecord> = {
  readonly [Name in keyof R as Exclude<Name, "toJSON" | "toObject">]: R[Name];
};

/**
 * A record as the wire has it: short keys, every key that the server sent, values unchanged, null
 * and NaN too. Timestamps of msgpack become RFC 3339 strings, and whole numbers beyond 2^53 `bigint`.
 */
export interface RawRecord {
  /** The wire's type letter. */
  readonly T: string;
  /** The symbol. */
  readonly S: string;
  /** The time: RFC 3339 with up to nine digits, unless the server sent something else or nothing. */
  readonly t?: unknown;
  readonly [key: string]: unknown;
}
