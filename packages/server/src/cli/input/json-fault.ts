/** A place in a text; lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A punctuation mark, a string, or a word or number of JSON. Source: RFC 8259. */
const TOKEN =
  /[{}[\],:]|"[^"\\]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/uy;

const BLANKS = /[ \t\r\n]*/y;

/** What may come next: a value, a value or the end of an empty array, a name, and so on. */
type Expected = "value" | "valueOrEnd" | "name" | "nameOrEnd" | "colon" | "commaOrEnd" | "end";

/**
 * Returns where a text stops being JSON; undefined if it is JSON throughout. The parser's own message has no place for
 * some errors, and quotes the text, which may have a secret.
 */
export function jsonFault(text: string): Place | undefined {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    at = skip(BLANKS, text, at);
    if (at === text.length) return expected === "end" ? undefined : placeOf(text, at);
    const end = skip(TOKEN, text, at);
    const next: Expected | undefined = end === at ? undefined : step(text.slice(at, end), expected, open);
    if (next === undefined) return placeOf(text, at);
    expected = next;
    at = end;
  }
}

/** Returns where the first match from `at` on ends; `at` if there is none. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Returns what is expected after a token; undefined if the token is not what is expected. */
function step(token: string, expected: Expected, open: ("{" | "[")[]): Expected | undefined {
  const isEnd = token === (open.at(-1) === "{" ? "}" : "]") && open.length > 0;
  if (isEnd && expected.endsWith("OrEnd")) {
    open.pop();
    return open.length === 0 ? "end" : "commaOrEnd";
  }
  switch (expected) {
    case "colon":
      return token === ":" ? "value" : undefined;
    case "commaOrEnd":
      if (token !== ",") return undefined;
      return open.at(-1) === "{" ? "name" : "value";
    case "name":
    case "nameOrEnd":
      return isString(token) ? "colon" : undefined;
    case "end":
      return undefined;
    default:
      return afterValue(token, open);
  }
}

function afterValue(token: string, open: ("{" | "[")[]): Expected | undefined {
  if (token === "{" || token === "[") {
    open.push(token);
    return token === "{" ? "nameOrEnd" : "valueOrEnd";
  }
  if (/^[}\],:]$/.test(token) || (token.startsWith('"') && !isString(token))) return undefined;
  return open.length === 0 ? "end" : "commaOrEnd";
}

/** Whether a token is a string: JSON allows no control characters in it. */
function isString(token: string): boolean {
  return token.startsWith('"') && ![...token].some((character) => character < " ");
}

function placeOf(text: string, at: number): Place {
  const before = text.slice(0, at);
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}
