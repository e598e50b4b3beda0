import type { Clock } from "@tickerplant/client";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { UpstreamHistory } from "../feeds/feed.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import type { NewestRecords } from "./newest-records.ts";

/** A client whose acknowledgement waits for newest records. */
interface Waiting {
  /** The symbols of its request, which the feed carries for it already. */
  readonly symbols: ChannelSymbols;
  readonly end: () => void;
}

/**
 * Requests the newest records that are not known from upstream, before a client that asked for them is
 * acknowledged: its live records follow the acknowledgement, and so the snapshot.
 */
export class NewestRequests<Client> {
  readonly #history: UpstreamHistory | undefined;
  readonly #newest: NewestRecords;
  readonly #clock: Clock;
  readonly #waiting = new Map<Client, Waiting>();

  constructor(history: UpstreamHistory | undefined, newest: NewestRecords, clock: Clock) {
    this.#history = history;
    this.#newest = newest;
    this.#clock = clock;
  }

  /**
   * Requests what is not known of a client's symbols. Calls `loaded` when it has come, or without it after a time-out
   * or a failure; at once if nothing is to be requested.
   */
  load(client: Client, symbols: ChannelSymbols, loaded: () => void): void {
    const unknown = this.#newest.unknown(symbols);
    if (this.#history === undefined || unknown === undefined) return loaded();
    const controller = new AbortController();
    const timer = this.#clock.setTimer(() => finish(), GATEWAY_LIMITS.snapshotWaitMs);
    const end = (): void => {
      this.#clock.clearTimer(timer);
      this.#waiting.delete(client);
      controller.abort();
    };
    const waiting = { symbols, end };
    this.#waiting.set(client, waiting);
    const finish = (): void => {
      if (this.#waiting.get(client) !== waiting) return;
      end();
      loaded();
    };
    this.#history.newest(unknown, controller.signal).then(
      (records) => {
        // Without the client, the feed may not carry the symbols any more, and the records would become old.
        if (this.#waiting.get(client) === waiting) for (const record of records) this.#newest.add(record);
        finish();
      },
      () => finish(), // the client goes on without: a live record comes sooner or later
    );
  }

  /** A client has left. Returns the symbols of its request that was not acknowledged; undefined if none waits. */
  cancel(client: Client): ChannelSymbols | undefined {
    const waiting = this.#waiting.get(client);
    waiting?.end();
    return waiting?.symbols;
  }
}
