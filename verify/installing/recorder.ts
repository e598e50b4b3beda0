import assert from "node:assert/strict";
import { assertDone, type Case } from "./case.ts";

const COUNT = [
  "tickerplant",
  "query",
  "select count(*) > 0 as recorded from trades",
  "--dir",
  "tape",
  "--format",
  "csv",
];

/** The recorder, which is installed only by those who keep records. The cases depend on their order. */
export const RECORDER_CASES: readonly Case[] = [
  {
    group: "recorder",
    title: "without the recorder, a command that needs it prints what to install",
    run: async (project) => {
      const { code, output } = await project.run("npx", COUNT);
      assert.match(output, /npm install @tickerplant\/recorder/);
      assert.notEqual(code, 0);
    },
  },
  {
    group: "recorder",
    title: "the recorder is installed beside the gateway, records a stream, and answers a query",
    run: async (project) => {
      await project.addPackage("@tickerplant/recorder");
      const keys = { APCA_API_KEY_ID: "K", APCA_API_SECRET_KEY: "S" };
      const record = ["tickerplant", "record", "trades", "*", "--dir", "tape", "--url", project.url, "--duration", "2"];
      assertDone(await project.run("npx", record, keys));
      const { code, output } = await project.run("npx", COUNT);
      assert.match(output, /^recorded\ntrue\n/); // and a line of the log
      assert.equal(code, 0);
    },
  },
  {
    group: "recorder",
    title: "an ES module imports the recorder",
    run: async (project) => {
      await project.write(
        "recorder.mjs",
        'const { verify } = await import("@tickerplant/recorder");\nawait verify("tape");',
      );
      assertDone(await project.node(["recorder.mjs"]));
    },
  },
];
