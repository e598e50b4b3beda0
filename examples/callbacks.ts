import { openMarket } from "./market.ts";

const { listener, stream } = await openMarket();

stream.subscribeTrades(
  (trade) => console.log("trade", trade.symbol, trade.price, trade.size, trade.conditions),
  "AAPL",
);

// An async handler is awaited before the symbol's next record. Here only the newest quote matters, so
// newer quotes replace those that wait.
stream.subscribeQuotes(
  async (quote) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log("quote", quote.symbol, quote.bidPrice, quote.askPrice);
  },
  "*",
  { overflow: "conflate" },
);

stream.subscribeBars((bar) => console.log("bar", bar.symbol, bar.open, bar.high, bar.low, bar.close), "*");
stream.registerTradeCancels((cancel) => console.log("cancelled", cancel.symbol, cancel.id));

setTimeout(() => void stream.stop(), 2_000);
await stream.run();
console.log(stream.metrics);
await listener.close();
