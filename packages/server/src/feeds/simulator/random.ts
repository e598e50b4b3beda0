/**
 * The simulator's random numbers: a small, fast counter generator (Chris Doty-Humphrey's sfc32) and
 * the distributions that the simulator needs. Only operations that IEEE 754 and ECMAScript define to
 * the last bit are used, so that a seed gives the same market on every engine. It is not the
 * generator of `@tickerplant/client/testing`, whose 2^32 numbers a busy market uses up within hours.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` is any safe integer; the same seed gives the same sequence. */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 4_294_967_296) | 0;
    this.#c = 0x9e3779b9 | 0;
    // The first outputs of similar seeds are similar; the author of sfc32 discards 12.
    for (let round = 0; round < 12; round++) this.bits();
  }

  /** Draws 32 random bits, as a number from 0 to 2^32 - 1. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Draws a number from 0 to below 1. */
  uniform(): number {
    return this.bits() / 4_294_967_296;
  }

  /** Draws an integer from 0 to `below - 1`. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** Returns true with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Draws an element of an array that is not empty, all equally likely. */
  pick<T>(elements: readonly T[]): T {
    return elements[this.integer(elements.length)] as T; // integer() stays below length
  }

  /** Draws an exponentially distributed number with mean 1, at most about 12: the gaps of a Poisson process. */
  exponential(): number {
    const bits = this.bits();
    const spread = 0.5 + (bits & 0x3fffff) / 0x400000; // mean 1; fills the space between the quantiles
    return (QUANTILES[bits >>> 22] ?? 0) * spread;
  }
}

/** The middles of 1,024 equally likely intervals of the exponential distribution, scaled to mean 1. */
const QUANTILES: Float64Array = exponentialQuantiles(1024);

function exponentialQuantiles(count: number): Float64Array {
  const quantiles = Float64Array.from({ length: count }, (_, index) => -logarithm((index + 0.5) / count));
  const mean = quantiles.reduce((sum, quantile) => sum + quantile, 0) / count;
  return quantiles.map((quantile) => quantile / mean);
}

/** Returns the natural logarithm for 0 < x < 1. `Math.log` may differ in its last bit between engines. */
function logarithm(x: number): number {
  let halvings = 0;
  let rest = x;
  for (; rest < 0.5; rest *= 2) halvings++;
  const ratio = (rest - 1) / (rest + 1);
  let sum = 0;
  let power = ratio;
  for (let odd = 1; odd < 40; odd += 2) {
    sum += power / odd;
    power *= ratio * ratio;
  }
  return 2 * sum - halvings * Math.LN2;
}

/**
 * Draws indexes in proportion to their weights, in constant time
 * (M. D. Vose, "A linear algorithm for generating random numbers with a given distribution", 1991).
 */
export class WeightedIndex {
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  /** `weights` are above zero, and there is at least one. */
  constructor(weights: readonly number[]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const share = Float64Array.from(weights, (weight) => (weight * weights.length) / total);
    this.#keep = new Float64Array(weights.length).fill(1);
    this.#alias = Int32Array.from(weights, (_, index) => index);
    const small: number[] = [];
    const large: number[] = [];
    share.forEach((value, index) => {
      (value < 1 ? small : large).push(index);
    });
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number; // the loop condition: both arrays have elements
      const more = large.pop() as number;
      const kept = share[less] ?? 1;
      this.#keep[less] = kept;
      this.#alias[less] = more;
      const left = (share[more] ?? 1) - (1 - kept);
      share[more] = left;
      (left < 1 ? small : large).push(more);
    }
  }

  /** Draws an index with `random`. */
  draw(random: Random): number {
    const index = random.integer(this.#keep.length);
    return random.uniform() < (this.#keep[index] ?? 1) ? index : (this.#alias[index] ?? index);
  }
}
