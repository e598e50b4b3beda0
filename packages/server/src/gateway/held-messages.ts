import type { ClientMessage } from "@tickerplant/client/wire";
import { GATEWAY_LIMITS } from "./limits.ts";

/** A message of a client, or a frame that could not be read. */
export type Received = ClientMessage | "unreadable";

/** Messages of one client that wait until an earlier one is answered, so that answers come in order. Bounded. */
export class HeldMessages {
  readonly #messages: { readonly message: Received; readonly bytes: number }[] = [];
  #bytes = 0;

  /** Adds a message that took so many bytes of its frame. Returns whether it is within the limits. */
  push(message: Received, bytes: number): boolean {
    this.#messages.push({ message, bytes });
    this.#bytes += bytes;
    return this.#messages.length <= GATEWAY_LIMITS.maxHeldMessages && this.#bytes <= GATEWAY_LIMITS.maxHeldBytes;
  }

  /** Removes and returns the oldest message; undefined if there is none. */
  shift(): Received | undefined {
    const first = this.#messages.shift();
    this.#bytes -= first?.bytes ?? 0;
    return first?.message;
  }

  /** Removes all. */
  clear(): void {
    this.#messages.length = 0;
    this.#bytes = 0;
  }
}
