import { StockDataStream } from "@tickerplant/client";
import { createGateway, type Gateway, type Listener, listen, simulator } from "tickerplant";

/** A small simulated market behind a gateway in this process, and a stream that is not connected yet. */
export async function openMarket(): Promise<{ gateway: Gateway; listener: Listener; stream: StockDataStream }> {
  const gateway = createGateway({ feeds: { iex: simulator({ symbols: ["AAPL", "MSFT", "SPY"], rate: 100 }) } });
  const listener = await listen(gateway);
  const stream = new StockDataStream({ apiKey: "any", secretKey: "any", urlOverride: `${listener.url}/v2/iex` });
  return { gateway, listener, stream };
}
