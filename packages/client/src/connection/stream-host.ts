/** Where Alpaca's market data streams live. */
export const STREAM_HOST = "wss://stream.data.alpaca.markets";
