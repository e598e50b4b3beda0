import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

/** Environment in which the package of the recorder is not installed. */
export const WITHOUT_RECORDER: { readonly NODE_OPTIONS: string } = {
  NODE_OPTIONS: `--import ${moduleOf(
    `import { register } from "node:module"; register(${JSON.stringify(
      moduleOf(`export async function resolve(name, context, next) {
      if (name !== "@tickerplant/recorder") return next(name, context);
      const message = "Cannot find package '" + name + "' imported from a test";
      throw Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
    }`),
    )});`,
  )}`,
};

function moduleOf(source: string): string {
  return `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
}

/** The segments in the log of a feed, with their sizes. */
export function segmentsOf(feedFolder: string): { readonly name: string; readonly size: number }[] {
  const log = join(feedFolder, "log");
  const names = readdirSync(log).filter((name) => name.endsWith(".tplog"));
  return names.map((name) => ({ name, size: statSync(join(log, name)).size }));
}

/** Resolves when the log of a feed has records, and not its header alone. */
export async function logHasRecords(feedFolder: string): Promise<void> {
  await expect.poll(() => segmentsOf(feedFolder)[0]?.size ?? 0, { timeout: 10_000 }).toBeGreaterThan(2_000);
}
