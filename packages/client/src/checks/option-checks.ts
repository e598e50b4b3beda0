import * as LIMITS from "../limits.ts";
import { nearMiss } from "./near-miss.ts";
import { kindOf, shownValue, tagOf } from "./shown-value.ts";

/** What a value must be. */
export interface Check {
  /** Completes the sentence "it must be …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** What to write instead of a rejected value, where that can be guessed. */
  advice?(value: unknown): string | undefined;
  /** Whether a wrong value may be a secret, so that only its kind is shown. */
  readonly isSecret?: boolean;
}

/** A check for each option of an interface: a new option without one does not compile. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: Check };

export const STRING: Check = { expected: "a string", accepts: (value) => typeof value === "string" };

export const SECRET: Check = { ...STRING, isSecret: true };

export const BOOLEAN: Check = { expected: "true or false", accepts: (value) => typeof value === "boolean" };

export const OBJECT: Check = { expected: "an object", accepts: isPlainObject };

/** A call of a generator function returns a generator and runs nothing. */
export const FUNCTION: Check = {
  expected: "a function",
  accepts: (value) => typeof value === "function" && !kindOf(value).endsWith("GeneratorFunction"),
};

export const POSITIVE_INTEGER: Check = {
  expected: "a whole number above 0",
  accepts: (value) => Number.isInteger(value) && (value as number) > 0, // a number, by the first half
};

export const ABORT_SIGNAL: Check = {
  expected: "an AbortSignal",
  accepts: isAbortSignal,
  advice: (value) => (isAbortSignal(propertyOf(value, "signal")) ? "pass its signal" : undefined),
};

/** One of several strings. */
export function oneOf(values: readonly string[]): Check {
  return {
    expected: `one of ${values.join(", ")}`,
    accepts: (value) => values.some((allowed) => allowed === value),
    advice: (value) => didYouMean(typeof value === "string" ? nearMiss(value, values) : undefined),
  };
}

/** A finite number of milliseconds. */
export function milliseconds(least: number): Check {
  return {
    expected: `a number of milliseconds from ${least}`,
    accepts: (value) => Number.isFinite(value) && (value as number) >= least, // a number, by the first half
  };
}

/** A number of milliseconds that may be infinite, which is never. */
export function duration(least: number): Check {
  return {
    expected: `a number of milliseconds from ${least}, or Infinity`,
    accepts: (value) => typeof value === "number" && value >= least,
  };
}

/** An object with these methods. */
export function implementing(name: string, ...methods: readonly string[]): Check {
  return {
    expected: `a ${name}, with ${methods.join(", ")}`,
    accepts: (value) => methods.every((method) => typeof propertyOf(value, method) === "function"),
  };
}

/** `false`, or what another check accepts. */
export function orFalse(check: Check): Check {
  return {
    ...check,
    expected: `${check.expected}, or false`,
    accepts: (value) => value === false || check.accepts(value),
  };
}

/** @throws TypeError when a value is not what it must be. */
export function check(name: string, value: unknown, { expected, accepts, advice, isSecret }: Check): void {
  if (accepts(value)) return;
  const got = isSecret ? kindOf(value) : shownValue(value);
  const hint = value === null ? "leave it out for the default" : advice?.(value);
  throw new TypeError(`${name} must be ${expected}, got ${got}${hint === undefined ? "" : `: ${hint}`}`);
}

/**
 * Checks the options of a call. `undefined` is as good as not given. Unknown names are reported by
 * `console.warn`: TypeScript finds them, JavaScript does not.
 *
 * @param path Stands before the names in messages, such as `reconnect.`.
 * @throws TypeError when the options are not an object, or one of them has a wrong value.
 */
export function checkOptions<Options>(
  caller: string,
  options: Options,
  checks: OptionChecks<Options>,
  path: string = "",
): void {
  checkOptionsObject(caller, options);
  const known = Object.keys(checks);
  for (const name of Object.keys(options)) if (!known.includes(name)) warnOfUnknown(caller, path, name, known);
  for (const [name, optionCheck] of Object.entries<Check>(checks)) {
    const value = propertyOf(options, name);
    if (value !== undefined) check(path + name, value, optionCheck);
  }
}

/** @throws TypeError for a value that is not an options object, and would otherwise be read as one without options. */
export function checkOptionsObject(caller: string, options: unknown): asserts options is object {
  if (isAbortSignal(options)) throw new TypeError(`${caller} takes options, got an AbortSignal: write { signal }`);
  if (isPlainObject(options)) return;
  const hint = options instanceof Promise ? ": await it" : "";
  throw new TypeError(`the options of ${caller} must be an object, got ${kindOf(options)}${hint}`);
}

/** The suggestion of a name, for the end of a message. */
export function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `did you mean "${name}"?`;
}

/** What was warned of, in this process: a warning in a loop would be noise. */
const warned = new Set<string>();

function warnOfUnknown(caller: string, path: string, name: string, known: readonly string[]): void {
  const key = `${caller} ${path}${name}`;
  if (warned.has(key) || warned.size >= LIMITS.maxOptionWarnings) return;
  warned.add(key);
  const hint = didYouMean(nearMiss(name, known)) ?? `the options are ${known.join(", ")}`;
  console.warn(`${caller} ignores the unknown option ${shownValue(path + name)}: ${hint}`);
}

/**
 * Whether a value may hold options: an object, an instance of the caller's class, a module, or an
 * AbortController, which has a `signal`; not a Promise, Map or Date.
 */
function isPlainObject(value: unknown): value is object {
  return /^(Object|Module|AbortController)$/.test(tagOf(value));
}

function isAbortSignal(value: unknown): boolean {
  // By what it can do: a test environment may have an AbortSignal of its own.
  return (
    typeof propertyOf(value, "aborted") === "boolean" &&
    typeof propertyOf(value, "addEventListener") === "function" &&
    typeof propertyOf(value, "throwIfAborted") === "function"
  );
}

function propertyOf(value: unknown, name: string): unknown {
  return value === undefined || value === null ? undefined : (value as Record<string, unknown>)[name]; // any value but these has properties
}
