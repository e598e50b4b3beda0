import type { QueryMacro, QueryTable } from "@tickerplant/recorder";

const COMMANDS = [".tables", ".columns", ".examples", ".help", ".exit"];

const KEYWORDS = `select from where group by order limit having with as and or not in between like is null distinct
join asof left on using union all case when then else end desc asc over partition qualify exclude describe summarize
explain count sum avg min max arg_min arg_max round date_trunc interval`.split(/\s+/);

/** Completes the word at the end of a line, as `node:readline` wants it: the candidates, and what they replace. */
export type Completer = (line: string, before: string) => [string[], string];

/** Makes the completer of the shell: commands, tables, macros, keywords, and the columns of the tables that are named. */
export function completerFor(tables: readonly QueryTable[], macros: readonly QueryMacro[]): Completer {
  return (line, before) => {
    const word = /[\w.]*$/.exec(line)?.[0] ?? "";
    if (line.startsWith(".")) return [completed(line.includes(" ") ? namesOf(tables) : COMMANDS, word), word];
    const part = word.slice(word.lastIndexOf(".") + 1); // of alias.column the column
    const named = tables.filter(({ name }) => new RegExp(`\\b${name}\\b`, "i").test(`${before} ${line}`));
    const columns = (named.length > 0 ? named : tables).flatMap((table) => namesOf(table.columns));
    const calls = macros.map(({ name }) => `${name}(`);
    const candidates = word.includes(".") ? columns : [...namesOf(tables), ...calls, ...columns, ...KEYWORDS];
    return [completed(candidates, part), part];
  };
}

function completed(candidates: readonly string[], word: string): string[] {
  const fitting = candidates.filter((name) => name.toLowerCase().startsWith(word.toLowerCase()));
  return [...new Set(fitting)].sort();
}

function namesOf(items: readonly { readonly name: string }[]): string[] {
  return items.map(({ name }) => name);
}
