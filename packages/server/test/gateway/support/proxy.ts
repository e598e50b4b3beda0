import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a proxy was asked for. */
export interface Asked {
  readonly authority: string;
  readonly headers: IncomingMessage["headers"];
}

export interface LocalProxyOptions {
  /** The raw answer to every CONNECT, instead of a tunnel; empty for none at all. */
  readonly answer?: string;
  /** Makes the proxy itself speak TLS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

export interface LocalProxy {
  readonly host: string;
  readonly asked: readonly Asked[];
  /** Resolves when a client has closed its connection. */
  readonly closed: Promise<void>;
}

/** An HTTP proxy on loopback whose tunnels all lead to one port, whatever host is asked for. */
export async function localProxy(toPort: number, { answer, tls }: LocalProxyOptions = {}): Promise<LocalProxy> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let closed = (): void => {};
  const whenClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    asked.push({ authority: request.url ?? "", headers: request.headers });
    sockets.add(socket);
    socket.on("close", closed);
    socket.on("error", () => {}); // a client that gives up
    if (answer === "") return void socket.resume().on("end", () => socket.destroy());
    if (answer !== undefined) return void socket.end(answer);
    const upstream = connect(toPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens at a TCP port
  return { host: `127.0.0.1:${port}`, asked, closed: whenClosed };
}
