/** Returns lines that show how to connect the official SDKs and this command to a gateway. Each fits into 80 columns. */
export function connectionInstructions(url: string, key: string, secret: string): readonly string[] {
  const feedUrl = `${url}/v2/iex`;
  return [
    "Any client of Alpaca's stream can connect, with any key:",
    `  alpaca-py   StockDataStream("${key}", "${secret}",`,
    `                url_override="${feedUrl}")`,
    `  Go          export DATA_PROXY_WS=${url}/v2`,
    `  TypeScript  new StockDataStream({ credentials,`,
    `                url: "${feedUrl}" })`,
    `  this CLI    export APCA_API_KEY_ID=${key} APCA_API_SECRET_KEY=${secret}`,
    `              tickerplant stream trades '*' --url ${feedUrl}`,
  ];
}
