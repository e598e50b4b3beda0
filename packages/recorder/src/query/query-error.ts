import { RecorderError } from "../recorder-error.ts";
import { QUERY_MACROS } from "./query-macros.ts";
import { QUERY_TABLES } from "./query-tables.ts";

/** Converts an error of DuckDB. The message has the position in the SQL, as DuckDB marks it, and what exists. */
export function toQueryError(error: unknown): RecorderError {
  if (error instanceof RecorderError) return error;
  const text = (error instanceof Error ? error.message : String(error)).replace("Failed to extract statements: ", "");
  const [, kind = "", message = text] = /^(\w[\w ]*) Error: (.*)$/s.exec(text) ?? [];
  switch (kind) {
    case "INTERRUPT":
      return new RecorderError("interrupted", "the query was interrupted", error);
    case "Permission":
      return notAllowed(message.split("\n")[0] ?? "", error);
    case "Out of Memory":
      return new RecorderError("out_of_memory", `${message}; name fewer days, symbols or columns`, error);
    case "Parser":
    case "Binder":
    case "Conversion":
    case "Invalid Input":
    case "Out of Range":
    case "Mismatch Type":
    case "Not implemented":
      return new RecorderError("invalid_query", message.replace(LONG_LIST, ""), error);
    case "Catalog":
      return new RecorderError("invalid_query", withNames(message), error);
    default:
      return new RecorderError("query_failed", text, error);
  }
}

/** The error of a query that does more than to read the tables of its recording. */
export function notAllowed(what: string, cause?: unknown): RecorderError {
  return new RecorderError(
    "not_allowed",
    `${what}. A query reads the tables of its recording, and changes nothing: begin it with select, from, with, describe or explain`,
    cause,
  );
}

/** DuckDB lists every variant of an operator; more than a few lines hide the position, which is below them. */
const LONG_LIST = /\n\tCandidate functions:(?:\n\t.*){6,}\n/;

/** DuckDB suggests names of its own catalogue as well; of those, only ours help. */
function withNames(message: string): string {
  const tables = QUERY_TABLES.map(({ name }) => name);
  const macros = QUERY_MACROS.map(({ name }) => name);
  const known: readonly string[] = [...tables, ...macros];
  const suggestion = /\nDid you mean "(.*)"\?/;
  const suggested = suggestion.exec(message)?.[1]?.replace(/^.*\./, "");
  const shown = suggested !== undefined && known.includes(suggested) ? message : message.replace(suggestion, "");
  const names = /^Table Function|^Scalar|^Aggregate|^Macro/.test(shown)
    ? `The macros are ${macros.join(", ")}.`
    : `The tables are ${tables.join(", ")}.`;
  return `${shown}\n${names}`;
}
