import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** An answer of a {@link historyServer}: a body of status 200, or both. */
export type HistoryAnswer = string | { readonly status: number; readonly body: string };

/** Starts a server of history on a free port, whose answers are scripted. Returns its URL. */
export async function historyServer(
  answer: (url: URL, request: IncomingMessage) => HistoryAnswer | Promise<HistoryAnswer>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const given = await answer(new URL(request.url ?? "/", "http://localhost"), request);
    const { status, body } = typeof given === "string" ? { status: 200, body: given } : given;
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // of TCP, by the port above
}
