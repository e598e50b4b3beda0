import { type StatusEvent, StockDataStream, type StockDataStreamOptions, type StreamError } from "@tickerplant/client";
import { connector } from "@tickerplant/client/transport";
import type { Control, GatewayRequest, Outcome, RemoteGateway } from "./control.ts";
import { within } from "./expect.ts";
import { Inbox } from "./inbox.ts";

/** One behaviour: a sentence, and the test of it. */
export interface Case {
  readonly title: string;
  run(setup: Setup): Promise<void>;
  /** Why this platform does not have it; undefined if it has. */
  readonly skipped: string | undefined;
}

/** Returns a case. */
export function behaviour(title: string, run: (setup: Setup) => Promise<void>, skipped?: string): Case {
  return { title, run, skipped };
}

/** True if the platform's own sockets are used: no headers, no pings, no pauses. */
export const isWebSocket: boolean = !connector.setsHeaders;

/** Returns why the platform's own sockets lack a behaviour, for the last argument of {@link behaviour}. */
export function unlessWebSocket(reason: string): string | undefined {
  return isWebSocket ? `the global WebSocket ${reason}` : undefined;
}

/** A stream under test, and its events. */
export interface Subject {
  readonly stream: StockDataStream;
  readonly statuses: Inbox<StatusEvent>;
  readonly errors: Inbox<StreamError>;
}

/** Opens gateways and streams for a case, and closes them after it. */
export class Setup {
  readonly #control: Control;
  readonly #gateways: RemoteGateway[] = [];
  readonly #streams: { close(): Promise<void> }[] = [];

  constructor(control: Control) {
    this.#control = control;
  }

  /** Opens a gateway. */
  async gateway(request: GatewayRequest = {}): Promise<RemoteGateway> {
    const gateway = await this.#control.open(request);
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Returns a stream to a gateway, which reconnects at once and without a limit. */
  subject(gateway: RemoteGateway, options: StockDataStreamOptions = {}): Subject {
    const stream = new StockDataStream({
      apiKey: "key",
      secretKey: "secret",
      urlOverride: gateway.url,
      reconnect: { initialDelayMs: 10 },
      ...options,
    });
    const statuses = new Inbox<StatusEvent>();
    const errors = new Inbox<StreamError>();
    stream.on("status", statuses.push);
    stream.on("error", errors.push);
    this.#streams.push(stream);
    return { stream, statuses, errors };
  }

  /** Closes all gateways and streams. */
  async close(): Promise<void> {
    for (const stream of this.#streams) await stream.close();
    for (const gateway of this.#gateways) await gateway.close();
  }
}

/** Time limit of one case; the longest takes a few seconds. */
const CASE_TIMEOUT_MS = 20_000;

/** Runs cases one after the other and sends the result of each. */
export async function runCases(cases: readonly Case[], control: Control): Promise<void> {
  for (const { title, run, skipped } of cases) {
    if (skipped !== undefined) {
      await control.sendResults([{ title, result: "skipped", detail: skipped }], false);
      continue;
    }
    const setup = new Setup(control);
    let outcome: Outcome = { title, result: "passed", detail: "" };
    try {
      await within(CASE_TIMEOUT_MS, run(setup), "the case");
      await within(CASE_TIMEOUT_MS, setup.close(), "the close of its gateways and streams");
    } catch (error) {
      outcome = {
        title,
        result: "failed",
        detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
      setup.close().catch(() => {}); // the case has failed already
    }
    await control.sendResults([outcome], false);
  }
  await control.sendResults([], true);
}
