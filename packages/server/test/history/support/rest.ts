import { request } from "node:http";
import { onTestFinished } from "vitest";
import type { GatewayOptions } from "../../../src/create-gateway.ts";
import { openServer, type Server } from "../../gateway/support/server.ts";

/** What a request for history is answered with. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The text read as JSON. */
  readonly json: () => Record<string, unknown>;
}

/** A gateway on a port, and requests to it. */
export interface Rest extends Server {
  /** Sends a GET with a key that the gateway accepts; other headers replace or add to that. */
  get(target: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<Answered>;
}

/** The headers of a key. */
export const KEY = { "apca-api-key-id": "KEY", "apca-api-secret-key": "SECRET" };

/** Opens a gateway for the time of a test. */
export async function openRest(options: Partial<GatewayOptions> = {}): Promise<Rest> {
  const server = await openServer(options);
  onTestFinished(() => server.listener.close(0));
  return {
    ...server,
    get: (target, headers = KEY, method = "GET") => ask(server.listener.port, target, headers, method),
  };
}

function ask(port: number, path: string, headers: Readonly<Record<string, string>>, method: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString(response.headers["content-encoding"] === "gzip" ? "base64" : "utf8");
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        json: () => JSON.parse(text),
      });
    });
    outgoing.on("error", reject).end();
  });
}
