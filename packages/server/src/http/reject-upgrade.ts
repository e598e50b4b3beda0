import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpRejection } from "../gateway/socket.ts";

/** Rejects an upgrade, and closes its socket. */
export function rejectUpgrade(socket: Duplex, rejection: HttpRejection): void {
  const upgrade = rejection.status === 426 ? { Connection: "Upgrade, close", Upgrade: "websocket" } : {};
  const headers = { Connection: "close", "Content-Length": "0", ...upgrade, ...retryHeader(rejection) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy()); // a client that does not close its half keeps nothing here
  socket.end(`HTTP/1.1 ${rejection.status} ${STATUS_CODES[rejection.status] ?? "Rejected"}\r\n${lines.join("")}\r\n`);
}

/** The header of a rejection that may be tried again. */
export function retryHeader({ retryAfterS }: HttpRejection): { readonly "Retry-After"?: string } {
  return retryAfterS === undefined ? {} : { "Retry-After": `${retryAfterS}` };
}
