import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { checkRooms } from "../../../verify/rooms/check.ts";
import { CLIENT, DASHBOARD, RECORDER, SERVER } from "../../../verify/rooms/rooms.ts";
import { importsOf, readSources, wordsOf } from "../../../verify/rooms/source.ts";

const root = join(import.meta.dirname, "../../..");
const client = readSources(join(root, CLIENT.root));
const server = readSources(join(root, SERVER.root));

const assetClassRooms = CLIENT.assetClassRooms?.join(", ");

/** What the check reports of a file that is added to the client's sources. */
function clientWith(file: string, source: string): string[] {
  const messages = checkRooms(CLIENT, new Map([...client, [file, source]]));
  return messages.filter((message) => message.startsWith(`${CLIENT.root}/${file}:`));
}

test("all packages keep the order of their rooms", () => {
  const others = [DASHBOARD, RECORDER].flatMap((plan) => checkRooms(plan, readSources(join(root, plan.root))));
  const messages = [...checkRooms(CLIENT, client), ...others, ...checkRooms(SERVER, server)];
  expect(messages).toEqual([]);
});

test("the room check rejects an import upward, of a type too", () => {
  expect(clientWith("delivery/new.ts", '\nimport type { StreamEvents } from "../stream/events.ts";')).toEqual([
    "packages/client/src/delivery/new.ts:2 imports stream/events.ts: imports point down, and stream is above delivery; move what both need into a room below, or pass it as an argument",
  ]);
});

test("the room check rejects an import upward through an alias of package.json", () => {
  expect(clientWith("wire/new.ts", 'export { codecs } from "#codecs";')).toEqual([
    expect.stringContaining("wire/new.ts:1 imports connection/codecs.ts: imports point down, and connection is above"),
  ]);
});

test("the room check rejects an import between rooms of one row", () => {
  const sources = new Map([...server, ["feeds/replay/new.ts", 'import "../simulator/random.ts";']]);
  expect(checkRooms(SERVER, sources)).toEqual([
    expect.stringContaining("imports feeds/simulator/random.ts: imports point down, and feeds/simulator is beside"),
  ]);
});

test.each(["node:fs", "fs", "ws"])(
  "the room check rejects an import of %s in the client outside of the transport for Node",
  (name) => {
    const source = `const module = await import("${name}");`;
    expect(clientWith("connection/new.ts", source)).toEqual([
      `packages/client/src/connection/new.ts:1 imports ${name}: only platform/transport/node may import packages and Node's modules, because connection runs in browsers too; move the code there`,
    ]);
    expect(clientWith("platform/transport/node/new.ts", source)).toEqual([]);
  },
);

test("the room check rejects an import of an asset class into a room that serves all of them", () => {
  expect(clientWith("continuity/new.ts", 'import { DataFeed } from "../stocks/data-feed.ts";')).toEqual([
    `packages/client/src/continuity/new.ts:1 imports stocks/data-feed.ts: only ${assetClassRooms} may import or name an asset class, because continuity serves all of them; let the StreamSchema bring it`,
  ]);
});

test.each([
  ["onTrade", "trade"],
  ["UsEquitySession", "equity"],
  ["DAILY_BARS", "bars"],
  ['"lulds"', "lulds"],
])("the room check rejects the name %s in a room that serves all asset classes", (code, word) => {
  expect(clientWith("stream/new.ts", `run(${code});`)).toEqual([
    expect.stringContaining(`stream/new.ts:1 uses the word "${word}": only ${assetClassRooms} may import or name`),
  ]);
  expect(clientWith("stocks/new.ts", `run(${code});`)).toEqual([]);
});

test("the room check accepts an asset class as an example in a comment", () => {
  expect(clientWith("stream/new.ts", '/** Such as `trades`. */\nrun("https://a/"); // quotes, bars')).toEqual([]);
});

test("the room check rejects a file that belongs to no room", () => {
  expect(clientWith("utils/new.ts", "")).toEqual([
    "packages/client/src/utils/new.ts:1 belongs to no room: add its folder to verify/rooms/rooms.ts",
  ]);
});

