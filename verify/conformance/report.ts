import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One test of a report. */
export interface ReportedTest {
  /** The titles of its groups and its own, without ids. */
  readonly title: string;
  /** The ids at the front of its title and of the titles of its groups. */
  readonly ids: readonly string[];
  /** `passed`, `failed`, or another value if it was not run. */
  readonly status: string;
}

/** The part of Vitest's JSON report that is read here. */
interface JsonReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url)); // compiled into verify/dist/conformance
const IDS = /^(?:\[[A-Z]+\d+\] ?)+/;

/** Reads the tests of a report of `vitest --reporter=json`. */
export function readReport(file: string): ReportedTest[] {
  const report = JSON.parse(readFileSync(file, "utf8")) as JsonReport; // the shape is Vitest's
  return report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => {
      const titles = [...ancestorTitles, title];
      const ids = titles.flatMap((text) => IDS.exec(text)?.[0].match(/[A-Z]+\d+/g) ?? []);
      return { title: titles.map((text) => text.replace(IDS, "")).join(": "), ids: [...new Set(ids)], status };
    }),
  );
}

/** Runs all tests and reads the report, which includes the failures. */
export function runTests(): ReportedTest[] {
  const folder = mkdtempSync(join(tmpdir(), "tickerplant-conformance-"));
  const file = join(folder, "report.json");
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  try {
    execFileSync(process.execPath, [vitest, "run", "--reporter=dot", "--reporter=json", `--outputFile.json=${file}`], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch (error) {
    if (!existsSync(file)) throw error; // a failed test sets the exit code as well, and then there is a report
  }
  try {
    return readReport(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
