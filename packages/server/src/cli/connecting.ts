/** How to point a client at a gateway: the official SDKs, and ours. Lines for a terminal of 80 columns. */
export function howToConnect(url: string, feed: string, key: string, secret: string): readonly string[] {
  return [
    "Point any client of Alpaca's stream at it:",
    `  Python      StockDataStream("${key}", "${secret}", url_override="${url}/v2/${feed}")`,
    `  Go          DATA_PROXY_WS=${url}/v2    or stream.WithBaseURL("${url}/v2")`,
    `  TypeScript  new StockDataStream({ credentials, url: "${url}/v2/${feed}" })`,
    `  Here        tickerplant stream trades '*' --url ${url}/v2/${feed}`,
    `Keys: ${key} and ${secret}, or any. In the environment: APCA_API_KEY_ID, APCA_API_SECRET_KEY.`,
  ];
}
