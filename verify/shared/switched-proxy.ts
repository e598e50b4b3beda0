import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * A TCP proxy on loopback that is cut, frozen and restored by a call. While it is cut it accepts no connection; while it
 * is frozen nothing passes, and nothing is closed.
 */
export class SwitchedProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  /** Where the bytes of each socket go. */
  readonly #pairs = new Map<Socket, Socket>();
  #isCut = false;
  #isFrozen = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port; // it listens, on a port
  }

  /** Listens on a free port and forwards to `upstreamPort`. */
  static async listen(upstreamPort: number): Promise<SwitchedProxy> {
    const server = createServer((client) => proxy.#accept(client, upstreamPort));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy: SwitchedProxy = new SwitchedProxy(server);
    return proxy;
  }

  /** Cuts every connection, and rejects new ones. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#pairs.keys()) socket.destroy();
  }

  /** Lets nothing pass, as a network that drops every packet. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#pairs.keys()) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Accepts connections, and lets everything pass again. */
  restore(): void {
    this.#isCut = false;
    this.#isFrozen = false;
    for (const [from, to] of this.#pairs) from.pipe(to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket, upstreamPort: number): void {
    if (this.#isCut) return void client.destroy();
    const upstream = connect(upstreamPort, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#pairs.set(from, to);
      from.setNoDelay();
      if (!this.#isFrozen) from.pipe(to);
      from.on("error", () => {}); // the close follows
      from.on("close", () => {
        this.#pairs.delete(from);
        to.destroy();
      });
    }
  }
}
