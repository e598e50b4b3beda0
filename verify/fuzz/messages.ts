import {
  type AnyCryptoRecord,
  type AnyRecord,
  Bar,
  CryptoBar,
  CryptoOrderBook,
  CryptoQuote,
  CryptoTrade,
  Imbalance,
  Luld,
  type PriceLevel,
  Quote,
  Trade,
  TradeCancel,
  TradeCorrection,
  TradingStatus,
} from "@tickerplant/client";
import {
  type ChannelSymbols,
  type ClientMessage,
  type Id,
  SERVER_ERRORS,
  type ServerMessage,
  type StreamSchema,
} from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";

const STRINGS = [
  "",
  " ",
  "A",
  "@",
  "é",
  "€uro",
  "\u{1F600}",
  '"',
  "\\",
  "\n",
  "\u0000",
  "a string of more than eight bytes",
];
const PRICES = [0, 0.0001, 1, 123.45, 1e11, 1e21, 5e-324, 1.7976931348623157e308, -1, 0.1 + 0.2, 99_999_999.9999];
const COUNTS = [0, 1, 100, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 0.5, 1e300];
const IDS: readonly Id[] = [
  0,
  1,
  127,
  128,
  65_536,
  2 ** 32,
  2 ** 53 - 1,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
  -1,
  -(2n ** 63n),
];
const SECONDS = [0, 1, -1, 1_726_579_800, 2 ** 32 - 1, 2 ** 32, 2 ** 34 - 1, 2 ** 34, -62_167_219_200, 253_402_300_799];
const NANOS = [0, 1, 999_999_999, 500_000_000, 123_456_789];

/** Edge values of each kind of field. */
class EdgeValues {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  readonly text = (): string => this.#random.pick(STRINGS);
  readonly price = (): number => this.#random.pick(PRICES);
  readonly count = (): number => this.#random.pick(COUNTS);
  readonly id = (): Id => this.#random.pick(IDS);
  readonly list = (): string[] => this.#random.subset(STRINGS).slice(0, this.#random.below(7));
  readonly barChannel = (): "bars" | "updatedBars" | "dailyBars" =>
    this.#random.pick(["bars", "updatedBars", "dailyBars"]);
  readonly levels = (): PriceLevel[] =>
    Array.from({ length: this.#random.below(4) }, () => ({ price: this.price(), size: this.count() }));

  /** The first arguments of every record but bars. */
  readonly start = (symbols: readonly string[]): [symbol: string, seconds: number, nanos: number] => [
    this.#random.pick(symbols),
    this.#random.pick(SECONDS),
    this.#random.pick(NANOS),
  ];
}

/**
 * Returns a record of stocks of any type with edge values. The client's tests use arbitraries of fast-check
 * for this, which shrink a failure; here one seed replays a run, and `minimise.ts` shrinks the input.
 */
export function makeStockRecord(random: Random, symbols: readonly string[]): AnyRecord {
  const { text, price, count, id, list, barChannel, start } = new EdgeValues(random);
  const at = start(symbols);
  const received = random.chance(0.2) ? 1_726_579_800_000_000_001n : undefined;
  switch (random.below(8)) {
    case 0:
      return new Trade(...at, id(), text(), price(), count(), list(), text(), received);
    case 1:
      return new Quote(...at, text(), price(), count(), text(), price(), count(), list(), text(), received);
    case 2:
      return new Bar(barChannel(), ...at, price(), price(), price(), price(), count(), count(), price());
    case 3:
      return new TradingStatus(...at, text(), text(), text(), text(), text());
    case 4:
      return new Luld(...at, price(), price(), text(), text());
    case 5:
      return new Imbalance(...at, price(), text());
    case 6:
      return new TradeCorrection(...at, text(), id(), price(), count(), list(), id(), price(), count(), list(), text());
    default:
      return new TradeCancel(...at, id(), text(), price(), count(), text(), text());
  }
}

/** Returns a record of crypto of any type with edge values. */
export function makeCryptoRecord(random: Random, symbols: readonly string[]): AnyCryptoRecord {
  const { text, price, count, id, levels, barChannel, start } = new EdgeValues(random);
  const at = start(symbols);
  switch (random.below(4)) {
    case 0:
      return new CryptoTrade(...at, price(), count(), id(), text());
    case 1:
      return new CryptoQuote(...at, price(), count(), price(), count());
    case 2:
      return new CryptoBar(barChannel(), ...at, price(), price(), price(), price(), count(), count(), price());
    default:
      return new CryptoOrderBook(...at, levels(), levels(), random.chance(0.5));
  }
}

/** What control messages are made of. */
interface Names {
  readonly schema: StreamSchema;
  readonly symbols: readonly string[];
}

/** Returns a control message of a server. */
export function makeServerMessage(random: Random, names: Names): ServerMessage {
  switch (random.below(4)) {
    case 0:
      return { type: "success", message: random.pick(["connected", "authenticated", "connected", ...STRINGS]) };
    case 1:
      return {
        type: "error",
        number: random.pick([...Object.keys(SERVER_ERRORS).map(Number), 0, 999]),
        message: random.pick(STRINGS),
      };
    default:
      return { type: "subscription", symbols: makeSymbols(random, names.schema.channels, names.symbols) };
  }
}

/** Returns a message of a client. `right` is the secret that the gateway accepts. */
export function makeClientMessage(random: Random, { schema, symbols }: Names, right: string): ClientMessage {
  if (random.chance(0.2))
    return { action: "auth", key: random.pick(["key", ...STRINGS]), secret: random.pick([right, ...STRINGS]) };
  const action = random.pick(["subscribe", "subscribe", "unsubscribe"] as const);
  const channels = random.chance(0.1) ? schema.channels : schema.subscribable;
  return { action, symbols: makeSymbols(random, channels, symbols), unknownChannels: [] };
}

/** Returns symbols of some channels. */
export function makeSymbols(random: Random, channels: readonly string[], symbols: readonly string[]): ChannelSymbols {
  const chosen: { [channel: string]: readonly string[] } = {};
  for (const channel of channels) if (random.chance(0.35)) chosen[channel] = random.subset(symbols);
  return chosen;
}
