import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
/** What the generator, the compiler and the packages that use generated code need. */
const COPIED = [
  ...["package.json", "tsconfig.base.json", "biome.json", ".gitignore", "PROTOCOL.md"],
  ...[
    "package.json",
    "tsconfig.json",
    "tsconfig.core.json",
    "tsconfig.node.json",
    "tsconfig.web.json",
    "src",
    "schema",
  ].map((name) => `packages/client/${name}`),
  ...["cluster", "recorder"].flatMap(
    (name) => ["package.json", "tsconfig.json", "src"].map((part) => `packages/${name}/${part}`), // the server names its types
  ),
  ...["package.json", "tsconfig.json", "src", "node_modules"].map((name) => `packages/server/${name}`),
];
const SCHEMA = "packages/client/schema/stocks.ts";
const TIMEOUT_MS = 120_000;

let copy = "";

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "tickerplant-schema-"));
  for (const path of COPIED) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true, filter: (source) => !source.endsWith("/dist") });
  }
  mkdirSync(join(copy, "node_modules/@tickerplant"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name === "tickerplant" || name === "@tickerplant") continue; // the copy's own
    symlinkSync(join(ROOT, "node_modules", name), join(copy, "node_modules", name));
  }
  for (const name of ["client", "cluster", "recorder"])
    symlinkSync(join(copy, "packages", name), join(copy, "node_modules/@tickerplant", name));
});

afterAll(() => rmSync(copy, { recursive: true }));

/** Runs a program of Node in the copy. */
function node(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  return { status, stdout, stderr };
}

const build = (...projects: readonly string[]) => node("node_modules/typescript/bin/tsc", "-b", ...projects);
const generate = (...args: readonly string[]) => node("packages/client/schema/dist/generate.js", ...args);

function edit(path: string, from: string, to: string): void {
  const source = readFileSync(join(copy, path), "utf8");
  if (!source.includes(from)) throw new Error(`${path} has no "${from}" to replace`);
  writeFileSync(join(copy, path), source.replace(from, to));
}

/** A program of the copy that shows what becomes of one imbalance; `VALUES` are those of the added fields. */
const PROGRAM = `
  import { Imbalance, STOCK_COLUMNS, STOCK_SCHEMA } from "@tickerplant/client";
  import { Codec, FrameDecoder, FrameEncoder } from "@tickerplant/client/wire";
  import { csvLines } from "./packages/server/dist/cli/output/csv-format.js";
  import { CsvRecords } from "./packages/server/dist/feeds/replay/csv-records.js";
  const record = new Imbalance("AAPL", 1, 2, 9.5, "C", ...VALUES);
  const read = (codec) => {
    const records = [];
    new FrameDecoder(STOCK_SCHEMA).decode(new FrameEncoder(codec, STOCK_SCHEMA).frame([record]), {
      record: (one) => records.push(one), control() {}, fault(error) { throw error; },
    });
    return { ...records[0] };
  };
  const csv = csvLines(["imbalances"], STOCK_COLUMNS);
  const rows = (csv.header + csv.encode([record])).trim().split("\\n").map((row) => row.split(","));
  const reader = new CsvRecords();
  const [, again] = rows.map((cells) => reader.read(cells));
  console.log(JSON.stringify([{ ...record }, read(Codec.JSON), read(Codec.MSGPACK), { ...again }, rows[0]]));
`;

/** Adds fields to the imbalance, generates, builds, and checks that they are everywhere. */
function addFields(fields: readonly string[], values: Readonly<Record<string, unknown>>): void {
  edit(SCHEMA, "TIME, TAPE", `TIME, TAPE, ${fields.join(", ")}`);
  expect(build("packages/client/schema")).toMatchObject({ status: 0, stdout: "" });
  expect(generate()).toMatchObject({ status: 0, stderr: "" });
  expect(build("packages/client", "packages/server")).toMatchObject({ status: 0, stdout: "" });

  writeFileSync(join(copy, "program.js"), PROGRAM.replace("VALUES", JSON.stringify(Object.values(values))));
  const { stdout, stderr } = node("program.js");
  expect(stderr).toBe("");
  const [record, fromJson, fromMsgpack, fromCsv, header] = JSON.parse(stdout) as unknown[];
  expect(record).toMatchObject(values);
  for (const other of [fromJson, fromMsgpack, fromCsv]) expect(other).toEqual(record);
  expect(header).toEqual(["channel", "symbol", "timestamp", "price", "tape", ...Object.keys(values)]);
}

