/** A frame of trades for a symbol, in the wire's JSON; their ids count from `firstId`. */
export function tradeFrame(symbol: string, count = 1, firstId = 1): string {
  const trades = Array.from(
    { length: count },
    (_, index) =>
      `{"T":"t","S":"${symbol}","i":${firstId + index},"x":"V","p":101.25,"s":100,"c":["@"],"t":"2025-11-14T14:30:00.5Z","z":"C"}`,
  );
  return `[${trades.join(",")}]`;
}

/** A frame of quotes for a symbol; their bid sizes count from 1. */
export function quoteFrame(symbol: string, count: number): string {
  const quotes = Array.from(
    { length: count },
    (_, index) =>
      `{"T":"q","S":"${symbol}","bx":"V","bp":1,"bs":${index + 1},"ax":"Q","ap":2,"as":1,"c":["R"],"t":"2025-11-14T14:30:00Z","z":"C"}`,
  );
  return `[${quotes.join(",")}]`;
}

/** One record of every type for `AAPL`, with values that show what a codec loses. */
export const EVERY_RECORD: string = `[
  {"T":"t","S":"AAPL","i":9007199254740993,"x":"V","p":189.4351,"s":100,"c":["@","I"],"t":"2025-11-14T14:30:00.123456789Z","z":"C"},
  {"T":"q","S":"AAPL","bx":"V","bp":189.43,"bs":300,"ax":" ","ap":0,"as":0,"c":["R"],"t":"2025-11-14T14:30:00.000000001Z","z":"C"},
  {"T":"b","S":"AAPL","o":1,"h":2.5,"l":0.5,"c":1.25,"v":4294967296,"n":12,"vw":1.2345678901,"t":"2025-11-14T14:30:00Z"},
  {"T":"u","S":"AAPL","o":1,"h":2.5,"l":0.5,"c":1.5,"v":1100,"n":13,"vw":1.25,"t":"2025-11-14T14:30:00Z"},
  {"T":"d","S":"AAPL","o":1,"h":3,"l":0.5,"c":1.75,"v":9000,"n":99,"vw":1.5,"t":"2025-11-14T05:00:00Z"},
  {"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt – naïve ✓ 停止 🛑","rc":"T12","rm":"","t":"2025-11-14T14:30:00.999999999Z","z":"C"},
  {"T":"l","S":"AAPL","u":200.01,"d":180.99,"i":"B","t":"2025-11-14T14:30:00.1Z","z":"C"},
  {"T":"i","S":"AAPL","p":189.5,"t":"2025-11-14T14:30:00.2Z","z":"C"},
  {"T":"c","S":"AAPL","x":"V","oi":1,"op":189.4,"os":100,"oc":["@"],"ci":18446744073709551615,"cp":189.5,"cs":90,"cc":["@","I"],"t":"2025-11-14T14:30:00.3Z","z":"C"},
  {"T":"x","S":"AAPL","i":9007199254740992,"x":"V","p":189.4,"s":100,"a":"E","t":"2025-11-14T14:30:00.4Z","z":"C"}
]`;

/** What `JSON.stringify` shows of the records of {@link EVERY_RECORD}. */
export const EVERY_RECORD_SHOWN: readonly object[] = [
  {
    channel: "trades",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.123456789Z",
    id: "9007199254740993",
    exchange: "V",
    price: 189.4351,
    size: 100,
    conditions: ["@", "I"],
    tape: "C",
  },
  {
    channel: "quotes",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000001Z",
    bidExchange: "V",
    bidPrice: 189.43,
    bidSize: 300,
    askExchange: " ",
    askPrice: 0,
    askSize: 0,
    conditions: ["R"],
    tape: "C",
  },
  {
    channel: "bars",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000000Z",
    open: 1,
    high: 2.5,
    low: 0.5,
    close: 1.25,
    volume: 4_294_967_296,
    tradeCount: 12,
    vwap: 1.2345678901,
  },
  {
    channel: "updatedBars",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.000000000Z",
    open: 1,
    high: 2.5,
    low: 0.5,
    close: 1.5,
    volume: 1100,
    tradeCount: 13,
    vwap: 1.25,
  },
  {
    channel: "dailyBars",
    symbol: "AAPL",
    timestamp: "2025-11-14T05:00:00.000000000Z",
    open: 1,
    high: 3,
    low: 0.5,
    close: 1.75,
    volume: 9000,
    tradeCount: 99,
    vwap: 1.5,
  },
  {
    channel: "statuses",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.999999999Z",
    statusCode: "H",
    statusMessage: "Trading Halt – naïve ✓ 停止 🛑",
    reasonCode: "T12",
    reasonMessage: "",
    tape: "C",
  },
  {
    channel: "lulds",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.100000000Z",
    limitUpPrice: 200.01,
    limitDownPrice: 180.99,
    indicator: "B",
    tape: "C",
  },
  { channel: "imbalances", symbol: "AAPL", timestamp: "2025-11-14T14:30:00.200000000Z", price: 189.5, tape: "C" },
  {
    channel: "corrections",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.300000000Z",
    exchange: "V",
    originalId: 1,
    originalPrice: 189.4,
    originalSize: 100,
    originalConditions: ["@"],
    correctedId: "18446744073709551615",
    correctedPrice: 189.5,
    correctedSize: 90,
    correctedConditions: ["@", "I"],
    tape: "C",
  },
  {
    channel: "cancelErrors",
    symbol: "AAPL",
    timestamp: "2025-11-14T14:30:00.400000000Z",
    id: "9007199254740992",
    exchange: "V",
    price: 189.4,
    size: 100,
    action: "E",
    tape: "C",
  },
];
