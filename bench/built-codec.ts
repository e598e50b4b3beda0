import { join } from "node:path";
import type * as Client from "@tickerplant/client";
import type * as Wire from "@tickerplant/client/wire";
import type * as Web from "#client/platform/transport/web.js";
import type { FrameWork } from "./turns.ts";

/** The codec of one build, at work on some frames. */
export interface BuiltCodec {
  readonly decode: FrameWork;
  readonly encode: FrameWork;
  /** Decodes text frames by the transport of browsers, in JSON only. */
  readonly decodeText: FrameWork;
}

/** Loads the codec of the build in a folder. */
export async function loadCodec(folder: string, codec: Wire.Codec, frames: readonly Uint8Array[]): Promise<BuiltCodec> {
  const dist = join(folder, "packages/client/dist");
  // Every build to compare with has these exports.
  const { STOCK_SCHEMA } = (await import(join(dist, "index.js"))) as typeof Client;
  const { FrameDecoder, FrameEncoder } = (await import(join(dist, "wire/index.js"))) as typeof Wire;
  const { connector } = (await import(join(dist, "platform/transport/web.js"))) as typeof Web;
  const decoder = new FrameDecoder(STOCK_SCHEMA);
  const encoder = new FrameEncoder(codec, STOCK_SCHEMA);
  let newest: unknown; // kept so that the optimiser cannot remove unused work
  const sink: Wire.FrameSink = {
    record: (record) => {
      newest = record;
    },
    control: () => {},
    fault: (error) => {
      throw error;
    },
  };
  const recordFrames = frames.map((frame) => {
    const records: Client.AnyRecord[] = [];
    decoder.decode(frame, { ...sink, record: (record) => records.push(record as Client.AnyRecord) }); // not raw
    return records;
  });
  const texts = codec === "json" ? frames.map((frame) => Buffer.from(frame).toString()) : [];
  const receiveText = browserSocket(connector, (frame) => decoder.decode(frame, sink));
  return {
    decode: (from, to) => {
      for (let index = from; index < to; index++) decoder.decode(frames[index] as Uint8Array, sink);
    },
    encode: (from, to) => {
      for (let index = from; index < to; index++) newest = encoder.frame(recordFrames[index] ?? []);
      if (newest === undefined) throw new Error("nothing was encoded");
    },
    decodeText: (from, to) => {
      for (let index = from; index < to; index++) receiveText(texts[index] as string);
    },
  };
}

/** Opens a connection of the browser's transport on a simulated `WebSocket`. Returns what receives a text frame. */
function browserSocket(connector: typeof Web.connector, onFrame: (frame: Uint8Array) => void): (text: string) => void {
  class SimulatedSocket {
    static newest: SimulatedSocket;
    onmessage: (event: { readonly data: string }) => void = () => {};
    constructor() {
      SimulatedSocket.newest = this;
    }
    close(): void {}
  }
  const original = globalThis.WebSocket;
  globalThis.WebSocket = SimulatedSocket as never; // it has what the transport uses until it is closed
  const events = { opened: () => {}, frame: onFrame, pong: () => {}, closed: () => {} };
  connector.connect({ url: "ws://simulated", headers: {}, websocketParams: {} }, events).close(1000, ""); // ends its timer
  globalThis.WebSocket = original;
  return (data) => SimulatedSocket.newest.onmessage({ data });
}
