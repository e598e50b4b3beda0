import { access } from "node:fs/promises";
import { join } from "node:path";
import { assertDone, assertReceived, type Case, IMPORT, program } from "./case.ts";
import { assertPageReceives, PAGE_GATEWAY } from "./page.ts";
import type { Ended, Project } from "./project.ts";

/** The bundlers, each with the shortest settings for a page: the source is page.js, the bundle is built/NAME.js. */
const BUNDLERS: Readonly<Record<string, (project: Project) => Promise<Ended>>> = {
  Vite: async (project) => {
    const options = { input: "page.js", output: { entryFileNames: "Vite.js" } };
    const build = { outDir: "built", emptyOutDir: false, rollupOptions: options };
    await project.write("vite.config.mjs", `export default ${JSON.stringify({ build })};\n`);
    return project.tool("vite", ["build"]);
  },
  esbuild: (project) => project.tool("esbuild", ["page.js", "--bundle", "--format=esm", "--outfile=built/esbuild.js"]),
  webpack: async (project) => {
    await project.tools();
    const output = { path: join(project.folder, "built"), filename: "webpack.js" };
    const options = { mode: "production", entry: "./page.js", output };
    await project.write("webpack.mjs", webpackProgram(JSON.stringify(options)));
    return project.node(["webpack.mjs"]);
  },
  Rollup: (project) =>
    project.tool("rollup", ["page.js", "--plugin", "node-resolve={browser:true}", "--file", "built/Rollup.js"]),
};

const webpackProgram = (options: string): string => `import webpack from "webpack";
webpack(${options}, (error, stats) => {
  if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString());
});
`;

const forPage = ([name, build]: [string, (project: Project) => Promise<Ended>]): Case => ({
  group: "bundlers",
  title: `${name} bundles the client for a page`,
  run: async (project) => {
    await project.write("page.js", program(IMPORT, PAGE_GATEWAY));
    assertDone(await build(project));
    await access(join(project.folder, `built/${name}.js`));
    await assertPageReceives(project, `<script type="module" src="/built/${name}.js"></script>`);
  },
});

/** One file for a server: `ws` is bundled as well. */
const forNode = (format: "esm" | "cjs", name: string): Case => ({
  group: "bundlers",
  title: `esbuild bundles the client for Node as ${format === "esm" ? "an ES module" : "CommonJS"}`,
  run: async (project) => {
    await project.write("server.js", program(IMPORT));
    const banner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
    const args = ["server.js", "--bundle", "--platform=node", `--format=${format}`, `--outfile=built/${name}`];
    assertDone(await project.tool("esbuild", format === "esm" ? [...args, `--banner:js=${banner}`] : args));
    assertReceived(await project.node([`built/${name}`]));
  },
});

export const BUNDLER_CASES: readonly Case[] = [
  ...Object.entries(BUNDLERS).map(forPage),
  forNode("esm", "server.mjs"),
  forNode("cjs", "server.cjs"),
];
