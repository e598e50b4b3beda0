import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { FrameDecoder, type SubscribableChannel, Trade } from "@tickerplant/client/wire";
import { createGateway, type Feed, type FeedSink, type Gateway, type GatewayEvent, listen } from "tickerplant";
import type { Certificate } from "./certificate.ts";
import type { GatewayRequest, Outcome } from "./suite/control.ts";

/** The suite's other end: makes gateways for it, and takes its results. One for each run of the suite. */
export interface ControlServer {
  /** Its address, which the suite is told. */
  readonly origin: string;
  /** What has been handed in so far. */
  readonly outcomes: readonly Outcome[];
  /** Resolves when the suite has handed in its last result. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

/** A gateway, or a port that says nothing. */
interface Opened {
  readonly url: string;
  readonly gateway?: Gateway;
  readonly feed?: ManualFeed;
  readonly events: GatewayEvent[];
  close(): Promise<void>;
}

/**
 * Opens a control server.
 *
 * @param certificate For gateways that speak TLS.
 * @param script The suite as one script, for a page; without it no page is served.
 */
export async function openControlServer(certificate: Certificate | undefined, script = ""): Promise<ControlServer> {
  const opened: Opened[] = [];
  const outcomes: Outcome[] = [];
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const answer = async (path: string, body: string): Promise<unknown> => {
    if (path === "/open") {
      const made = await open(JSON.parse(body), certificate);
      return { id: opened.push(made) - 1, url: made.url };
    }
    if (path === "/outcomes") {
      const handedIn: { outcomes: Outcome[]; isDone: boolean } = JSON.parse(body);
      outcomes.push(...handedIn.outcomes);
      if (handedIn.isDone) finish();
      return {};
    }
    const [, id, action] = path.split("/");
    const one = opened[Number(id)];
    if (one === undefined) throw new RangeError(`nothing was opened as ${id}`);
    switch (action) {
      case "publish":
        one.feed?.publish(Buffer.from(body));
        return {};
      case "faults":
        if (one.gateway !== undefined) setFaults(one.gateway.faults, JSON.parse(body));
        return {};
      case "report":
        return { events: one.events, stats: one.gateway?.stats };
      case "close":
        await one.close();
        return {};
      default:
        throw new RangeError(`${action} is nothing that can be asked for`);
    }
  };

  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    try {
      if (request.method === "POST") {
        const answered = JSON.stringify(await answer(path, await bodyOf(request)));
        response.writeHead(200, { "Content-Type": "application/json" }).end(answered);
      } else if (path === "/suite.js") response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
      else response.writeHead(200, { "Content-Type": "text/html" }).end(PAGE);
    } catch (error) {
      response.writeHead(500, { "Content-Type": "text/plain" }).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    outcomes,
    done,
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>suite</title><link rel="icon" href="data:,"><script type="module" src="/suite.js"></script>`;

async function open(request: GatewayRequest, certificate: Certificate | undefined): Promise<Opened> {
  if (request.isSilent) return openSilentPort();
  const { keys, channels, faults, compress = false, tls = false, pour } = request;
  if (tls && certificate === undefined) throw new Error("there is no certificate: openssl is missing");
  const events: GatewayEvent[] = [];
  const feed = new ManualFeed();
  const gateway = createGateway({
    feeds: { iex: pour === undefined ? feed : pouring(pour) },
    onEvent: (event) => events.push(event),
    faults: { ...faults },
    ...(keys !== undefined && { keys }),
    ...(channels !== undefined && { channels: channels as SubscribableChannel[] }), // the suite's own
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

/** A port that accepts connections and never says a word. */
async function openSilentPort(): Promise<Opened> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the client cut it
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

/** A feed whose records come from the suite. */
class ManualFeed implements Feed {
  readonly paced = true;
  readonly #decoder = new FrameDecoder();
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

/** A feed of so many trades, as fast as its readers are. */
function pouring(count: number): Feed {
  return {
    paced: false,
    run: async (sink) => {
      for (let id = 0; id < count; id++) {
        if (id % 100 === 0) await sink.room();
        if (id % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve)); // others have work to do
        sink.publish(new Trade("POUR", 1_763_130_600, id, id, "V", 101.25, 100, ["@"], "C"));
      }
    },
  };
}

function setFaults(faults: object, wanted: object): void {
  for (const name of Object.keys(faults)) Reflect.deleteProperty(faults, name);
  Object.assign(faults, wanted);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port; // a TCP server that listens has one
}
