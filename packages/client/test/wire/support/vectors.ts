import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Codec, MarketRecord } from "../../../src/wire/index.ts";
import { hex, json, plain, type SchemaCodec } from "./decoded.ts";
import { independentlyDecoded } from "./independent-msgpack.ts";

/** A frame in both codecs. */
export interface Vector {
  readonly name: string;
  readonly written: boolean;
  readonly json: string;
  readonly msgpack: string;
}

/** A frame of a server, and its messages. */
export interface ServerVector extends Vector {
  readonly messages: readonly Record<string, unknown>[];
  readonly faults?: readonly string[];
}

/** The vectors of a file; their shape is described in `verify/vectors/README.md`. */
export function vectors<V extends Vector>(file: string): V[] {
  return JSON.parse(readFileSync(new URL(`../../../../../verify/vectors/${file}`, import.meta.url), "utf8")) as V[];
}

/** Adds the tests that a schema decodes frames of a server to the messages of their vectors. */
export function testDecoding<R extends MarketRecord>({ decoded }: SchemaCodec<R>, list: readonly ServerVector[]): void {
  for (const vector of list) {
    test(`JSON decodes: ${vector.name}`, () => {
      const { messages, faults } = decoded(json(vector.json));
      expect(messages.map(plain)).toEqual(vector.messages);
      expect(faults).toEqual(vector.faults ?? []);
    });
  }

  for (const vector of list) {
    test(`msgpack decodes: ${vector.name}`, () => {
      const { messages, faults } = decoded(hex(vector.msgpack));
      expect(messages.map(plain)).toEqual(vector.messages);
      expect(faults).toEqual(vector.faults ?? []);
    });
  }
}

/** Adds the tests that a schema encodes records to the bytes of their vectors. */
export function testEncoding<R extends MarketRecord>(
  { decoded, frameOf }: SchemaCodec<R>,
  list: readonly ServerVector[],
): void {
  for (const vector of list.filter(({ written }) => written)) {
    test(`encodes to these bytes: ${vector.name}`, () => {
      const { messages } = decoded(json(vector.json));
      const written = messages.filter((message) => message instanceof MarketRecord);
      expect(new TextDecoder().decode(frameOf(Codec.JSON, ...written))).toBe(vector.json);
      expect(Buffer.from(frameOf(Codec.MSGPACK, ...written)).toString("hex")).toBe(vector.msgpack);
    });
  }
}

/** Adds the tests that the msgpack of vectors is what their JSON is. */
export function testIndependently(list: readonly Vector[]): void {
  for (const vector of list) {
    test(`an independent msgpack decoder reads what JSON says: ${vector.name}`, () => {
      const fromJson: unknown = JSON.parse(vector.json, withWireTimes);
      expect(withoutBigints(independentlyDecoded(hex(vector.msgpack)))).toEqual(fromJson);
    });
  }
}

/** Gives times of JSON the form that the independent decoder gives those of msgpack. */
function withWireTimes(key: string, value: unknown): unknown {
  const isTime = (key === "t" || key === "r") && typeof value === "string" && /^\d{4}-/.test(value);
  if (!isTime) return value;
  const [, second = "", fraction = "", zone = ""] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(value) ?? [];
  return { sec: Date.parse(second + zone) / 1000, nsec: Number(fraction.padEnd(9, "0")) };
}

/** The same value with every `bigint` as the nearest number, as `JSON.parse` reads it. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withoutBigints);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigints(item)]));
}
