import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { binaryPackages, installed, Unavailable } from "../runtimes/installing.ts";
import { assertDone, assertReceived, type Case, IMPORT, program } from "./case.ts";

function binaryOf(runtime: "bun" | "deno"): Promise<string> {
  const packages = binaryPackages();
  if (packages === undefined) throw new Unavailable(`no package has a binary for ${process.platform} ${process.arch}`);
  return installed(packages[runtime]);
}

const SOURCE = program(IMPORT).replace("async function main() {", "async function main(): Promise<void> {");

/** Bun and Deno on the node_modules that npm made, and Bun on its own. */
export const OTHER_RUNTIME_CASES: readonly Case[] = [
  {
    group: "bun",
    title: "Bun installs the client's archive",
    run: async (project) => {
      const archive = project.archives.find((name) => name.startsWith("tickerplant-client-"));
      await mkdir(join(project.folder, "bun"));
      await project.write("bun/package.json", "{}");
      await project.write("bun/main.js", program(IMPORT));
      const bun = await binaryOf("bun");
      assertDone(await project.run(bun, ["add", "--cwd=bun", `../${archive}`]));
      assertReceived(await project.run(bun, ["run", "bun/main.js"]));
    },
  },
  {
    group: "bun",
    title: "Bun runs a TypeScript file that imports the client",
    run: async (project) => {
      await project.write("bun.ts", SOURCE);
      assertReceived(await project.run(await binaryOf("bun"), ["run", "bun.ts"]));
    },
  },
  {
    group: "deno",
    title: "Deno runs a TypeScript file that imports the client",
    run: async (project) => {
      await project.write("deno.ts", `import process from "node:process";\n${SOURCE}`);
      const permissions = ["--allow-net", "--allow-env", "--allow-read"];
      const options = ["--node-modules-dir=manual", "--no-lock", "--cached-only"]; // nothing is fetched
      const args = ["run", ...permissions, ...options, "deno.ts"];
      assertReceived(await project.run(await binaryOf("deno"), args, { DENO_NO_UPDATE_CHECK: "1" }));
    },
  },
];
