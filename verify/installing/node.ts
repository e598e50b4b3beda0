import assert from "node:assert/strict";
import { assertDone, assertReceived, type Case, IMPORT, program } from "./case.ts";

const REQUIRE = 'const { StockDataStream } = require("@tickerplant/client");';

/** Node alone, without a tool. */
export const NODE_CASES: readonly Case[] = [
  {
    group: "node",
    title: "an ES module imports the client",
    run: async (project) => {
      await project.write("main.mjs", program(IMPORT));
      assertReceived(await project.node(["main.mjs"]));
    },
  },
  {
    group: "node",
    title: "a CommonJS module requires the client",
    run: async (project) => {
      await project.write("main.cjs", program(REQUIRE));
      assertReceived(await project.node(["main.cjs"]));
    },
  },
  {
    group: "node",
    title: "a CommonJS module imports the client dynamically",
    run: async (project) => {
      const load = 'const client = import("@tickerplant/client");';
      const text = program(load).replace("async function main() {", "$&\n  const { StockDataStream } = await client;");
      await project.write("dynamic.cjs", text);
      assertReceived(await project.node(["dynamic.cjs"]));
    },
  },
  {
    group: "node",
    title: "every entry point of the client and the gateway can be imported",
    run: async (project) => {
      const names = [
        "client",
        "client/history",
        "client/wire",
        "client/testing",
        "client/transport",
        "client/metrics",
        "client/otel",
      ].map((name) => `@tickerplant/${name}`);
      const text = [...names, "tickerplant", "tickerplant/otel", "tickerplant/report"]
        .map((name) => `await import("${name}");`)
        .join("\n");
      await project.write("entries.mjs", text);
      assertDone(await project.node(["entries.mjs"]));
    },
  },
  {
    group: "node",
    title: "the installed command runs",
    run: async (project) => {
      const { code, output } = await project.run("npx", ["tickerplant", "demo", "--duration", "1"]);
      assert.match(output, /records in 1\.\d s/);
      assert.equal(code, 0);
    },
  },
];
