import assert from "node:assert/strict";
import { join } from "node:path";
import { assertDone, type Case } from "./case.ts";
import type { Ended, Project } from "./project.ts";

const SOURCE = `import { StockDataStream, type Trade } from "@tickerplant/client";
import { VirtualClock } from "@tickerplant/client/testing";
import { FrameDecoder } from "@tickerplant/client/wire";

const stream = new StockDataStream({ apiKey: "K", secretKey: "S" });
stream.subscribeTrades((trade: Trade) => console.log(trade.price.toFixed(2)), "AAPL");
console.log(VirtualClock, FrameDecoder);
`;

/** The two compilers: the last one in JavaScript, which most projects have, and the native one. */
const COMPILERS = {
  "TypeScript 5.9": (project: Project, args: readonly string[]) => project.tool("tsc", args),
  "TypeScript 7": (project: Project, args: readonly string[]) =>
    project.node([join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc"), ...args]),
} as const;

interface Settings {
  readonly title: string;
  readonly file: "main.mts" | "main.cts" | "main.ts";
  readonly options: string;
  /** The compiler's message where it rejects the file. */
  readonly rejected?: RegExp;
}

const SETTINGS: readonly Settings[] = [
  { title: "NodeNext, ES module", file: "main.mts", options: "--module nodenext" },
  { title: "NodeNext, CommonJS module", file: "main.cts", options: "--module nodenext" },
  { title: "Node20, CommonJS module", file: "main.cts", options: "--module node20" },
  { title: "Node16, ES module", file: "main.mts", options: "--module node16" },
  { title: "Bundler", file: "main.ts", options: "--module esnext --moduleResolution bundler" },
  {
    title: "Node16, CommonJS module, which is rejected",
    file: "main.cts",
    options: "--module node16",
    rejected: /TS1479/,
  },
  {
    title: "Node10, which is rejected",
    file: "main.ts",
    options: "--module esnext --moduleResolution node10",
    rejected: /TS2307.*\n?.*moduleResolution|TS5108/,
  },
];

function caseOf(compiler: keyof typeof COMPILERS, { title, file, options, rejected }: Settings): Case {
  return {
    group: "typescript",
    title: `${compiler}: ${title}`,
    run: async (project) => {
      await project.tools(); // for @types/node
      await project.write(file, SOURCE);
      const args = [...`--noEmit --strict --target es2022 --types node ${options}`.split(" "), file];
      check(await COMPILERS[compiler](project, args), rejected);
    },
  };
}

function check(ended: Ended, rejected: RegExp | undefined): void {
  if (rejected === undefined) return assertDone(ended);
  assert.match(ended.output, rejected);
}

export const TYPESCRIPT_CASES: readonly Case[] = (["TypeScript 5.9", "TypeScript 7"] as const).flatMap((compiler) =>
  SETTINGS.map((settings) => caseOf(compiler, settings)),
);
