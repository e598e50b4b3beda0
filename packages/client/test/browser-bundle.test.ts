import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build, type Rolldown } from "vite";
import { beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a page has of all that the bundles use; above all neither `process` nor `Buffer`. */
const PAGE = {
  TextEncoder,
  TextDecoder,
  URL,
  MessageChannel,
  performance,
  queueMicrotask,
  setTimeout,
  clearTimeout,
  console,
};

/** Bundles an entry of the built package as a browser's toolchain does, through package.json's exports. */
async function bundled(entry: string, names = "*"): Promise<Rolldown.OutputChunk> {
  const id = "\0entry";
  const output = await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "entry",
        resolveId: (source) => (source === "entry" ? id : undefined),
        load: (source) => (source === id ? `export ${names} from "@tickerplant/client${entry}"` : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      rollupOptions: {
        input: "entry",
        preserveEntrySignatures: "strict",
        output: { format: "iife", name: "bundle" },
      },
    },
  });
  return (output as Rolldown.RolldownOutput).output[0]; // neither several outputs nor a watcher was asked for
}

beforeAll(() => {
  // The package as it is published; `npm test` has built it already.
  if (!existsSync(`${root}dist/testing/index.js`)) execFileSync("npx", ["tsc", "-b", root], { stdio: "inherit" });
}, 120_000);

/** An export of each entry. */
const MAIN_EXPORTS: Readonly<Record<string, string>> = {
  "": "StockDataStream",
  "/history": "StockHistory",
  "/metrics": "metricsText",
  "/otel": "registerMetrics",
  "/testing": "ScriptedGateway",
  "/wire": "FrameDecoder",
};

describe.each(Object.keys(MAIN_EXPORTS))("the entry @tickerplant/client%s", (entry) => {
  test(`@tickerplant/client${entry} bundles for a browser without a module of Node's or a package`, async () => {
    const { imports, moduleIds } = await bundled(entry);
    expect(imports).toEqual([]);
    const foreign = moduleIds.filter((module) => !module.includes("/client/dist/") && module !== "\0entry");
    expect(foreign.filter((module) => !module.startsWith("\0rolldown/runtime"))).toEqual([]);
    expect(moduleIds.filter((module) => module.includes("transport/node"))).toEqual([]);
  });

  test(`@tickerplant/client${entry} loads without the globals process and Buffer`, async () => {
    const { code } = await bundled(entry);
    const names: unknown = runInContext(`${code}; Object.keys(bundle)`, createContext({ ...PAGE }));
    expect(names).toContain(MAIN_EXPORTS[entry]);
  });
});

test("a bundle for a page has no codec that the page cannot request", async () => {
  const { code, moduleIds } = await bundled("", "{ StockDataStream }");
  expect(moduleIds.filter((module) => /msgpack|write/.test(module))).toEqual([]);
  const run = 'new bundle.StockDataStream({ apiKey: "k", secretKey: "s", codec: "msgpack" })';
  expect(() => runInContext(`${code}; ${run}`, createContext({ ...PAGE }))).toThrow(/use json/);
  // Not even through a connector that sets headers.
  const connector = "connector: { setsHeaders: true, pings: false, pauses: false, connect() {} }";
  const withHeaders = run.replace("{", `{ ${connector}, `);
  expect(() => runInContext(`${code}; ${withHeaders}`, createContext({ ...PAGE }))).toThrow(/use json/);
});

test("a page with a stream loads nothing of history, and a page with history nothing of a stream but what fills its gaps", async () => {
  const ofHistory = /dist\/(history|stocks\/stock-history|continuity\/(backfill|from-history|page-order))/;
  const stream = await bundled("", "{ StockDataStream }");
  expect(stream.moduleIds.filter((module) => ofHistory.test(module))).toEqual([]);
  const history = await bundled("/history", "{ StockHistory }");
  const ofStreams = /dist\/(stream|delivery|connection\/(connection|session)|subscriptions\/(ledger|subscription))/;
  const ofFills = /dist\/delivery\/(by-channel|channel-hold|hold|record-queue)/; // the last for the names of policies
  expect(history.moduleIds.filter((module) => ofStreams.test(module) && !ofFills.test(module))).toEqual([]);
  expect(history.moduleIds.filter((module) => /msgpack|write|crypto/.test(module))).toEqual([]);
});

test("a page with one asset class loads no module of the other", async () => {
  const stocks = await bundled("", "{ StockDataStream }");
  expect(stocks.moduleIds.filter((module) => module.includes("/crypto/"))).toEqual([]);
  const crypto = await bundled("", "{ CryptoDataStream }");
  expect(crypto.moduleIds.filter((module) => module.includes("/stocks/"))).toEqual([]);
});

test("names of exchanges and conditions cost nothing where they are not used", async () => {
  const without = await bundled("", "{ StockDataStream }");
  expect(without.code).not.toMatch(/MIAX|Odd Lot/);
  expect((await bundled("", "{ exchangeName }")).code.length).toBeLessThan(2_000);
});

test("a page's stream opens the page's own WebSocket", async () => {
  const { code } = await bundled("");
  const opened: string[] = [];
  class WebSocket {
    constructor(url: string) {
      opened.push(url);
    }
    close(): void {}
  }
  const context = createContext({ ...PAGE, WebSocket });
  const run = 'new bundle.StockDataStream({ apiKey: "k", secretKey: "s", feed: "sip" })';
  await runInContext(
    `${code}; const stream = ${run}; void stream.run(); Promise.resolve().then(() => stream.close())`,
    context,
  );
  expect(opened).toEqual(["wss://stream.data.alpaca.markets/v2/sip"]);
  expect(() => runInContext("new bundle.StockDataStream()", context)).toThrow(/apiKey is missing/);
});
