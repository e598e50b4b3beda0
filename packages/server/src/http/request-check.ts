import type { IncomingMessage } from "node:http";

/**
 * Headers that decide something and of which there is one. Node takes the first of two, a proxy may
 * take the second; joined by a comma they would be a third thing.
 */
const SINGLE_HEADERS = ["host", "origin", "authorization", "apca-api-key-id", "apca-api-secret-key", "content-type"];

/**
 * Whether an upgrade is one that everybody reads in the same way: HTTP/1.1 with a host (RFC 6455,
 * section 4.2.1), no header twice that decides something, and no body, which we would take for frames.
 */
export function isClean({ httpVersion, headersDistinct, headers }: IncomingMessage): boolean {
  if (httpVersion !== "1.1" || headers.host === undefined) return false;
  if (headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0") return false;
  return SINGLE_HEADERS.every((name) => (headersDistinct[name]?.length ?? 0) <= 1);
}
