import {
  type DuckDBConnection,
  type DuckDBExtractedStatements,
  type DuckDBPreparedStatement,
  StatementType,
} from "@duckdb/node-api";
import { RecorderError } from "../recorder-error.ts";
import { notAllowed } from "./query-error.ts";

/** `explain`, with or without `analyze`, in front of the statement that it explains. */
const EXPLAIN = /^\s*explain\s+(?:analyze\s+)?/i;

/**
 * Prepares a statement that only reads. The files and settings are locked anyway; this rejects what would change tables
 * in memory, or write over the output, with a sentence.
 *
 * @throws RecorderError `not_allowed` for any other statement, `invalid_query` for none or several.
 */
export async function prepareChecked(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const explained = sql.replace(EXPLAIN, "");
  const { statementType } = await prepareOne(connection, explained);
  if (statementType !== StatementType.SELECT)
    throw notAllowed(`the query is a statement of the kind ${StatementType[statementType]}`);
  return prepareOne(connection, sql);
}

async function prepareOne(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  const statements = await extract(connection, sql);
  if (statements.count > 1)
    throw /\bpivot\b/i.test(sql)
      ? new RecorderError("invalid_query", "pivot needs the values in the query, as in: on symbol in ('AAPL', 'MSFT')")
      : new RecorderError("invalid_query", `expected one statement, got ${statements.count}: run them one by one`);
  return statements.prepare(0);
}

async function extract(connection: DuckDBConnection, sql: string): Promise<DuckDBExtractedStatements> {
  try {
    return await connection.extractStatements(sql);
  } catch (error) {
    // DuckDB's error for no statement: white space and comments alone.
    if (error instanceof Error && error.message === "Error in native callback")
      throw new RecorderError("invalid_query", "the query is empty: expected SQL, such as from trades", error);
    throw error;
  }
}
