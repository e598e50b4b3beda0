import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** Reads the TypeScript files below a folder. Returns their text by their path, relative and with slashes. */
export function readSources(root: string): Map<string, string> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return new Map(files.map((file) => [file.replaceAll(sep, "/"), readFileSync(join(root, file), "utf8")]));
}

/** One import of a source file, or an export from another file. */
export interface Import {
  /** As it is written, such as `../wire/codec.ts`. */
  readonly specifier: string;
  readonly line: number;
}

const IMPORT = /^(?:import|export)\b[^;"]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** Returns the imports of a source file: static, dynamic and of types. */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  return [...code.matchAll(IMPORT)].map((match) => ({
    specifier: match[1] ?? match[2] ?? match[3] ?? "",
    line: lineAt(code, match.index),
  }));
}

/** One word of an identifier or a string, in lower case: `UsEquitySession` has three. */
export interface Word {
  readonly word: string;
  readonly line: number;
}

/** Returns the words in the code of a source file, without its comments and imports. */
export function wordsOf(source: string): Word[] {
  const code = withoutComments(source).replaceAll(IMPORT, blank);
  return [...code.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)].map((match) => ({
    word: match[0].toLowerCase(),
    line: lineAt(code, match.index),
  }));
}

const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
/** Only where an expression can begin: a slash behind an operand divides. */
const REGULAR_EXPRESSION = /(?<=[=(,:!&|?;{}[>]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//;
const COMMENT = /\/\/.*|\/\*[\s\S]*?\*\//;

/** Literals match first, because they may contain what looks like a comment. */
const LITERAL_OR_COMMENT = new RegExp(`(${STRING.source}|${REGULAR_EXPRESSION.source})|${COMMENT.source}`, "g");

function withoutComments(source: string): string {
  return source.replaceAll(LITERAL_OR_COMMENT, (text, literal?: string) => literal ?? blank(text));
}

/** Keeps the line feeds, so that the rest of the file keeps its line numbers. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
