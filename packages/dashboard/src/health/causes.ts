import type { Cause } from "../market/gap-ledger.ts";

/** Short words for the codes that a reader meets often. Other codes are shown as they are. */
const WORDS: Partial<Record<Cause["code"], string>> = {
  closed_by_server: "closed",
  connection_lost: "connection lost",
  ping_timeout: "no pong",
  stale: "no market data",
  slow_client: "queue limit",
  slow_consumer: "queue limit",
  handshake_timeout: "handshake timed out",
  connection_limit: "connection limit",
  http_rejected: "rejected",
  rate_limited: "rate limited",
};

/** A cause in a few words, as a table shows it: `closed 1006`, `queue limit`, `rejected 503`. */
export function shortCause({ code, closeCode, status, serverCode }: Cause): string {
  const words = WORDS[code] ?? code;
  const number = closeCode ?? status ?? (WORDS[code] === undefined ? serverCode : undefined);
  return number === undefined ? words : `${words} ${number}`;
}

/** A cause in full, as a tooltip shows it: the code first, then the sentence. */
export function longCause({ code, message }: Cause): string {
  return `${code}: ${message}`;
}
