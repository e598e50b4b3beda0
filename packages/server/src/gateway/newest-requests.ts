import type { Clock } from "@tickerplant/client";
import type { ChannelSymbols, MarketRecord } from "@tickerplant/client/wire";
import type { UpstreamHistory } from "../feeds/feed.ts";
import { GATEWAY_LIMITS } from "./limits.ts";

/** A client whose acknowledgement waits for newest records. */
interface Waiting {
  /** The symbols of its request, which the feed carries for it already. */
  readonly symbols: ChannelSymbols;
  readonly end: () => void;
}

/**
 * Requests the newest records that a gateway does not know from upstream, before a client that asked for them is
 * acknowledged: its live records follow the acknowledgement, and so the snapshot.
 */
export class NewestRequests<Client> {
  readonly #history: UpstreamHistory;
  readonly #clock: Clock;
  readonly #waiting = new Map<Client, Waiting>();

  constructor(history: UpstreamHistory, clock: Clock) {
    this.#history = history;
    this.#clock = clock;
  }

  /**
   * Requests the newest records of `unknown`, for a client's request of `symbols`. Calls `loaded` with them, or with
   * none after a time-out or a failure: the client goes on without, until a live record comes.
   */
  load(
    client: Client,
    symbols: ChannelSymbols,
    unknown: ChannelSymbols,
    loaded: (records: readonly MarketRecord[]) => void,
  ): void {
    const timer = this.#clock.setTimer(() => finish([]), GATEWAY_LIMITS.snapshotWaitMs);
    const end = (): void => {
      this.#clock.clearTimer(timer);
      this.#waiting.delete(client);
    };
    const waiting = { symbols, end };
    this.#waiting.set(client, waiting);
    const finish = (records: readonly MarketRecord[]): void => {
      if (this.#waiting.get(client) !== waiting) return;
      end();
      loaded(records);
    };
    this.#history.newest(unknown).then(finish, () => finish([]));
  }

  /** A client has left. Returns the symbols of its request that was not acknowledged, if there is one. */
  cancel(client: Client): ChannelSymbols {
    const waiting = this.#waiting.get(client);
    waiting?.end();
    return waiting?.symbols ?? {};
  }
}
