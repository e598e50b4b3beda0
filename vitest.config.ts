import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`packages/client/src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run on the client's sources, through the same names that its package exports.
    alias: {
      "#stocks/msgpack-fast-path": source("stocks/msgpack-fast-path.ts"),
      "#codecs": source("connection/codecs.ts"),
      "@tickerplant/client/transport": source("platform/transport/node/node.ts"),
      "@tickerplant/client/testing": source("testing/index.ts"),
      "@tickerplant/client/wire": source("wire/index.ts"),
      "@tickerplant/client": source("index.ts"),
    },
  },
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    testTimeout: 20_000,
    // Many files wait for programs that they started: one worker a core, and not one less.
    maxWorkers: "100%",
  },
});
