/** Longest string that an error message shows. */
const MAX_SHOWN = 40;

/** A value as an error message shows it: strings quoted and cut, in ASCII; objects by their kind. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? String(value)
    : kindOf(value);
}

/** What kind of value it is, such as `string` or `AbortController`: for values that may be secrets. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "function") return tagOf(value).replace(/^F/, "f");
  return typeof value === "object" ? nameOfClass(value) : typeof value;
}

/** The kind of an object by the language, such as `Object` or `Promise`: the same in every realm. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function nameOfClass(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name !== "string" || name === "" || name === "Object" ? "object" : name;
}

function quoted(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  // A character that cannot be seen is often the fault: a byte order mark, a non-breaking space.
  const visible = (character: string): string =>
    character === "…" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(cut).replaceAll(/[^ -~]/g, visible);
}
