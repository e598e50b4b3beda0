import { openMarket } from "./market.ts";

const { listener, stream } = await openMarket();
await stream.connect();

let volume = 0;
const watchlist = ["AAPL", "MSFT"];
for await (const trade of stream.trades(watchlist)) {
  volume += trade.size;
  console.log(trade.timestampNs, trade.symbol, trade.price, volume);
  if (volume > 500) break; // unsubscribes
}

await stream.stop();
await listener.close();
