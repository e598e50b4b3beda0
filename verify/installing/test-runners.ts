import assert from "node:assert/strict";
import { assertDone, type Case, IMPORT } from "./case.ts";
import type { Ended, Project } from "./project.ts";

/** A test as a user would write it. */
const TEST = `
test("a trade arrives", async () => {
  const stream = new StockDataStream({ apiKey: "K", secretKey: "S", urlOverride: process.env.URL, reconnect: false });
  await stream.connect();
  for await (const trade of stream.trades("*")) {
    expect(trade.price).toBeGreaterThan(0);
    break;
  }
  await stream.stop();
});
`;

/** As docs/installing.md has it. */
const JEST_CONFIG = `module.exports = {
  transform: { "\\\\.[jt]s$": ["ts-jest", { tsconfig: { allowJs: true, module: "commonjs", target: "es2022", isolatedModules: true }, diagnostics: false }] },
  transformIgnorePatterns: ["/node_modules/(?!@tickerplant/)"],
};
`;

async function jest(project: Project, file: string, config: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  await project.write("jest.config.cjs", config);
  return project.tool("jest", ["--runTestsByPath", file], env);
}

function assertPassed(ended: Ended): void {
  assertDone(ended);
  assert.match(ended.output, /1 passed/);
}

export const TEST_RUNNER_CASES: readonly Case[] = [
  {
    group: "jest",
    title: "Jest runs an ES module with --experimental-vm-modules",
    run: async (project) => {
      await project.write("esm.test.mjs", IMPORT + TEST);
      const config = 'module.exports = { testMatch: ["**/*.mjs"] };\n';
      assertPassed(await jest(project, "esm.test.mjs", config, { NODE_OPTIONS: "--experimental-vm-modules" }));
    },
  },
  {
    group: "jest",
    title: "Jest compiles the client to CommonJS by transformIgnorePatterns",
    run: async (project) => {
      await project.write("commonjs.test.ts", IMPORT + TEST);
      assertPassed(await jest(project, "commonjs.test.ts", JEST_CONFIG));
    },
  },
  {
    group: "vitest",
    title: "Vitest needs no settings",
    run: async (project) => {
      await project.write("vitest.test.ts", `import { expect, test } from "vitest";\n${IMPORT}${TEST}`);
      assertPassed(await project.tool("vitest", ["run", "vitest.test.ts"]));
    },
  },
];
