import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`packages/client/src/${path}`, import.meta.url));

/** Tests that record: each starts DuckDB, most of them in processes of their own. */
const RECORDINGS = [
  "packages/recorder/test/**/*.test.ts",
  "packages/server/test/cli/commands/{query,record,record-cluster,recording,serve-record}.test.ts",
  "packages/server/test/feeds/replay/recording.test.ts",
  "packages/server/test/history/recorded/*.test.ts",
];

/** Tests with NATS as a program of its own. */
const CLUSTER = [
  "packages/cluster/test/nats/**/*.test.ts",
  "packages/server/test/cli/commands/{cluster,ingest,serve-cluster}.test.ts",
];

/** Tests of the page, most of them in Chromium. */
const PAGE = "packages/dashboard/test/**/*.test.ts";

export default defineConfig({
  resolve: {
    // Tests run on the client's sources, through the same names that its package exports.
    alias: {
      "#stocks/msgpack-fast-path": source("stocks/msgpack-fast-path.ts"),
      "#crypto/msgpack-fast-path": source("crypto/msgpack-fast-path.ts"),
      "#codecs": source("connection/codecs.ts"),
      "@tickerplant/client/transport": source("platform/transport/node/node.ts"),
      "@tickerplant/client/history": source("index-history.ts"),
      "@tickerplant/client/metrics": source("index-metrics.ts"),
      "@tickerplant/client/otel": source("index-otel.ts"),
      "@tickerplant/client/testing": source("testing/index.ts"),
      "@tickerplant/client/wire": source("wire/index.ts"),
      "@tickerplant/client": source("index.ts"),
      "@tickerplant/cluster/testing": fileURLToPath(new URL("packages/cluster/src/testing/index.ts", import.meta.url)),
      "@tickerplant/cluster": fileURLToPath(new URL("packages/cluster/src/index.ts", import.meta.url)),
      "@tickerplant/recorder": fileURLToPath(new URL("packages/recorder/src/index.ts", import.meta.url)),
    },
  },
  test: {
    // Commands of their own, `npm test`, `test:recordings`, `test:cluster` and `test:page`, so that the first is quick.
    projects: [
      {
        extends: true,
        test: { name: "main", include: ["packages/*/test/**/*.test.ts"], exclude: [...RECORDINGS, ...CLUSTER, PAGE] },
      },
      { extends: true, test: { name: "recordings", include: RECORDINGS } },
      { extends: true, test: { name: "cluster", include: CLUSTER } },
      { extends: true, test: { name: "page", include: [PAGE] } },
    ],
    testTimeout: 20_000,
    // Many test files wait for programs that they started, so every core gets a worker.
    maxWorkers: "100%",
    // For `npm run coverage`. Code that runs in a process of its own (the command line, most of it) is not counted.
    coverage: { include: ["packages/*/src/**/*.ts"], reporter: ["text-summary", "html"] },
  },
});
