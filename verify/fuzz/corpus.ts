import { readFileSync } from "node:fs";
import { Codec } from "@tickerplant/client/wire";
import { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import { hostileFrames } from "./hostile.ts";
import { makeClientMessage, makeServerMessage } from "./messages.ts";

/** The secret that the fuzzed gateway accepts. */
export const RIGHT_SECRET = "right";

/** The number of generated frames of each kind. */
const GENERATED = 120;

/** Frames to start from, by sender. */
export interface Corpus {
  readonly server: Uint8Array[];
  readonly client: Uint8Array[];
}

/** Returns generated records and control messages in both codecs, the golden vectors, and hostile frames. */
export function makeCorpus(assetClass: AssetClass): Corpus {
  const { encoders, symbols, vectorFiles } = assetClass;
  const random = new Random(1); // the corpus is always the same: the seed of the run decides how it is mutated
  const server: Uint8Array[] = [];
  const client: Uint8Array[] = [];
  for (const encoder of Object.values(encoders)) {
    for (let count = 0; count < GENERATED; count++) {
      server.push(encoder.serverFrame(makeServerMessage(random, assetClass)));
      server.push(encoder.frame(Array.from({ length: random.below(4) }, () => assetClass.makeRecord(random, symbols))));
      client.push(encoder.clientFrame(makeClientMessage(random, assetClass, RIGHT_SECRET)));
    }
  }
  for (const codec of Object.values(Codec)) {
    server.push(...vectorFiles.flatMap((file) => vectorFrames(file, codec)));
    client.push(...vectorFrames("client-messages", codec));
  }
  const hostile = hostileFrames();
  server.push(...hostile);
  client.push(...hostile);
  return { server, client };
}

/** Returns the frames of a file of golden vectors, in one codec. */
export function vectorFrames(file: string, codec: Codec): Uint8Array[] {
  const url = new URL(`../../vectors/${file}.json`, import.meta.url);
  const vectors = JSON.parse(readFileSync(url, "utf8")) as { json: string; msgpack: string }[]; // as verify/vectors/README.md has it
  return vectors.map(({ json, msgpack }) => (codec === Codec.JSON ? Buffer.from(json) : Buffer.from(msgpack, "hex")));
}
