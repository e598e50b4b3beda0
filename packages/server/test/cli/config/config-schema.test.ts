import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/cli/config/config-file.ts";
import { configSchema } from "../../../src/cli/config/config-schema.ts";
import { SERVER_SETTINGS, SOURCE_SETTINGS, UPSTREAM_SETTINGS } from "../../../src/cli/config/serve-settings.ts";
import { type JsonSchema, type Setting, settingOf } from "../../../src/cli/config/setting.ts";

const FILE = fileURLToPath(new URL("../../../config.schema.json", import.meta.url));

test("the published schema is the one of the settings; npx vitest run -u writes it", async () => {
  await expect(`${JSON.stringify(configSchema(), undefined, 2)}\n`).toMatchFileSnapshot(FILE);
});

/** Whether a value is valid, by the keywords that the settings use; throws for any other. */
function isValid(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, rule]) => {
    switch (keyword) {
      case "type":
        if (rule === "integer") return Number.isInteger(value);
        return rule === (Array.isArray(value) ? "array" : typeof value);
      case "anyOf":
        return (rule as JsonSchema[]).some((one) => isValid(one, value));
      case "minimum":
        return (value as number) >= (rule as number);
      case "maximum":
        return (value as number) <= (rule as number);
      case "exclusiveMinimum":
        return (value as number) > (rule as number);
      case "minLength":
        return String(value).length >= (rule as number);
      case "minItems":
        return (value as unknown[]).length >= (rule as number);
      case "pattern":
        return new RegExp(rule as string, "u").test(String(value));
      case "items":
        return (value as unknown[]).every((item) => isValid(rule as JsonSchema, item));
      case "const":
        return value === rule;
      case "enum":
        return (rule as unknown[]).includes(value);
      default:
        throw new Error(`unexpected keyword ${keyword}`);
    }
  });
}

const VALUES = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    1,
    -1,
    4,
    3.9,
    65_535,
    65_536,
    1e21,
    2 ** 53,
    "",
    "max",
    "free",
    "sip",
    "A",
    "AAPL",
    "A B",
  ),
  fc.constantFrom<unknown>(
    "wss://a/b",
    "ws://a",
    "http://a",
    "https://a.example:1",
    "http://a/b",
    "NAME_1",
    "1NAME",
    true,
    null,
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(fc.constantFrom("A", "BTC/USD", "", "A,B", "http://a", "x".repeat(33), "é"), { maxLength: 3 }),
  fc.jsonValue(),
);

describe("the schema and the parser agree on each setting", () => {
  const settings: [string, Setting][] = Object.entries({
    ...SERVER_SETTINGS,
    ...SOURCE_SETTINGS,
    ...UPSTREAM_SETTINGS,
  });
  test.each(settings)("%s", (_name, setting) => {
    fc.assert(
      fc.property(VALUES, (value) => {
        let isAccepted = true;
        try {
          settingOf(setting, value);
        } catch {
          isAccepted = false;
        }
        // A value that editors accept may still be wrong (an origin of no real host), but never the other way round.
        if (isAccepted) expect(isValid(setting.schema, value)).toBe(true);
        if (typeof value === "number" || typeof value === "boolean")
          expect(isValid(setting.schema, value)).toBe(isAccepted);
      }),
      { numRuns: 500 },
    );
  });
});

test("every name that the schema knows can be read, and no other", () => {
  const { properties } = configSchema() as { properties: Record<string, unknown> };
  const known = new Set(Object.keys(properties));
  for (const name of [...known, "other"]) {
    const result = parseConfig(JSON.stringify({ [name]: {} }), "relay.json");
    const isUnknown = JSON.stringify(result).includes("no such setting");
    expect(isUnknown).toBe(!known.has(name));
  }
});
