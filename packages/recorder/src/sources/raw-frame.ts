/** Encodes a raw record as a frame of JSON with every key that the server sent; ids beyond 2^53 stay exact. */
export function rawFrame(record: object): Uint8Array {
  return Buffer.from(`[${jsonOf(record)}]`);
}

/** Formats JSON with a `bigint` as an integer, which `JSON.stringify` does not support. */
function jsonOf(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${jsonOf(member)}`);
  return `{${members.join(",")}}`;
}