test("one line of the schema adds a field to class, codecs, CSV and PROTOCOL.md", { timeout: TIMEOUT_MS }, () => {
  addFields(['{ name: "orders", key: "n", kind: "count", whenMissing: "undefined", doc: "Orders in all." }'], {
    orders: 7,
  });
  expect(readFileSync(join(copy, "PROTOCOL.md"), "utf8")).toContain(
    "| `n` | `orders` | count | `undefined` | Orders in all. |",
  );
});

test("generate --check names each file that is out of date, and no other", { timeout: TIMEOUT_MS }, () => {
  edit(
    SCHEMA,
    'key: "n", kind: "count", whenMissing: "undefined", doc: "Orders in all."',
    'key: "m", kind: "count", whenMissing: "undefined", doc: "All orders."',
  );
  expect(build("packages/client/schema")).toMatchObject({ status: 0 });
  const { status, stderr } = generate("--check");
  expect(status).toBe(1);
  const sentence = 'is not what packages/client/schema describes: run "npm run generate" and commit it';
  const stale = ["src/stocks/read-record.ts", "src/stocks/records.ts", "src/stocks/write-record.ts"];
  expect(stderr.trim().split("\n")).toEqual(
    [...stale.map((path) => `packages/client/${path}`), "PROTOCOL.md"].map((path) => `${path} ${sentence}`),
  );
  expect(generate().status).toBe(0);
  expect(generate("--check")).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("fields may have keys of three letters, fractional sizes, price levels and flags", { timeout: TIMEOUT_MS }, () => {
  // These have no default in the constructor: code that creates an imbalance has to pass them.
  const price = "snapToTick(units) / UNITS_PER_DOLLAR, this.listing.tape";
  edit("packages/server/src/feeds/simulator/instrument.ts", price, `${price}, "", 0, [], false`);
  addFields(
    [
      '{ name: "side", key: "tks", kind: "code", doc: "The side." }',
      '{ name: "ratio", key: "q", kind: "amount", doc: "Its share." }',
      '{ name: "levels", key: "b", kind: "levels", doc: "Its levels." }',
      '{ name: "isReset", key: "r", kind: "flag", doc: "Whether it replaces others." }',
    ],
    { side: "B", ratio: 0.25, levels: [{ price: 1.5, size: 2 }], isReset: true, orders: 7 },
  );
});

test("a field of a hot record gets into the fast paths of both codecs, for records and raw ones", {
  timeout: TIMEOUT_MS,
}, () => {
  edit(
    SCHEMA,
    "        TAPE,\n        RECEIVED,",
    '        TAPE,\n        { name: "venue", key: "vn", kind: "code", doc: "The venue." },\n        RECEIVED,',
  );
  expect(build("packages/client/schema")).toMatchObject({ status: 0, stdout: "" });
  const files = ["msgpack", "json"].map((codec) => `packages/client/src/stocks/${codec}-fast-path.ts`);
  for (const file of files) expect(generate("--check").stderr).toContain(`${file} is not what`);
  expect(generate()).toMatchObject({ status: 0, stderr: "" });
  const [msgpack = "", json = ""] = files.map((file) => readFileSync(join(copy, file), "utf8"));
  expect(msgpack).toContain("!== 0xa2766ea1 || // vn");
  expect(msgpack).toContain("vn: asciiText(venue)");
  expect(json).toContain('// ,"vn":"');
  expect(json).toContain("vn: venue");
});

test("the generator reports a field that its kind cannot describe", { timeout: TIMEOUT_MS }, () => {
  edit(SCHEMA, 'kind: "code",', 'kind: "code",\n  whenMissing: "undefined",');
  expect(build("packages/client/schema")).toMatchObject({ status: 0 });
  const { status, stderr } = generate();
  expect(status).toBe(1);
  expect(stderr).toContain('a missing value of kind code must be default, got "undefined"');
});
