import fc from "fast-check";
import { CHANNELS as CRYPTO_CHANNELS, type Channel as CryptoChannel } from "../../../src/crypto/channels.ts";
import {
  COLUMNS as CRYPTO_COLUMNS,
  recordFromColumns as cryptoRecordFromColumns,
} from "../../../src/crypto/columns.ts";
import type { AnyRecord as AnyCryptoRecord } from "../../../src/crypto/records.ts";
import { CHANNELS, type Channel, SUBSCRIBABLE_CHANNELS } from "../../../src/stocks/channels.ts";
import { COLUMNS, recordFromColumns } from "../../../src/stocks/columns.ts";
import type { AnyRecord, Quote, Trade } from "../../../src/stocks/records.ts";
import type { Column, ColumnKind, ColumnReader } from "../../../src/wire/columns.ts";
import {
  type ChannelSymbols,
  type ClientMessage,
  type Id,
  SERVER_ERRORS,
  type ServerMessage,
} from "../../../src/wire/index.ts";
import { FIRST_SECOND, LAST_SECOND } from "../../../src/wire/timestamp.ts";

/** Any string that UTF-8 can encode: no lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.string({ unit: "binary", maxLength: 40 });

/** Symbols as exchanges list them, and any other valid one. */
export const symbol: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[A-Z]{1,5}(\.[A-Z]{1,2})?$/),
  fc.stringMatching(/^[A-Z]{3,5}\/USD[CT]?$/),
  fc.stringMatching(/^[!-~]{1,32}$/),
);

const code = fc.oneof(fc.constantFrom("", " ", "A", "B", "C", "D", "V", "@"), fc.string({ unit: "binary" }));
const conditions = fc.oneof(
  fc.array(fc.constantFrom(" ", "@", "F", "T", "I", "4"), { maxLength: 4 }),
  fc.array(code, { maxLength: 6 }),
);

// JSON.stringify writes -0 as 0, so JSON cannot carry it, and no price or size is -0.
const positiveZero = (value: number): number => (value === 0 ? 0 : value);

/** Prices as they are quoted, and every other finite double. */
export const price: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 99_999_999 }).map((hundredths) => hundredths / 100),
  fc.integer({ min: 0, max: 2_147_483_647 }).map((tenThousandths) => tenThousandths / 10_000),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(positiveZero),
);

/** Sizes: mostly integers, of any width, and fractions. */
export const size: fc.Arbitrary<number> = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(positiveZero),
);

/** Ids of all widths: numbers up to 2^53, beyond it `bigint`s of 64 bits. */
export const id: fc.Arbitrary<Id> = fc.oneof(
  fc.nat(),
  fc.maxSafeInteger().map(positiveZero),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);

/** Seconds of every year that RFC 3339 can express, mostly recent ones. */
export const seconds: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1_700_000_000, max: 1_800_000_000 }),
  fc.integer({ min: FIRST_SECOND, max: LAST_SECOND }),
  fc.constantFrom(FIRST_SECOND, -1, 0, 2 ** 32 - 1, 2 ** 32, 2 ** 34 - 1, 2 ** 34, LAST_SECOND),
);

/** Nanoseconds of a second: 0, whole milliseconds, any. */
export const nanos: fc.Arbitrary<number> = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 999 }).map((milliseconds) => milliseconds * 1_000_000),
  fc.integer({ min: 0, max: 999_999_999 }),
);

const nanoseconds = fc.tuple(seconds, nanos).map(([whole, rest]) => BigInt(whole) * 1_000_000_000n + BigInt(rest));

/** Values of every kind of column. */
const VALUES: Readonly<Record<ColumnKind, fc.Arbitrary<unknown>>> = {
  price,
  size,
  amount: size,
  count: size,
  id,
  code,
  text: anyText,
  conditions,
  nanoseconds,
  levels: fc.array(fc.record({ price, size }, { noNullPrototype: true }), { maxLength: 5 }),
  flag: fc.boolean(),
};

/** The generated table of an asset class, and the function that creates a record from a row. */
interface Table<C extends string, R> {
  readonly columns: Readonly<Record<C, readonly Column[]>>;
  readonly record: (channel: C, symbol: string, seconds: number, nanos: number, columns: ColumnReader) => R;
}

const STOCKS: Table<Channel, AnyRecord> = { columns: COLUMNS, record: recordFromColumns };
const CRYPTO: Table<CryptoChannel, AnyCryptoRecord> = { columns: CRYPTO_COLUMNS, record: cryptoRecordFromColumns };

/** Records of one channel, with values for each of its columns. */
function recordOf<C extends string, R>(table: Table<C, R>, channel: C): fc.Arbitrary<R> {
  const columns = table.columns[channel].map(({ name, kind, whenMissing }) => {
    const value = VALUES[kind];
    return [name, whenMissing === "undefined" ? fc.option(value, { nil: undefined }) : value] as const;
  });
  return fc
    .tuple(symbol, seconds, nanos, fc.record(Object.fromEntries(columns)))
    .map(([of, at, rest, values]) => table.record(channel, of, at, rest, readerOf(values)));
}

/** Returns a reader of the columns of a row. */
function readerOf(values: Readonly<Record<string, unknown>>): ColumnReader {
  const ofColumn = (name: string): never => values[name] as never; // of the kind that the column has
  return {
    requiredNumber: ofColumn,
    number: ofColumn,
    count: ofColumn,
    id: ofColumn,
    text: ofColumn,
    conditions: ofColumn,
    nanoseconds: ofColumn,
    levels: ofColumn,
    flag: ofColumn,
  };
}

/** Trades. */
export const trade: fc.Arbitrary<Trade> = recordOf(STOCKS, "trades") as fc.Arbitrary<Trade>; // by the channel

/** Quotes. */
export const quote: fc.Arbitrary<Quote> = recordOf(STOCKS, "quotes") as fc.Arbitrary<Quote>; // by the channel

/** Records of every channel of stocks. */
export const record: fc.Arbitrary<AnyRecord> = fc.oneof(...CHANNELS.map((channel) => recordOf(STOCKS, channel)));

/** Records of every channel of crypto. */
export const cryptoRecord: fc.Arbitrary<AnyCryptoRecord> = fc.oneof(
  ...CRYPTO_CHANNELS.map((channel) => recordOf(CRYPTO, channel)),
);

const symbols = fc.array(fc.oneof(symbol, fc.constant("*")), { maxLength: 20 });

/** Symbols by channel, with channels left out. */
const channelSymbols: fc.Arbitrary<ChannelSymbols> = fc.record(
  Object.fromEntries(SUBSCRIBABLE_CHANNELS.map((channel) => [channel, symbols])),
  { requiredKeys: [] },
);

/** Every control message of a server. */
export const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({ type: fc.constant("success" as const), message: anyText }),
  fc.record({
    type: fc.constant("error" as const),
    number: fc.oneof(fc.constantFrom(...Object.keys(SERVER_ERRORS).map(Number)), fc.nat()),
    message: anyText,
  }),
  fc.record({ type: fc.constant("subscription" as const), symbols: channelSymbols }),
);

/** Every message of a client. */
export const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ action: fc.constant("auth" as const), key: anyText, secret: anyText }),
  fc.record({
    action: fc.constantFrom("subscribe" as const, "unsubscribe" as const),
    symbols: channelSymbols,
    unknownChannels: fc.constant([]),
  }),
);
