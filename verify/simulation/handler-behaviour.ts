import type { Random } from "../shared/random.ts";
import type { StreamUnderTest } from "./stream-under-test.ts";
import type { SubscriptionWitness } from "./witness.ts";

/** How one handler behaves: at once or slowly, well or badly. */
export class HandlerBehaviour {
  readonly #subject: StreamUnderTest;
  readonly #random: Random;
  readonly #act: () => Promise<unknown> | undefined;
  readonly #isAsync: boolean;
  readonly #delayMs: number;
  readonly #nests: number;
  /** Calls that do not settle until somebody releases them. */
  #hung: (() => void)[] = [];
  #staysHung: boolean;
  /** Whether its user keeps the subscription although a call hangs for good. */
  readonly isKept: boolean;

  /** `act` does something with the stream from inside the handler. */
  constructor(subject: StreamUnderTest, random: Random, act: () => Promise<unknown> | undefined) {
    this.#subject = subject;
    this.#random = random;
    this.#act = act;
    this.#isAsync = random.chance(0.6);
    this.#delayMs = subject.trouble.strikes("handler slow") ? random.pick([200, 3000]) : random.pick([0, 1, 20]);
    this.#nests = random.pick([0, 0, 0.05]);
    this.#staysHung = random.chance(0.5);
    this.isKept = random.chance(0.5);
  }

  /** Whether a call will not settle however long one waits; releases the calls that only took their time. */
  get isHung(): boolean {
    if (this.#hung.length > 0 && this.#staysHung) return true;
    for (const release of this.#hung.splice(0)) release();
    return false;
  }

  /** Handles one record. */
  handle(record: unknown, witness: SubscriptionWitness): unknown {
    const { trouble, market, verdict } = this.#subject;
    const { label } = witness.options;
    verdict.claim(!this.#subject.witness.isHalted, () => `${label} is called after a stop`);
    const { symbol } = witness.received(record, market.published);
    if (trouble.strikes("handler throws")) this.#fail(`${label} throws`);
    const isNesting = !trouble.isHealed && this.#random.chance(this.#nests);
    if (this.#isAsync) {
      witness.began(symbol);
      return this.#handleSlowly(witness, symbol, isNesting).finally(() => witness.finished(symbol));
    }
    if (isNesting) void this.#act();
    return undefined;
  }

  async #handleSlowly(witness: SubscriptionWitness, symbol: string, isNesting: boolean): Promise<void> {
    const { trouble, clock } = this.#subject;
    const { label } = witness.options;
    if (isNesting) await this.#act();
    if (trouble.strikes("handler rejects")) this.#fail(`${label} rejects`);
    if (trouble.strikes("handler never settles", 0.1)) {
      this.#subject.verdict.note(`${label} hangs on ${symbol}`);
      await new Promise<void>((resolve) => this.#hung.push(resolve));
    }
    if (this.#delayMs > 0 && !trouble.isHealed) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, this.#random.between(1, this.#delayMs)));
    }
  }

  #fail(message: string): never {
    this.#subject.witness.failures++;
    throw new Error(message);
  }
}
