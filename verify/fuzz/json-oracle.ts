/** True if a decoded value equals that of `JSON.parse`, which has no `bigint` and keeps `__proto__`. */
export function sameAsParsed(ours: unknown, parsed: unknown): boolean {
  if (typeof ours === "bigint") return Number(ours) === parsed;
  if (typeof ours !== "object" || ours === null) return Object.is(ours, parsed);
  const prototype: unknown = Object.getPrototypeOf(ours);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  if (typeof parsed !== "object" || parsed === null || Array.isArray(ours) !== Array.isArray(parsed)) return false;
  const ourEntries = Object.entries(ours);
  const theirs = new Map(Object.entries(parsed).filter(([name]) => name !== "__proto__"));
  if (ourEntries.length !== theirs.size) return false;
  return ourEntries.every(([name, value]) => theirs.has(name) && sameAsParsed(value, theirs.get(name)));
}
