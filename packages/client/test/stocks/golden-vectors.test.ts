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
import { decoded, hex, json, STOCKS } from "../wire/support/decoded.ts";
import {
  type ServerVector,
  testDecoding,
  testEncoding,
  testIndependently,
  type Vector,
  vectors,
} from "../wire/support/vectors.ts";

interface ClientVector extends Vector {
  readonly message: ClientMessage;
}

const records = vectors<ServerVector>("records.json");
const tolerated = vectors<ServerVector>("tolerated.json");
const frames = vectors<ServerVector>("frames.json");
const controlMessages = vectors<ServerVector>("control-messages.json");
const clientMessages = vectors<ClientVector>("client-messages.json");
const fromServers = [...records, ...tolerated, ...frames, ...controlMessages];

describe("[G50] [G51] [R17] [R18] golden vectors", () => {
  testDecoding(STOCKS, fromServers);

  for (const vector of clientMessages) {
    test(`the decoder reads a client message in both codecs: ${vector.name}`, () => {
      const decoder = new FrameDecoder(STOCK_SCHEMA);
      expect(decoder.decodeClient(json(vector.json))).toEqual([vector.message]);
      expect(decoder.decodeClient(hex(vector.msgpack))).toEqual([vector.message]);
    });
  }

  testEncoding(STOCKS, [...records, ...frames]);

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

  testIndependently([...records, ...frames, ...controlMessages, ...clientMessages]);

  test("the golden vectors have every type of record and every error code, and no name twice", () => {
    const channels = new Set(records.flatMap((vector) => vector.messages.map((message) => message.channel)));
    expect(channels.size).toBe(10);
    const numbers = new Set(controlMessages.flatMap((vector) => vector.messages.map((message) => message.number)));
    for (const number of Object.keys(SERVER_ERRORS)) expect(numbers).toContain(Number(number));
    const names = [...fromServers, ...clientMessages].map((vector) => vector.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
