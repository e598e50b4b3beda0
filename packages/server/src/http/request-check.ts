import type { IncomingMessage } from "node:http";

/**
 * Headers that decide something and that a request has once. Of two, Node uses the first and a proxy
 * may use the second; joined by a comma they would be a third value.
 */
const SINGLE_HEADERS = ["host", "origin", "authorization", "apca-api-key-id", "apca-api-secret-key", "content-type"];

/**
 * Whether Node and every proxy read an upgrade in the same way: HTTP/1.1 with a host (RFC 6455,
 * section 4.2.1), no deciding header twice, and no body, which would be read as frames.
 */
export function isClean({ httpVersion, headersDistinct, headers }: IncomingMessage): boolean {
  if (httpVersion !== "1.1" || headers.host === undefined) return false;
  if (headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0") return false;
  return SINGLE_HEADERS.every((name) => (headersDistinct[name]?.length ?? 0) <= 1);
}
