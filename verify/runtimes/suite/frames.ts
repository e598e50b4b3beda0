import { RECORD_LINES } from "../../shared/record-lines.ts";

/** Returns a JSON frame of trades of a symbol; their ids count from `firstId`. */
export function tradeFrame(symbol: string, count = 1, firstId = 1): string {
  const trades = Array.from(
    { length: count },
    (_, index) =>
      `{"T":"t","S":"${symbol}","i":${firstId + index},"x":"V","p":101.25,"s":100,"c":["@"],"t":"2025-11-14T14:30:00.5Z","z":"C"}`,
  );
  return `[${trades.join(",")}]`;
}

/** Returns a JSON frame of quotes of a symbol; their bid sizes count from 1. */
export function quoteFrame(symbol: string, count: number): string {
  const quotes = Array.from(
    { length: count },
    (_, index) =>
      `{"T":"q","S":"${symbol}","bx":"V","bp":1,"bs":${index + 1},"ax":"Q","ap":2,"as":1,"c":["R"],"t":"2025-11-14T14:30:00Z","z":"C"}`,
  );
  return `[${quotes.join(",")}]`;
}

/** A frame with a record of every type; see {@link RECORD_LINES}. */
export const EVERY_RECORD: string = `[${RECORD_LINES.join(",")}]`;

/** The result of `JSON.stringify` for each record of {@link EVERY_RECORD}. */
export const EVERY_RECORD_SHOWN: readonly object[] = [
  {
    channel: "trades",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000001Z",
    id: 52_983_525_029_461,
    exchange: "D",
    price: 272.1234,
    size: 100,
    conditions: ["@", "I"],
    tape: "C",
  },
  {
    channel: "quotes",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.100000000Z",
    bidExchange: "Q",
    bidPrice: 272.1,
    bidSize: 300,
    askExchange: " ",
    askPrice: 0,
    askSize: 0,
    conditions: ["R"],
    tape: "C",
  },
  {
    channel: "trades",
    symbol: "BRK.B",
    timestamp: "2025-11-14T14:30:01.123456789Z",
    id: "9007199254740993",
    exchange: "N",
    price: 508,
    size: 7,
    conditions: [" "],
    tape: "A",
  },
  {
    channel: "lulds",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:02.500000000Z",
    limitUpPrice: 285.7,
    limitDownPrice: 258.5,
    indicator: "B",
    tape: "C",
  },
  {
    channel: "statuses",
    symbol: "MSFT",
    timestamp: "2025-11-14T14:30:03.999999999Z",
    statusCode: "H",
    statusMessage: "Trading Halt – naïve ✓ 停止 🛑",
    reasonCode: "T12",
    reasonMessage: 'Trading Halted; For "information" requested, by the exchange',
    tape: "C",
  },
  { channel: "imbalances", symbol: "MSFT", timestamp: "2025-11-14T14:30:04.000000000Z", price: 510.25, tape: "C" },
  {
    channel: "corrections",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:05.000000000Z",
    exchange: "D",
    originalId: 52_983_525_029_461,
    originalPrice: 272.1234,
    originalSize: 100,
    originalConditions: ["@", "I"],
    correctedId: "18446744073709551615",
    correctedPrice: 272.12,
    correctedSize: 90,
    correctedConditions: ["@"],
    tape: "C",
  },
  {
    channel: "cancelErrors",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:06.000000000Z",
    id: 52_983_525_029_462,
    exchange: "D",
    price: 272.12,
    size: 90,
    action: "C",
    tape: "C",
  },
  {
    channel: "bars",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000000Z",
    open: 272.1,
    high: 272.5,
    low: 272,
    close: 272.3,
    volume: 4_294_967_296,
    tradeCount: 99,
    vwap: 272.2345678901,
  },
  {
    channel: "updatedBars",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000000Z",
    open: 272.1,
    high: 272.6,
    low: 272,
    close: 272.3,
    volume: 12_445,
    tradeCount: 100,
    vwap: 272.23,
  },
  {
    channel: "dailyBars",
    symbol: "AAPL",
    timestamp: "2025-11-14T05:00:00.000000000Z",
    open: 270,
    high: 273,
    low: 269.5,
    close: 272.3,
    volume: 1_234_567,
    tradeCount: 9900,
    vwap: 271.9,
  },
];
