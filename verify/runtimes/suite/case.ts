import { type StatusEvent, StockDataStream, type StockDataStreamOptions, type StreamError } from "@tickerplant/client";
import { connector } from "@tickerplant/client/transport";
import type { Control, GatewayRequest, Outcome, RemoteGateway } from "./control.ts";
import { within } from "./expect.ts";
import { Inbox } from "./inbox.ts";

/** One behaviour: a sentence, and what shows it. */
export interface Case {
  readonly title: string;
  run(bench: Bench): Promise<void>;
  /** Why this runtime cannot show it; undefined where it can. */
  readonly skipped: string | undefined;
}

/** Makes a case. */
export function behaviour(title: string, run: (bench: Bench) => Promise<void>, skipped?: string): Case {
  return { title, run, skipped };
}

/** Whether sockets are the platform's own: no headers, no pings, no pauses. */
export const isWebSocket: boolean = !connector.setsHeaders;

/** Why the platform's own sockets cannot show a behaviour, for the last argument of {@link behaviour}. */
export function unlessWebSocket(reason: string): string | undefined {
  return isWebSocket ? `the global WebSocket ${reason}` : undefined;
}

/** A stream under test, and what it told. */
export interface Subject {
  readonly stream: StockDataStream;
  readonly statuses: Inbox<StatusEvent>;
  readonly errors: Inbox<StreamError>;
}

/** Where a case gets its gateways and streams from; what it opened is closed after it. */
export class Bench {
  readonly #control: Control;
  readonly #gateways: RemoteGateway[] = [];
  readonly #streams: { close(): Promise<void> }[] = [];

  constructor(control: Control) {
    this.#control = control;
  }

  /** A gateway of the case's own. */
  async gateway(request: GatewayRequest = {}): Promise<RemoteGateway> {
    const gateway = await this.#control.open(request);
    this.#gateways.push(gateway);
    return gateway;
  }

  /** A stream to a gateway, that reconnects at once and does not give up. */
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
    stream.on("status", statuses.take);
    stream.on("error", errors.take);
    this.#streams.push(stream);
    return { stream, statuses, errors };
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const stream of this.#streams) await stream.close();
    for (const gateway of this.#gateways) await gateway.close();
  }
}

/** Longest time for one case; the longest takes a few seconds. */
const CASE_TIMEOUT_MS = 20_000;

/** Runs cases one after the other and hands in what became of each. */
export async function runCases(cases: readonly Case[], control: Control): Promise<void> {
  for (const { title, run, skipped } of cases) {
    if (skipped !== undefined) {
      await control.handIn([{ title, result: "skipped", detail: skipped }], false);
      continue;
    }
    const bench = new Bench(control);
    let outcome: Outcome = { title, result: "passed", detail: "" };
    try {
      await within(CASE_TIMEOUT_MS, run(bench), "the case");
      await within(CASE_TIMEOUT_MS, bench.close(), "closing what the case opened");
    } catch (error) {
      outcome = {
        title,
        result: "failed",
        detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
      bench.close().catch(() => {}); // the case has failed already
    }
    await control.handIn([outcome], false);
  }
  await control.handIn([], true);
}
