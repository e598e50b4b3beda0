import { parseArgs } from "node:util";
import { checkLine, unknownIds } from "./check.ts";
import { ALPACA_PY } from "./lines/alpaca-py.ts";
import { FIELD } from "./lines/field.ts";
import { GO } from "./lines/go.ts";
import type { Section } from "./lines/line.ts";
import { OTHERS } from "./lines/others.ts";
import { TYPESCRIPT } from "./lines/typescript.ts";
import { readReport, runTests } from "./report.ts";

/**
 * Checks the list of behaviours against the tests with their ids, and prints the result of each. Runs
 * the tests, or reads the JSON report of a run: `--report FILE`.
 */
const SECTIONS: readonly Section[] = [...GO, ...ALPACA_PY, ...TYPESCRIPT, ...OTHERS, ...FIELD];

const { values } = parseArgs({ options: { report: { type: "string" } } });
const tests = values.report === undefined ? runTests() : readReport(values.report);
const counts = { passed: 0, failed: 0, excused: 0 };

for (const { title, lines } of SECTIONS) {
  console.log(`\n${title}`);
  for (const line of lines) {
    const { status, explanation } = checkLine(line, tests);
    counts[status]++;
    console.log(`  ${line.id.padEnd(5)} ${status.padEnd(8)} ${line.what}\n${" ".repeat(17)}${explanation}`);
  }
}

const unknown = unknownIds(SECTIONS, tests);
if (unknown.length > 0) console.log(`\n${unknown.join("\n")}`);
counts.failed += unknown.length;
console.log(`\n${counts.excused} lines do not apply, for the reasons above`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
