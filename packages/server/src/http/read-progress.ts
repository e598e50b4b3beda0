import { GATEWAY_LIMITS } from "../gateway/limits.ts";

/**
 * How much of what was sent a client has read, as far as its pongs show. The network accepts
 * megabytes that the client has not read, so the pings between the frames carry the number of bytes
 * before them, and each pong returns one.
 */
export class ReadProgress {
  /** Whether the client has answered a ping; without pongs nothing is known of what it reads. */
  hasAnswered = false;
  #sentBytes = 0;
  #readBytes = 0;
  #nextPingAtBytes = 0;

  /** Bytes that were sent and that the client may not have read. */
  get unreadBytes(): number {
    return this.#sentBytes - this.#readBytes;
  }

  /** Counts a frame that was sent. Returns whether a ping should follow it. */
  sent(bytes: number): boolean {
    this.#sentBytes += bytes;
    return this.#sentBytes >= this.#nextPingAtBytes;
  }

  /** The payload of a ping at this point. */
  mark(): string {
    this.#nextPingAtBytes = this.#sentBytes + GATEWAY_LIMITS.progressPingBytes;
    return `${this.#sentBytes}`;
  }

  /** Handles a pong. Returns whether it shows more to be read than was known. */
  answered(payload: string): boolean {
    if (!/^\d{1,15}$/.test(payload)) return false; // answers no ping of the gateway: RFC 6455, section 5.5.3, allows pongs without a ping
    const bytes = Number(payload);
    if (bytes > this.#sentBytes) return false;
    this.hasAnswered = true;
    if (bytes <= this.#readBytes) return false;
    this.#readBytes = bytes;
    return true;
  }
}
