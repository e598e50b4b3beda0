import { CRYPTO_SCHEMA, STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder, type MarketRecord, type WritableSchema } from "@tickerplant/client/wire";
// The simulations are not part of the API: the built modules are imported.
import { cryptoPair, KNOWN_PAIRS } from "#server/feeds/crypto-simulator/crypto-pair.js";
import { CryptoSimulation } from "#server/feeds/crypto-simulator/crypto-simulation.js";
import { makeListings } from "#server/feeds/simulator/listing.js";
import { MarketSimulation } from "#server/feeds/simulator/market-simulation.js";
import { Random as SimulatorRandom } from "#server/feeds/simulator/random.js";
import type { Random } from "../shared/random.ts";
import { makeCryptoRecord, makeStockRecord } from "./messages.ts";

/** An asset class as the fuzzer sees it: its schema, and what is needed to make its messages. */
export interface AssetClass {
  readonly name: string;
  readonly schema: WritableSchema;
  readonly encoders: Readonly<Record<Codec, FrameEncoder>>;
  /** Few symbols, so that a server often confirms requested ones. */
  readonly symbols: readonly string[];
  /** A channel that the fuzzed gateway does not offer. */
  readonly withheldChannel: string;
  /** Files of `verify/vectors` with frames of a server. */
  readonly vectorFiles: readonly string[];
  /** Returns a record of any type with edge values. */
  makeRecord(random: Random, symbols: readonly string[]): MarketRecord;
  /** Returns a simulated market, always the same. */
  simulate(): { next(): MarketRecord };
}

/** 2025-01-02T15:00:00Z. */
const START_MS = 1_735_830_000_000;
/** Records a second: enough for every type of record among some thousand. */
const RATE = 20;

export const STOCKS: AssetClass = {
  name: "stocks",
  schema: STOCK_SCHEMA,
  encoders: encodersOf(STOCK_SCHEMA),
  symbols: ["A", "B", "BRK.B", "*", "ZVZZT"],
  withheldChannel: "imbalances",
  vectorFiles: ["records", "tolerated", "frames", "control-messages"],
  makeRecord: makeStockRecord,
  simulate: () =>
    new MarketSimulation({
      seed: 1,
      listings: makeListings(300, new SimulatorRandom(1)),
      rate: RATE,
      tradeShare: 0.3,
      hasIncidents: true,
      startMs: START_MS,
    }),
};

export const CRYPTO: AssetClass = {
  name: "crypto",
  schema: CRYPTO_SCHEMA,
  encoders: encodersOf(CRYPTO_SCHEMA),
  symbols: ["BTC/USD", "ETH/BTC", "SUSHI/USDT", "*"],
  withheldChannel: "orderbooks",
  vectorFiles: ["crypto-records", "crypto-tolerated", "crypto-frames", "control-messages"],
  makeRecord: makeCryptoRecord,
  simulate: () => new CryptoSimulation({ seed: 1, pairs: KNOWN_PAIRS.map(cryptoPair), rate: RATE, startMs: START_MS }),
};

function encodersOf(schema: WritableSchema): Record<Codec, FrameEncoder> {
  return {
    [Codec.JSON]: new FrameEncoder(Codec.JSON, schema),
    [Codec.MSGPACK]: new FrameEncoder(Codec.MSGPACK, schema),
  };
}

/** Every asset class. */
export const ASSET_CLASSES: readonly AssetClass[] = [STOCKS, CRYPTO];
