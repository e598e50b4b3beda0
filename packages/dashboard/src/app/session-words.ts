import { usEquitySession } from "@tickerplant/client";

const MINUTE_MS = 60_000;

/** The session of the market and when it ends: `Regular session, closes in 5 h 18 m`. */
export function sessionWords(nowMs: number): string {
  const session = usEquitySession(new Date(nowMs));
  if (session === undefined) return "Market closed today";
  const { preMarketOpen, open, close, afterHoursClose } = session;
  if (nowMs < preMarketOpen.getTime()) return `Market closed, pre-market in ${until(preMarketOpen, nowMs)}`;
  if (nowMs < open.getTime()) return `Pre-market, opens in ${until(open, nowMs)}`;
  if (nowMs < close.getTime()) return `Regular session, closes in ${until(close, nowMs)}`;
  if (nowMs < afterHoursClose.getTime()) return `After hours, ends in ${until(afterHoursClose, nowMs)}`;
  return "Market closed";
}

/** Rounded up, so that the last minute is not 0 m. */
function until(time: Date, nowMs: number): string {
  const minutes = Math.ceil((time.getTime() - nowMs) / MINUTE_MS);
  return minutes < 60 ? `${minutes} m` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}
