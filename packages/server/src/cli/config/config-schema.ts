import { FEED_SETTINGS } from "./config-file.ts";
import { FEEDS, SERVER_SETTINGS } from "./serve-settings.ts";
import type { JsonSchema, Settings } from "./setting.ts";

/** Makes the JSON schema of a configuration file, of draft 2020-12, from the settings. */
export function configSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of tickerplant serve",
    type: "object",
    properties: {
      $schema: { type: "string" },
      feeds: {
        description: "the source of each feed",
        type: "object",
        properties: Object.fromEntries(FEEDS.map((name) => [name, { $ref: "#/$defs/feed" }])),
        additionalProperties: false,
      },
      ...propertiesOf(SERVER_SETTINGS),
    },
    dependentRequired: { tlsCert: ["tlsKey"], tlsKey: ["tlsCert"] },
    additionalProperties: false,
    $defs: {
      feed: {
        type: "object",
        properties: propertiesOf(FEED_SETTINGS),
        oneOf: [
          { required: ["simulate"], properties: { simulate: { const: true } } },
          { required: ["replay"] },
          { required: ["upstream"] },
          { required: ["cluster"] },
        ],
        additionalProperties: false,
      },
    },
  };
}

function propertiesOf(settings: Settings): JsonSchema {
  const entries = Object.entries(settings).map(([name, { description, meaning = description, schema, fallback }]) => [
    name,
    { description: meaning, ...schema, ...(fallback !== undefined && { default: fallback }) },
  ]);
  return Object.fromEntries(entries);
}
