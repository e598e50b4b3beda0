import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FEED_SETTINGS, parseConfig } from "../src/cli/config/config-file.ts";
import { SERVER_SETTINGS } from "../src/cli/config/serve-settings.ts";

const root = join(import.meta.dirname, "../../..");
const text = readFileSync(join(root, "docs/relay.md"), "utf8");

/** The names in the first column of the tables. */
const documented = new Set(
  [...text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.match(/\w+/g) ?? []),
);

test("docs/relay.md describes every setting", () => {
  const names = ["feeds", ...Object.keys(SERVER_SETTINGS), ...Object.keys(FEED_SETTINGS)];
  expect(names.filter((name) => !documented.has(name))).toEqual([]);
});

test("docs/relay.md describes every type of a line in the log", () => {
  const sources = ["cli/output/gateway-log.ts", "gateway/gateway-events.ts"];
  sources.push("cli/commands/keys-reload.ts", "cli/commands/reload.ts", "cli/commands/with-config.ts");
  sources.push("cli/commands/serve-cluster.ts", "cli/commands/serve-record.ts", "cli/recording/recording.ts");
  const types = sources.flatMap((file) => {
    const source = readFileSync(join(root, "packages/server/src", file), "utf8");
    return [...source.matchAll(/(?<!typeof \w+ )\btype: ((?:"\w+"(?: \| )?)+)|case "(\w+)":/g)].flatMap(
      ([, listed, name]) => listed?.match(/\w+/g) ?? (name === undefined ? [] : [name]),
    );
  });
  expect(types.length).toBeGreaterThan(15);
  // An event of a source is logged by the type of what happened.
  expect([...new Set(types)].filter((type) => type !== "source" && !documented.has(type))).toEqual([]);
});

describe("a configuration in the documents and the package", () => {
  const blocks = [...text.matchAll(/^```toml\n(.*?)^```/gms)].map(([, block = ""]) => block);
  blocks.push(readFileSync(join(root, "packages/server/deploy/relay.toml"), "utf8"));

  test.each(blocks.map((block, index) => [index + 1, block] as const))("has no faults: block %i", (_number, block) => {
    expect(parseConfig(block, "relay.toml")).toHaveProperty("config");
  });

  test("uses every setting at least once", () => {
    const names = [...Object.keys(SERVER_SETTINGS), ...Object.keys(FEED_SETTINGS)].filter((name) => name !== "history");
    expect(names.filter((name) => !blocks.some((block) => block.includes(`${name} = `)))).toEqual([]);
  });
});
