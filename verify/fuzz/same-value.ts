/**
 * Whether two values are the same to the bit: objects of one prototype with the same keys in the same order,
 * both frozen or both not, and every value `Object.is` or the same in this sense.
 */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (Object.isFrozen(one) !== Object.isFrozen(other)) return false;
  const keys = Object.keys(one);
  const otherKeys = Object.keys(other);
  if (keys.length !== otherKeys.length) return false;
  const values = one as Record<string, unknown>; // any object has its own keys
  const otherValues = other as Record<string, unknown>;
  return keys.every((key, index) => key === otherKeys[index] && isSame(values[key], otherValues[key]));
}
