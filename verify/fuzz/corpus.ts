import { readFileSync } from "node:fs";
import { STOCK_SCHEMA } from "@tickerplant/client";
import { Codec, FrameEncoder } from "@tickerplant/client/wire";
import { Random } from "../shared/random.ts";
import { hostileFrames } from "./hostile.ts";
import { makeClientMessage, makeRecord, makeServerMessage } from "./messages.ts";

/** The secret that the fuzzed gateway accepts. */
export const RIGHT_SECRET = "right";

const encoders = [new FrameEncoder(Codec.MSGPACK, STOCK_SCHEMA), new FrameEncoder(Codec.JSON, STOCK_SCHEMA)];
const VECTOR_FILES = ["records", "tolerated", "frames", "control-messages", "client-messages"];
/** The number of generated frames of each kind. */
const GENERATED = 120;

/** Frames to start from, by sender. */
export interface Corpus {
  readonly server: Uint8Array[];
  readonly client: Uint8Array[];
}

/** Returns generated records and control messages in both codecs, the golden vectors, and hostile frames. */
export function makeCorpus(): Corpus {
  const random = new Random(1); // the corpus is always the same: the seed of the run decides how it is mutated
  const server: Uint8Array[] = [];
  const client: Uint8Array[] = [];
  for (const encoder of encoders) {
    for (let count = 0; count < GENERATED; count++) {
      server.push(encoder.serverFrame(makeServerMessage(random)));
      server.push(encoder.frame(Array.from({ length: random.below(4) }, () => makeRecord(random))));
      client.push(encoder.clientFrame(makeClientMessage(random, RIGHT_SECRET)));
    }
  }
  for (const file of VECTOR_FILES) {
    const frames = file === "client-messages" ? client : server;
    for (const { json, msgpack } of vectors(file)) frames.push(Buffer.from(json), Buffer.from(msgpack, "hex"));
  }
  const hostile = hostileFrames();
  server.push(...hostile);
  client.push(...hostile);
  return { server, client };
}

function vectors(file: string): { json: string; msgpack: string }[] {
  const url = new URL(`../../vectors/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as { json: string; msgpack: string }[]; // as verify/vectors/README.md has it
}
