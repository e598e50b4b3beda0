import type { Socket } from "node:net";
import { GATEWAY_LIMITS } from "../gateway/limits.ts";
import type { HttpRejection } from "../gateway/socket.ts";

const TOO_MANY_IN_ALL: HttpRejection = { status: 503, retryAfterS: GATEWAY_LIMITS.authTimeoutMs / 1000 };
const TOO_MANY_OF_ADDRESS: HttpRejection = { status: 429, retryAfterS: GATEWAY_LIMITS.authTimeoutMs / 1000 };

/** Counts the TCP connections of a port from the first moment, before TLS, HTTP and any key. */
export class ConnectionLimits {
  /** May be changed at any time, for new connections. */
  maxPerAddress: number;
  readonly #maxInAll: number;
  readonly #perAddress = new Map<string, number>();
  /** Connections over a limit, by their address and port. */
  readonly #excess = new Map<string, HttpRejection>();
  #inAll = 0;

  constructor(maxPerAddress: number, maxInAll: number) {
    this.maxPerAddress = maxPerAddress;
    this.#maxInAll = maxInAll;
  }

  /** Counts a new connection until it closes; cuts it when too many are being rejected already. */
  add(socket: Socket): void {
    const name = nameOf(socket);
    const group = addressGroup(socket.remoteAddress ?? "");
    const ofAddress = this.#perAddress.get(group) ?? 0;
    const isTooMany = this.#inAll >= this.#maxInAll;
    if (isTooMany || ofAddress >= this.maxPerAddress) {
      if (this.#excess.size >= GATEWAY_LIMITS.maxExcessConnections) return void socket.destroy();
      this.#excess.set(name, isTooMany ? TOO_MANY_IN_ALL : TOO_MANY_OF_ADDRESS);
      socket.once("close", () => this.#excess.delete(name));
      return;
    }
    this.#inAll++;
    this.#perAddress.set(group, ofAddress + 1);
    socket.once("close", () => this.#release(group));
  }

  /** How a connection's request is to be rejected, if it is over a limit. Accepts the socket within TLS, too. */
  rejection(socket: Pick<Socket, "remoteAddress" | "remotePort">): HttpRejection | undefined {
    return this.#excess.get(nameOf(socket));
  }

  #release(group: string): void {
    this.#inAll--;
    const left = (this.#perAddress.get(group) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(group, left);
    else this.#perAddress.delete(group);
  }
}

/**
 * The addresses whose connections count together: an IPv4 address, or the first 64 bits of an IPv6 address, which one
 * customer has. Source: RFC 6177.
 */
export function addressGroup(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (ipv4 !== undefined || !address.includes(":")) return ipv4 ?? address;
  const [before = "", after] = (address.split("%", 1)[0] ?? "").split("::");
  const front = before === "" ? [] : before.split(":");
  const back = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => "0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":");
}

function nameOf({ remoteAddress = "", remotePort = 0 }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress} ${remotePort}`;
}
