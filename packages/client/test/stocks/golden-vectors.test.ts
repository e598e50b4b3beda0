import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import {
  type ClientMessage,
  Codec,
  FrameDecoder,
  FrameEncoder,
  MarketRecord,
  SERVER_ERRORS,
} from "../../src/wire/index.ts";
import { decoded, frameOf, hex, json, plain } from "../wire/support/decoded.ts";
import { independentlyDecoded } from "../wire/support/independent-msgpack.ts";

interface Vector {
  readonly name: string;
  readonly written: boolean;
  readonly json: string;
  readonly msgpack: string;
}

interface ServerVector extends Vector {
  readonly messages: readonly Record<string, unknown>[];
  readonly faults?: readonly string[];
}

interface ClientVector extends Vector {
  readonly message: ClientMessage;
}

/** The vectors of a file; their shape is described in `verify/vectors/README.md`. */
function vectors<V extends Vector>(file: string): V[] {
  return JSON.parse(readFileSync(new URL(`../../../../verify/vectors/${file}`, import.meta.url), "utf8")) as V[];
}

const records = vectors<ServerVector>("records.json");
const tolerated = vectors<ServerVector>("tolerated.json");
const frames = vectors<ServerVector>("frames.json");
const controlMessages = vectors<ServerVector>("control-messages.json");
const clientMessages = vectors<ClientVector>("client-messages.json");
const fromServers = [...records, ...tolerated, ...frames, ...controlMessages];

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

describe("[G50] [G51] [R17] [R18] golden vectors", () => {
  for (const vector of fromServers) {
    test(`JSON decodes: ${vector.name}`, () => {
      const { messages, faults } = decoded(json(vector.json));
      expect(messages.map(plain)).toEqual(vector.messages);
      expect(faults).toEqual(vector.faults ?? []);
    });
  }

  for (const vector of fromServers) {
    test(`msgpack decodes: ${vector.name}`, () => {
      const { messages, faults } = decoded(hex(vector.msgpack));
      expect(messages.map(plain)).toEqual(vector.messages);
      expect(faults).toEqual(vector.faults ?? []);
    });
  }

  for (const vector of clientMessages) {
    test(`a server reads in both codecs: ${vector.name}`, () => {
      const decoder = new FrameDecoder(STOCK_SCHEMA);
      expect(decoder.decodeClient(json(vector.json))).toEqual([vector.message]);
      expect(decoder.decodeClient(hex(vector.msgpack))).toEqual([vector.message]);
    });
  }

  for (const vector of [...records, ...frames].filter((vector) => vector.written)) {
    test(`encodes to these bytes: ${vector.name}`, () => {
      const { messages } = decoded(json(vector.json));
      const written = messages.filter((message) => message instanceof MarketRecord);
      expect(new TextDecoder().decode(frameOf(Codec.JSON, ...written))).toBe(vector.json);
      expect(Buffer.from(frameOf(Codec.MSGPACK, ...written)).toString("hex")).toBe(vector.msgpack);
    });
  }

  for (const vector of controlMessages.filter((vector) => vector.written)) {
    test(`encodes to these bytes: ${vector.name}`, () => {
      const [message] = decoded(json(vector.json)).messages;
      if (message === undefined || message instanceof MarketRecord) throw new Error("expected a control message");
      expect(new TextDecoder().decode(new FrameEncoder(Codec.JSON, STOCK_SCHEMA).serverFrame(message))).toBe(
        vector.json,
      );
      expect(Buffer.from(new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA).serverFrame(message)).toString("hex")).toBe(
        vector.msgpack,
      );
    });
  }

  for (const vector of clientMessages.filter((vector) => vector.written)) {
    test(`encodes to these bytes: ${vector.name}`, () => {
      const { message } = vector;
      expect(new TextDecoder().decode(new FrameEncoder(Codec.JSON, STOCK_SCHEMA).clientFrame(message))).toBe(
        vector.json,
      );
      expect(Buffer.from(new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA).clientFrame(message)).toString("hex")).toBe(
        vector.msgpack,
      );
    });
  }

  const independent = [...records, ...frames, ...controlMessages, ...clientMessages];
  for (const vector of independent) {
    test(`an independent msgpack decoder reads what JSON says: ${vector.name}`, () => {
      const fromJson: unknown = JSON.parse(vector.json, withWireTimes);
      expect(withoutBigints(independentlyDecoded(hex(vector.msgpack)))).toEqual(fromJson);
    });
  }

  test("every record type, every error number and no name twice", () => {
    const channels = new Set(records.flatMap((vector) => vector.messages.map((message) => message.channel)));
    expect(channels.size).toBe(10);
    const numbers = new Set(controlMessages.flatMap((vector) => vector.messages.map((message) => message.number)));
    for (const number of Object.keys(SERVER_ERRORS)) expect(numbers).toContain(Number(number));
    const names = [...fromServers, ...clientMessages].map((vector) => vector.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
