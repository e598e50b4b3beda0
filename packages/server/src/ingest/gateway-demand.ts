import type { Clock, Timer } from "@tickerplant/client";
import type { ChannelSymbols } from "@tickerplant/client/wire";
import type { EntryStore } from "@tickerplant/cluster";
import { ClusterError, tokenOf } from "@tickerplant/cluster";
import { ChannelSymbolSet } from "./channel-symbol-set.ts";
import { INGEST_LIMITS } from "./limits.ts";

/** Parts of a {@link GatewayDemand}. */
export interface GatewayDemandParts {
  readonly feed: string;
  /** What gateways tell of themselves. */
  readonly readers: EntryStore;
  readonly clock: Clock;
  /** What gateways ask for was read for the first time, or has changed. */
  readonly changed: (change: GatewayDemandChange) => void;
  /** The entries cannot be read at the moment: once for each cause. */
  readonly failed: (error: ClusterError) => void;
}

/** How the demand has changed. */
export interface GatewayDemandChange {
  /** Symbols that were not asked for before. */
  readonly asked: ChannelSymbols;
  /** Symbols that no gateway asks for any more. */
  readonly released: ChannelSymbols;
  /** Everything that gateways ask for. */
  readonly wanted: ChannelSymbols;
}

/** Reads what gateways ask for, of an ingest that subscribes on demand. A gateway that is gone asks for nothing. */
export class GatewayDemand {
  readonly #parts: GatewayDemandParts;
  /** Undefined before the first answer. */
  #wanted: ChannelSymbolSet | undefined;
  #timer: Timer;
  #isEnded = false;
  #failure: string | undefined;

  constructor(parts: GatewayDemandParts) {
    this.#parts = parts;
  }

  /** Reads it now, and again and again until {@link end}. */
  async start(): Promise<void> {
    const { clock } = this.#parts;
    await this.#read();
    if (!this.#isEnded) this.#timer = clock.setTimer(() => void this.start(), INGEST_LIMITS.demandMs);
  }

  end(): void {
    this.#isEnded = true;
    this.#parts.clock.clearTimer(this.#timer);
  }

  async #read(): Promise<void> {
    const { readers, feed, changed, failed } = this.#parts;
    try {
      const wanted = new ChannelSymbolSet();
      for (const { key, value } of await readers.list())
        if (key.startsWith(`${tokenOf(feed)}.`)) wanted.add(wantsOf(value));
      if (this.#isEnded) return;
      this.#failure = undefined;
      const before = this.#wanted ?? new ChannelSymbolSet();
      const asked = before.lacking(wanted.list());
      const released = wanted.lacking(before.list());
      const isFirst = this.#wanted === undefined;
      this.#wanted = wanted;
      if (isFirst || Object.keys(asked).length + Object.keys(released).length > 0)
        changed({ asked, released, wanted: wanted.list() });
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.message !== this.#failure) failed(error);
      this.#failure = error.message;
    }
  }
}

/** What the entry of a reader asks for; nothing for one that is no gateway, or of another version. */
function wantsOf(value: string): ChannelSymbols {
  try {
    const { wants } = JSON.parse(value) as { readonly wants?: ChannelSymbols }; // of a gateway, checked below
    const entries = Object.entries(wants ?? {});
    return Object.fromEntries(entries.filter(([, names]) => Array.isArray(names)));
  } catch {
    return {}; // no entry of ours
  }
}
