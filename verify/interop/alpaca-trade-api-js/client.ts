/**
 * Runs the official TypeScript client's `StockDataStream`, unmodified, by commands from standard
 * input. Usage: client.js URL KEY SECRET. The commands and the lines that it prints are described
 * in ../README.md.
 */
import { createInterface } from "node:readline";
import { streaming } from "@alpacahq/alpaca-trade-api";

type Channel = "trades" | "quotes" | "bars" | "updatedBars" | "dailyBars" | "statuses" | "lulds" | "imbalances";
type Command =
  | { readonly do: "connect" }
  | { readonly do: "subscribe" | "unsubscribe"; readonly channel: Channel; readonly symbols: string[] };

const [url = "", keyId = "", secret = ""] = process.argv.slice(2);
const stream = new streaming.StockDataStream({ url, credentials: { keyId, secret } });

function print(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** Prints a record: its fields, the time with all digits, and the time as a `Date`. */
function record(
  T: string,
  { symbol: S, timestamp, timestampRaw: t }: { symbol: string; timestamp: Date; timestampRaw?: string | undefined },
  fields: object,
): void {
  print("record", { record: { T, S, ...fields, t, date: timestamp.toISOString() } });
}

const bar =
  (letter: string) =>
  (v: streaming.StreamBar): void =>
    record(letter, v, { o: v.open, h: v.high, l: v.low, c: v.close, v: v.volume, n: v.tradeCount, vw: v.vwap });

stream.onTrade((v) => record("t", v, { i: v.idRaw, x: v.exchange, p: v.price, s: v.size, c: v.conditions, z: v.tape }));
stream.onQuote((v) => {
  const bid = { bx: v.bidExchange, bp: v.bidPrice, bs: v.bidSize };
  record("q", v, { ...bid, ax: v.askExchange, ap: v.askPrice, as: v.askSize, c: v.conditions, z: v.tape });
});
stream.onBar(bar("b"));
stream.onUpdatedBar(bar("u"));
stream.onDailyBar(bar("d"));
stream.onStatus((v) =>
  record("s", v, { sc: v.statusCode, sm: v.statusMessage, rc: v.reasonCode, rm: v.reasonMessage, z: v.tape }),
);
stream.onLuld((v) => record("l", v, { u: v.limitUpPrice, d: v.limitDownPrice, i: v.indicator, z: v.tape }));
stream.onImbalance((v) => record("i", v, { p: v.price, z: v.tape }));
stream.onCorrection((v) => {
  const original = { oi: v.originalIdRaw, op: v.originalPrice, os: v.originalSize, oc: v.originalConditions };
  const corrected = { ci: v.correctedIdRaw, cp: v.correctedPrice, cs: v.correctedSize, cc: v.correctedConditions };
  record("c", v, { x: v.exchange, ...original, ...corrected, z: v.tape });
});
stream.onCancelError((v) =>
  record("x", v, { i: v.idRaw, x: v.exchange, p: v.price, s: v.size, a: v.action, z: v.tape }),
);

stream.onConnect(() => print("connected"));
stream.onError((text) => print("report", { text }));
void stream.whenAuthenticated().then(({ status, code, message }) => {
  if (status === streaming.STREAM_AUTH_STATUS.SERVER_REJECTED) print("report", { text: `${message} (${code})` });
});
stream.onDisconnect(() => {
  // Right after this event the library decides whether it reconnects.
  setImmediate(() => print(stream.getState() === streaming.STATE.DISCONNECTED ? "ended" : "disconnected"));
});

const subscribe: Record<Channel, (symbols: string[]) => void> = {
  trades: (symbols) => stream.subscribeForTrades(symbols),
  quotes: (symbols) => stream.subscribeForQuotes(symbols),
  bars: (symbols) => stream.subscribeForBars(symbols),
  updatedBars: (symbols) => stream.subscribeForUpdatedBars(symbols),
  dailyBars: (symbols) => stream.subscribeForDailyBars(symbols),
  statuses: (symbols) => stream.subscribeForStatuses(symbols),
  lulds: (symbols) => stream.subscribeForLulds(symbols),
  imbalances: (symbols) => stream.subscribeForImbalances(symbols),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command; // the parent process writes it
  if (command.do === "connect") stream.connect();
  else if (command.do === "subscribe") subscribe[command.channel](command.symbols);
  else if (command.channel === "trades") stream.unsubscribeFromTrades(command.symbols);
  else throw new Error(`no scenario unsubscribes from ${command.channel}`);
  print("done");
}
stream.disconnect();