test("the room check rejects an exception that is not needed and a room without a file", () => {
  const exceptions = [{ file: "a.ts", names: ["node:fs"], reason: "" }];
  const plan = { root: "src", order: [["a.ts"], ["b"]], aliases: {}, nodeRooms: [], exceptions };
  expect(checkRooms(plan, new Map([["a.ts", 'import "node:fs";']]))).toEqual([
    "verify/rooms/rooms.ts: the room b has no file; remove it",
  ]);
  expect(checkRooms(plan, new Map([["b/b.ts", ""]]))).toEqual([
    'verify/rooms/rooms.ts: the exception for "node:fs" in a.ts is not needed; remove it',
    "verify/rooms/rooms.ts: the room a.ts has no file; remove it",
  ]);
});

test("the room check finds imports of every form, and none in comments", () => {
  const source = `import a, { type A } from "./a.ts";
// import "./not.ts";
import {
  b,
} from "./b.ts"; /*
import "./nor.ts"; */
import "./c.ts";
export * from "./d.ts";
export type { E } from "./e.ts";
type F = import("./f.ts").F;
const g = await import("./g.ts");`;
  expect(importsOf(source).map(({ specifier, line }) => `${specifier} ${line}`)).toEqual([
    "./a.ts 1",
    "./b.ts 3",
    "./c.ts 7",
    "./d.ts 8",
    "./e.ts 9",
    "./f.ts 10",
    "./g.ts 11",
  ]);
});

test("the room check mistakes no string, template or regular expression for a comment", () => {
  const source = ['f("/*", one)', "f(`//`, two)", "f(/['\"/*]/, three) // four", "5 / six / 7 // eight"].join("\n");
  const words = wordsOf(source).map(({ word, line }) => `${word} ${line}`);
  expect(words.filter((word) => word.length > 3)).toEqual(["one 1", "two 2", "three 3", "six 4"]);
});

test("Biome rejects a cycle of imports, of types too", async () => {
  const folder = await temporaryFolder();
  await cp(join(root, "biome.json"), join(folder, "biome.json"));
  await writeFile(join(folder, "a.ts"), 'import type { B } from "./b.ts";\nexport type A = B | 1;\n');
  await writeFile(join(folder, "b.ts"), 'import type { A } from "./a.ts";\nexport type B = A | 2;\n');
  const report = await outputOf("@biomejs/biome/bin/biome", ["lint", "--vcs-enabled=false", "--colors=off"], folder);
  expect(report).toContain("a.ts:1:24 lint/suspicious/noImportCycles");
  expect(report).toContain("This import is part of a cycle.");
});

test("the client compiles with Node's globals in the transport for Node alone, and with the DOM's in the transport for the web alone", async () => {
  const folder = await copyOfClient();
  const source = "export const used: unknown[] = [Buffer, process, document];\n";
  const files = ["stream/new.ts", "platform/transport/node/new.ts", "platform/transport/web.ts"];
  for (const file of files) await writeFile(join(folder, CLIENT.root, file), source);
  const report = await outputOf("typescript/bin/tsc", ["-b", "packages/client", "--pretty", "false"], folder);
  const found = [...report.matchAll(/src\/(\S+?)\(.*Cannot find name '(\w+)'/g)].map(([, file, name]) => [file, name]);
  expect(found.sort()).toEqual([
    ["platform/transport/node/new.ts", "document"],
    ["platform/transport/web.ts", "Buffer"],
    ["platform/transport/web.ts", "process"],
    ["stream/new.ts", "Buffer"],
    ["stream/new.ts", "document"],
    ["stream/new.ts", "process"],
  ]);
});

async function copyOfClient(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "packages"));
  const isSource = (path: string): boolean => !/[\\/](dist|node_modules|test)$/.test(path);
  await cp(join(root, "packages/client"), join(folder, "packages/client"), { recursive: true, filter: isSource });
  await cp(join(root, "tsconfig.base.json"), join(folder, "tsconfig.base.json"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tickerplant-rooms-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The output of a tool of `node_modules` that is expected to fail. */
async function outputOf(tool: string, args: readonly string[], cwd: string): Promise<string> {
  const run = promisify(execFile)(process.execPath, [join(root, "node_modules", tool), ...args], { cwd });
  const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}
