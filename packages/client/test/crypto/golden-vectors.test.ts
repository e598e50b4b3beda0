import { describe, expect, test } from "vitest";
import { CHANNELS } from "../../src/crypto/channels.ts";
import { CRYPTO } from "../wire/support/decoded.ts";
import { type ServerVector, testDecoding, testEncoding, testIndependently, vectors } from "../wire/support/vectors.ts";

const records = vectors<ServerVector>("crypto-records.json");
const tolerated = vectors<ServerVector>("crypto-tolerated.json");
const frames = vectors<ServerVector>("crypto-frames.json");

describe("[G54] golden vectors of crypto", () => {
  testDecoding(CRYPTO, [...records, ...tolerated, ...frames]);
  testEncoding(CRYPTO, [...records, ...frames]);
  testIndependently([...records, ...tolerated, ...frames]);

  test("the vectors of crypto have every channel, and no name twice", () => {
    const channels = new Set(records.flatMap(({ messages }) => messages.map(({ channel }) => channel)));
    expect([...channels].sort()).toEqual([...CHANNELS].sort());
    const names = [...records, ...tolerated, ...frames].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
