import type { Cause } from "../market/gap-ledger.ts";
import * as LIMITS from "./limits.ts";

/** A lost connection. */
export interface Reconnect {
  readonly atMs: number;
  readonly cause: Cause;
  /** From the loss to the accepted handshake; undefined while the connection is lost. */
  readonly backAfterMs: number | undefined;
}

/** Lost connections, each with its first cause, however many attempts followed. */
export class ReconnectList {
  readonly #ended: Reconnect[] = [];
  #open: { readonly atMs: number; readonly cause: Cause } | undefined;

  lost(atMs: number, cause: Cause): void {
    this.#open ??= { atMs, cause };
  }

  /** The handshake was accepted: the first of a run, or after a loss. */
  back(atMs: number): void {
    if (this.#open === undefined) return;
    // The wall clock may have been set back meanwhile.
    this.#ended.push({ ...this.#open, backAfterMs: Math.max(0, atMs - this.#open.atMs) });
    this.#open = undefined;
    if (this.#ended.length > LIMITS.maxReconnects) this.#ended.shift();
  }

  /** Newest first. */
  rows(): readonly Reconnect[] {
    const ended = this.#ended.toReversed();
    return this.#open === undefined ? ended : [{ ...this.#open, backAfterMs: undefined }, ...ended];
  }
}
