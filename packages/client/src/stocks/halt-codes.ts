const HALTS: ReadonlySet<string> = new Set(["H", "P", "2"]);
const RESUMPTIONS: ReadonlySet<string> = new Set(["T", "3"]);

/**
 * What a trading status says of trading: `halted` for a halt or a pause (H and P of the UTP, 2 of the CTA), `trading`
 * for its end (T of the UTP, 3 of the CTA).
 *
 * @returns undefined for other statuses, which neither begin nor end a halt, such as the resumption of quotes alone.
 * Source: docs.alpaca.markets/docs/real-time-stock-pricing-data, "Trading status".
 * @example
 * stream.subscribeTradingStatuses(({ symbol, statusCode }) => {
 *   if (tradingStateOf(statusCode) === "halted") halted.add(symbol);
 * }, "AAPL");
 */
export function tradingStateOf(statusCode: string): "halted" | "trading" | undefined {
  if (HALTS.has(statusCode)) return "halted";
  return RESUMPTIONS.has(statusCode) ? "trading" : undefined;
}
