import {
  type AnyRecord,
  Bar,
  CHANNELS,
  Imbalance,
  Luld,
  Quote,
  SUBSCRIBABLE_CHANNELS,
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
} from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";

/** Few symbols, so that a server often confirms requested ones. */
export const SYMBOLS = ["A", "B", "BRK.B", "*", "ZVZZT"] as const;

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
  "a text of more than eight bytes",
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

/**
 * Returns a record of any type with edge values. The client's tests use arbitraries of fast-check for
 * this, which shrink a failure; here one seed replays a run, and `minimise.ts` shrinks the input.
 */
export function makeRecord(random: Random): AnyRecord {
  const text = (): string => random.pick(STRINGS);
  const price = (): number => random.pick(PRICES);
  const count = (): number => random.pick(COUNTS);
  const id = (): Id => random.pick(IDS);
  const list = (): string[] => random.subset(STRINGS).slice(0, random.below(7));
  const at = [random.pick(SYMBOLS), random.pick(SECONDS), random.pick(NANOS)] as const;
  const received = random.chance(0.2) ? 1_726_579_800_000_000_001n : undefined;
  switch (random.below(8)) {
    case 0:
      return new Trade(...at, id(), text(), price(), count(), list(), text(), received);
    case 1:
      return new Quote(...at, text(), price(), count(), text(), price(), count(), list(), text(), received);
    case 2: {
      const channel = random.pick(["bars", "updatedBars", "dailyBars"] as const);
      return new Bar(channel, ...at, price(), price(), price(), price(), count(), count(), price());
    }
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

/** Returns a control message of a server. */
export function makeServerMessage(random: Random): ServerMessage {
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
      return { type: "subscription", symbols: makeSymbols(random, CHANNELS) };
  }
}

/** Returns a message of a client. `right` is the secret that the gateway accepts. */
export function makeClientMessage(random: Random, right: string): ClientMessage {
  if (random.chance(0.2))
    return { action: "auth", key: random.pick(["key", ...STRINGS]), secret: random.pick([right, ...STRINGS]) };
  const action = random.pick(["subscribe", "subscribe", "unsubscribe"] as const);
  const channels = random.chance(0.1) ? CHANNELS : SUBSCRIBABLE_CHANNELS;
  return { action, symbols: makeSymbols(random, channels), unknownChannels: [] };
}

/** Returns symbols of some channels. */
export function makeSymbols(random: Random, channels: readonly (typeof CHANNELS)[number][]): ChannelSymbols {
  const symbols: { [channel: string]: readonly string[] } = {};
  for (const channel of channels) if (random.chance(0.35)) symbols[channel] = random.subset(SYMBOLS);
  return symbols;
}
