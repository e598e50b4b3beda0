import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Certificate } from "./certificate.ts";
import { type Opened, open } from "./gateways.ts";
import type { Outcome } from "./suite/control.ts";

/** The server that the suite connects to: it opens gateways and collects results. One for each run of the suite. */
export interface ControlServer {
  /** The address, which is passed to the suite. */
  readonly origin: string;
  /** The results so far. */
  readonly outcomes: readonly Outcome[];
  /** Resolves once the suite has sent its last result. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a control server.
 *
 * @param certificate For gateways with TLS.
 * @param script The suite as one script, which a page loads.
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
      const made = await open(JSON.parse(body), certificate, originOf(server));
      return { id: opened.push(made) - 1, url: made.url };
    }
    if (path === "/outcomes") {
      const received: { outcomes: Outcome[]; isDone: boolean } = JSON.parse(body);
      outcomes.push(...received.outcomes);
      if (received.isDone) finish();
      return {};
    }
    const [, id, action] = path.split("/");
    const one = opened[Number(id)];
    if (one === undefined) throw new RangeError(`no gateway has the id ${id}`);
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
        throw new RangeError(`unknown action ${action}`);
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
    origin: originOf(server),
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

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function setFaults(faults: object, wanted: object): void {
  for (const name of Object.keys(faults)) Reflect.deleteProperty(faults, name);
  Object.assign(faults, wanted);
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens has one
}
