import assert from "node:assert/strict";
import { assertDone, type Case } from "./case.ts";

const STATUS = ["tickerplant", "cluster", "status", "--cluster", "nats://127.0.0.1:1"];

/** The cluster, which is installed only by those who run one. The cases depend on their order. */
export const CLUSTER_CASES: readonly Case[] = [
  {
    group: "cluster",
    title: "without the cluster, a command that needs it prints what to install",
    run: async (project) => {
      const { code, output } = await project.run("npx", STATUS);
      assert.match(output, /npm install @tickerplant\/cluster/);
      assert.notEqual(code, 0);
    },
  },
  {
    group: "cluster",
    title: "the cluster is installed beside the gateway, and looks for NATS",
    run: async (project) => {
      await project.addPackage("@tickerplant/cluster");
      const { code, output } = await project.run("npx", STATUS);
      assert.match(output, /could not connect to NATS at nats:\/\/127\.0\.0\.1:1/);
      assert.equal(code, 1);
    },
  },
  {
    group: "cluster",
    title: "an ES module imports the cluster, its models and the ingest",
    run: async (project) => {
      await project.write(
        "cluster.mjs",
        [
          'import { FeedReader } from "@tickerplant/cluster";',
          'import { ModelLog } from "@tickerplant/cluster/testing";',
          'import { Ingest } from "tickerplant/cluster";',
          "if (![FeedReader, ModelLog, Ingest].every((each) => typeof each === 'function')) process.exit(1);",
        ].join("\n"),
      );
      assertDone(await project.node(["cluster.mjs"]));
    },
  },
];
