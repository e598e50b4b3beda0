/**
 * The expected value of an option: a type, one of several strings, or `checked` if the function with the option
 * checks it itself.
 */
type Expected = "string" | "number" | "boolean" | "function" | "object" | "array" | "checked" | readonly string[];

/** The expected value of each option of an interface. A missing entry does not compile. */
export type ExpectedOptions<Options> = { readonly [Name in keyof Required<Options>]: Expected };

/**
 * Checks the options of a call. An undefined option counts as not given. Unknown names are rejected, because a
 * misspelt `keys` would leave a gateway open.
 *
 * @throws TypeError that names the option. It shows a value only for options with a fixed set of strings, because
 *   others may be secrets.
 */
export function checkOptions<Options>(caller: string, options: Options, expected: ExpectedOptions<Options>): void {
  // A Promise or a Map has no options: it would make a gateway without keys.
  if (kindOf(options) !== "object")
    throw new TypeError(`${caller}: the options must be an object, got ${kindOf(options)}`);
  const given = options as Record<string, unknown>; // an object, by the check above
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(expected, name))
      throw new TypeError(
        `${caller}: there is no option "${name}"; the options are ${Object.keys(expected).join(", ")}`,
      );
    if (value !== undefined) checkOption(`${caller}: ${name}`, value, expected[name as keyof Options]); // one of its names
  }
}

/** @throws TypeError unless a value is an array of some of the allowed strings. */
export function checkList(name: string, value: unknown, allowed: readonly string[]): void {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array, got ${kindOf(value)}`);
  const wrong: unknown = value.find((item) => !allowed.includes(item));
  if (wrong !== undefined || value.includes(undefined))
    throw new TypeError(`${name} must be an array of some of ${allowed.join(", ")}, got ${show(wrong)}`);
}

/** @throws RangeError unless a limit is undefined or a number above 0. */
export function checkLimit(name: string, value: number | undefined): void {
  if (value === undefined || (typeof value === "number" && value > 0)) return;
  throw new RangeError(`${name} must be a number above 0, got ${typeof value === "number" ? value : kindOf(value)}`);
}

/** @throws RangeError unless a time-out is undefined or a number of milliseconds from 0. */
export function checkTimeout(caller: string, value: number | undefined): void {
  if (value === undefined || (typeof value === "number" && value >= 0)) return;
  throw new RangeError(
    `${caller} takes a number of milliseconds from 0, got ${typeof value === "number" ? value : kindOf(value)}`,
  );
}

/** Returns the kind of a value, such as `string`, `array` or `Promise`, for messages about values that may be secrets. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "object") return typeof value;
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return tag === "Object" || tag === "Module" ? "object" : tag;
}

function checkOption(name: string, value: unknown, expected: Expected): void {
  if (expected === "checked" || expected === kindOf(value)) return;
  if (typeof expected === "string") throw new TypeError(`${name} must be ${nameOf(expected)}, got ${kindOf(value)}`);
  if (!expected.some((allowed) => allowed === value))
    throw new TypeError(`${name} must be one of ${expected.join(", ")}, got ${show(value)}`);
}

function nameOf(expected: string): string {
  if (expected === "boolean") return "true or false";
  return `${/^[ao]/.test(expected) ? "an" : "a"} ${expected}`;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : kindOf(value);
}
