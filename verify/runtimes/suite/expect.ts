/** Fails unless two values are equal as plain data, in any order of keys. */
export function expectEqual(actual: unknown, expected: unknown, what = "the value"): void {
  const [got, wanted] = [shown(actual), shown(expected)];
  if (got !== wanted) throw new Error(`${what}: expected ${wanted}, got ${got}`);
}

/** Fails unless a condition holds. */
export function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`expected ${what}`);
}

/** Fails unless a promise rejects with an error that has these properties. */
export async function expectRejection(
  promise: Promise<unknown>,
  properties: Readonly<Record<string, unknown>>,
): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (typeof error !== "object" || error === null) throw new Error(`expected a rejection, got ${String(error)}`);
  expectProperties(error, properties);
}

/** Fails unless a function throws an error whose message contains `text`. */
export function expectThrow(call: () => unknown, text: string): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(String(thrown).includes(text), `an error with "${text}", got ${String(thrown)}`);
}

/** Fails unless an object has these properties. */
function expectProperties(object: object, properties: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(properties)) {
    const got: unknown = Reflect.get(object, name);
    expectEqual(got, value, `${name} of ${String(object)}`);
  }
}

/** Resolves with a promise, and fails after the time limit. */
export async function within<T>(limitMs: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after a time, for events that must not happen meanwhile. */
export function pass(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return text ?? String(value); // undefined has no JSON
}
