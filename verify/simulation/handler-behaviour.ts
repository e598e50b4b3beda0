import type { Random } from "../shared/random.ts";
import type { StreamUnderTest } from "./stream-under-test.ts";
import type { SubscriptionChecker } from "./subscription-checker.ts";

/** The behaviour of one handler: synchronous or asynchronous, fast or slow, correct or failing. */
export class HandlerBehaviour {
  readonly #subject: StreamUnderTest;
  readonly #random: Random;
  readonly #act: () => Promise<unknown> | undefined;
  readonly #isAsync: boolean;
  readonly #delayMs: number;
  readonly #nests: number;
  /** Releases the calls that hang. */
  #hung: (() => void)[] = [];
  #staysHung: boolean;
  /** True if the user keeps the subscription although a call hangs forever. */
  readonly isKept: boolean;

  /** `act` calls the stream from inside the handler. */
  constructor(subject: StreamUnderTest, random: Random, act: () => Promise<unknown> | undefined) {
    this.#subject = subject;
    this.#random = random;
    this.#act = act;
    this.#isAsync = random.chance(0.6);
    this.#delayMs = subject.faults.occurs("handler slow") ? random.pick([200, 3000]) : random.pick([0, 1, 20]);
    this.#nests = random.pick([0, 0, 0.05]);
    this.#staysHung = random.chance(0.5);
    this.isKept = random.chance(0.5);
  }

  /** True if a call hangs forever; releases the calls that were only slow. */
  get isHung(): boolean {
    if (this.#hung.length > 0 && this.#staysHung) return true;
    for (const release of this.#hung.splice(0)) release();
    return false;
  }

  /** Handles one record. */
  handle(record: unknown, checker: SubscriptionChecker): unknown {
    const { faults, market, invariants } = this.#subject;
    const { label } = checker.options;
    invariants.assert(!this.#subject.checker.isHalted, () => `${label} was called after a stop`);
    const { symbol } = checker.received(record, market.published);
    if (faults.occurs("handler throws")) this.#fail(`${label} throws`);
    const isNesting = !faults.isHealed && this.#random.chance(this.#nests);
    if (this.#isAsync) {
      checker.began(symbol);
      return this.#handleSlowly(checker, symbol, isNesting).finally(() => checker.finished(symbol));
    }
    if (isNesting) void this.#act();
    return undefined;
  }

  async #handleSlowly(checker: SubscriptionChecker, symbol: string, isNesting: boolean): Promise<void> {
    const { faults, clock } = this.#subject;
    const { label } = checker.options;
    if (isNesting) await this.#act();
    if (faults.occurs("handler rejects")) this.#fail(`${label} rejects`);
    if (faults.occurs("handler never settles", 0.1)) {
      this.#subject.invariants.note(`a call of ${label} for ${symbol} hangs`);
      await new Promise<void>((resolve) => this.#hung.push(resolve));
    }
    if (this.#delayMs > 0 && !faults.isHealed) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, this.#random.between(1, this.#delayMs)));
    }
  }

  #fail(message: string): never {
    this.#subject.checker.failures++;
    throw new Error(message);
  }
}
