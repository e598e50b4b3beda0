import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Age at which a connection is cut, in milliseconds. */
const CUT_AFTER_MS = { least: 1500, most: 3500 } as const;

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** A TCP proxy that cuts each connection in the middle of the server's data. */
export class CuttingProxy {
  /** Times of the cuts, in milliseconds since the Unix epoch. */
  readonly cutsMs: number[] = [];
  readonly port: number;
  readonly #pairs = new Set<Pair>();
  #isCutting = false;

  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port; // it listens, on a port
  }

  /** Listens on a free loopback port and forwards to `upstreamPort`. */
  static async listen(upstreamPort: number): Promise<CuttingProxy> {
    const server = createServer((client) => proxy.#accept(client, connect(upstreamPort, "127.0.0.1")));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy: CuttingProxy = new CuttingProxy(server);
    return proxy;
  }

  /** Starts cutting connections, including those already open. */
  start(): void {
    this.#isCutting = true;
    for (const pair of this.#pairs) this.#cutLater(pair);
  }

  /** Closes all connections, and accepts no more. */
  close(): void {
    this.#server.close();
    for (const { client, upstream } of this.#pairs) for (const socket of [client, upstream]) socket.destroy();
  }

  /** Stops cutting connections. */
  stop(): void {
    this.#isCutting = false;
  }

  #accept(client: Socket, upstream: Socket): void {
    const pair = { client, upstream };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay();
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => {}); // the close follows
      from.on("close", () => {
        this.#pairs.delete(pair);
        to.destroySoon();
      });
    }
    if (this.#isCutting) this.#cutLater(pair);
  }

  #cutLater({ client, upstream }: Pair): void {
    const forward = (bytes: Buffer): void => void client.write(bytes);
    const cut = (bytes: Buffer): void => {
      if (!this.#isCutting) {
        forward(bytes);
        upstream.on("data", forward);
        return;
      }
      this.cutsMs.push(Date.now());
      client.end(bytes.subarray(0, Math.floor(Math.random() * bytes.length)));
      client.destroySoon();
      upstream.destroy();
    };
    const { least, most } = CUT_AFTER_MS;
    const timer = setTimeout(
      () => {
        upstream.removeAllListeners("data");
        upstream.once("data", cut);
      },
      least + Math.random() * (most - least),
    );
    client.once("close", () => clearTimeout(timer));
  }
}
