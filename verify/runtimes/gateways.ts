import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { STOCK_SCHEMA, type SubscribableChannel, type Trade } from "@tickerplant/client";
import { FrameDecoder } from "@tickerplant/client/wire";
import { createGateway, type Feed, type FeedSink, type Gateway, type GatewayEvent, listen } from "tickerplant";
import { WebSocketServer } from "ws";
import { trade } from "../shared/records.ts";
import type { Certificate } from "./certificate.ts";
import type { GatewayReport, GatewayRequest } from "./suite/control.ts";

/** A gateway, or a server in its place. */
export interface Opened {
  readonly url: string;
  readonly gateway?: Gateway;
  readonly feed?: { publish(frame: Uint8Array): void };
  readonly events: GatewayReport["events"];
  close(): Promise<void>;
}

/**
 * Opens the gateway that a case requests, on its own port.
 *
 * @param pageOrigin The origin of the suite's page, which the gateway must allow.
 */
export async function open(
  request: GatewayRequest,
  certificate: Certificate | undefined,
  pageOrigin: string,
): Promise<Opened> {
  if (request.kind === "silent") return openSilentPort();
  if (request.kind === "recorder") return openRecorder();
  const { keys, channels, faults, compress = false, tls = false, pour } = request;
  if (tls && certificate === undefined) throw new Error("no certificate: openssl is missing or too old");
  const events: GatewayEvent[] = [];
  const feed = new ManualFeed();
  const gateway = createGateway({
    feeds: { iex: pour === undefined ? feed : pouring(pour) },
    onEvent: (event) => events.push(event),
    faults: { ...faults },
    allowedOrigins: [pageOrigin],
    ...(keys !== undefined && { keys }),
    ...(channels !== undefined && { channels: channels as SubscribableChannel[] }), // the suite requests only such channels
  });
  void gateway.start();
  const listener = await listen(gateway, { compress, ...(tls && certificate !== undefined && { tls: certificate }) });
  let closed: Promise<void> | undefined;
  return {
    url: `${listener.url.replace("127.0.0.1", tls ? "localhost" : "127.0.0.1")}/v2/iex`,
    gateway,
    feed,
    events,
    close: () => {
      closed ??= listener.close();
      return closed;
    },
  };
}

/** Opens a port that accepts connections and sends nothing. */
async function openSilentPort(): Promise<Opened> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the client closed it
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${portOf(server)}/v2/iex`,
    events: [],
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Opens a websocket server that completes the handshake, answers nothing else, and records what it receives. */
async function openRecorder(): Promise<Opened> {
  const events: { type: string; [key: string]: unknown }[] = [];
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket, { headers }) => {
    events.push({ type: "upgrade", headers });
    socket.send('[{"T":"success","msg":"connected"}]');
    socket.once("message", () => socket.send('[{"T":"success","msg":"authenticated"}]'));
    socket.on("message", (_, isBinary) => events.push({ type: "frame", isBinary }));
    socket.on("close", (code) => events.push({ type: "closed", code }));
    socket.on("error", () => {}); // it closes
  });
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${portOf(server)}/v2/iex`,
    events,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A feed of the records that the suite publishes. */
class ManualFeed implements Feed {
  readonly paced = true;
  readonly #decoder = new FrameDecoder(STOCK_SCHEMA);
  #sink: FeedSink | undefined;

  run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  publish(frame: Uint8Array): void {
    const sink = this.#sink;
    if (sink === undefined) throw new Error("the feed has not started");
    this.#decoder.decode(frame, {
      record: (record) => sink.publish(record as Trade), // decoded without `raw`: a record of some channel
      control: () => {},
      fault: (error) => {
        throw error;
      },
    });
  }
}

/** A feed of `count` trades, as fast as its readers. */
function pouring(count: number): Feed {
  return {
    paced: false,
    run: async (sink) => {
      for (let id = 0; id < count; id++) {
        if (id % 100 === 0) await sink.room();
        if (id % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve)); // lets other tasks run
        sink.publish(trade("POUR", id));
      }
    },
  };
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port; // a TCP server that listens has one
}
