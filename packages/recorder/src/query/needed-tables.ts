import { QUERY_MACROS } from "./query-macros.ts";
import { QUERY_TABLES, type QueryTable } from "./query-tables.ts";

/** Functions that take the name of a table, or a query, as a string. */
const READS_ANYTHING: ReadonlySet<string> = new Set(["query", "query_table", "json_execute_serialized_sql"]);

/** What a table that is not recorded is made of. */
const PARTS: Readonly<Record<string, readonly string[]>> = { tape: ["trades", "corrections", "cancel_errors"] };

/**
 * Returns what a query may read of a recording: channels, and `gaps`. A table counts if its name is any word of the SQL,
 * so that nothing is left out that the query reads.
 */
export function neededTables(sql: string): ReadonlySet<string> {
  const words = new Set(sql.toLowerCase().match(/\w+/g));
  const isNamed = (name: string): boolean => words.has(name.toLowerCase());
  const macros = QUERY_MACROS.filter(({ name }) => isNamed(name)).flatMap(({ tables }) => tables);
  const tables = [...words].some((word) => READS_ANYTHING.has(word))
    ? QUERY_TABLES
    : QUERY_TABLES.filter((table) => macros.includes(table.name) || namesOf(table).some(isNamed));
  const parts = tables.flatMap(({ name }) => PARTS[name] ?? [name]);
  return new Set(QUERY_TABLES.filter(({ name }) => parts.includes(name)).flatMap(({ recordedAs }) => recordedAs ?? []));
}

/** The names of a table: as SQL spells it, and as the channel is called. */
export function namesOf({ name, recordedAs = name }: QueryTable): string[] {
  return recordedAs === name ? [name] : [name, recordedAs];
}
