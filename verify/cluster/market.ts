import { Trade } from "@tickerplant/client";
import { createGateway, type Feed, type Gateway, listen } from "tickerplant";
import { KEYS } from "../shared/command.ts";
import type { Random } from "../shared/random.ts";

const SYMBOLS = Array.from({ length: 20 }, (_, index) => `SYM${String.fromCharCode(65 + index)}`);

/** Trades a second. */
const RATE = 500;
const TURN_MS = 10;
/** The share of trades that are reported late, and by how much at most, in milliseconds. */
const LATE_SHARE = 0.02;
export const MAX_LATE_MS = 5_000;

/** What has become of a market: every trade by a key, in the order of publication. */
export interface Published {
  readonly key: string;
  readonly symbol: string;
  readonly isLate: boolean;
  /** When it was published, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** A market as a gateway with one connection per key and everything in its history: the source of the ingests. */
export class Market implements AsyncDisposable {
  readonly published: Published[] = [];
  readonly #random: Random;
  readonly #gateway: Gateway;
  #listener: Awaited<ReturnType<typeof listen>> | undefined;
  #isOpen = true;

  constructor(random: Random) {
    this.#random = random;
    this.#gateway = createGateway({
      feeds: { sip: this.#feed() },
      keys: [{ key: KEYS.APCA_API_KEY_ID, secret: KEYS.APCA_API_SECRET_KEY }],
      maxConnections: 1,
      onEvent: () => {},
    });
  }

  /** Opens it on a free port, which it returns. */
  async open(): Promise<number> {
    this.#listener = await listen(this.#gateway, { port: 0 });
    return this.#listener.port;
  }

  /** No trade follows. */
  close(): void {
    this.#isOpen = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener?.close(0);
  }

  #feed(): Feed {
    return {
      paced: true,
      run: (sink, signal) =>
        new Promise((resolve) => {
          const timer = setInterval(() => {
            for (let count = (RATE * TURN_MS) / 1000; this.#isOpen && count > 0; count--) sink.publish(this.#trade());
          }, TURN_MS);
          signal.addEventListener("abort", () => {
            clearInterval(timer);
            resolve();
          });
        }),
    };
  }

  #trade(): Trade {
    const isLate = this.#random.chance(LATE_SHARE);
    const symbol = this.#random.pick(SYMBOLS);
    const id = this.published.length + 1;
    const ms = Date.now() - (isLate ? 1 + this.#random.below(MAX_LATE_MS) : 0);
    const seconds = Math.floor(ms / 1000);
    const nanos = (ms % 1000) * 1_000_000 + (id % 1_000_000);
    const trade = new Trade(symbol, seconds, nanos, id, "V", 100, 100, ["@"], "C");
    this.published.push({ key: keyOf(trade), symbol, isLate, atMs: Date.now() });
    return trade;
  }
}

/** What identifies a trade. */
export function keyOf({ symbol, id }: Pick<Trade, "symbol" | "id">): string {
  return `${symbol} ${id}`;
}
