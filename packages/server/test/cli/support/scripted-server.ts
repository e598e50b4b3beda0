import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";

/** Starts a JSON server that accepts any key and subscription, and then calls `subscribed`. Returns its URL. */
export async function scriptedServer(subscribed: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on("connection", (socket) => {
    socket.send('[{"T":"success","msg":"connected"}]');
    socket.on("message", (data: Buffer) => {
      const { action, ...channels } = JSON.parse(data.toString()) as { action: string };
      if (action === "auth") return socket.send('[{"T":"success","msg":"authenticated"}]');
      socket.send(JSON.stringify([{ T: "subscription", ...channels }]));
      subscribed(socket);
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // the server listens on a TCP port
  return `ws://127.0.0.1:${port}/v2/iex`;
}
