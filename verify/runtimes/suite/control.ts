/** A request for a gateway: a subset of the gateway's options, as plain data. */
export interface GatewayRequest {
  readonly keys?: readonly { readonly key: string; readonly secret: string; readonly maxSymbols?: number }[];
  readonly channels?: readonly string[];
  readonly faults?: Faults;
  /** Offer compression. */
  readonly compress?: boolean;
  /** Use TLS, with a certificate that the platform is configured to trust. */
  readonly tls?: boolean;
  /** The number of trades that the feed sends as fast as they are read, from the first subscription on: ids from 0, symbol `POUR`. */
  readonly pour?: number;
  /**
   * Instead of a gateway: `silent`, a port that accepts connections and sends nothing; `recorder`, a
   * websocket server that accepts any credentials and records what it receives.
   */
  readonly kind?: "silent" | "recorder";
}

/** The faults of a gateway, by the names of its options. */
export interface Faults {
  readonly httpStatus?: number;
  readonly retryAfterS?: number;
  readonly isHalfOpen?: boolean;
  readonly cutAfterRecords?: number;
}

/** The events and counters of a gateway. */
export interface GatewayReport {
  readonly events: readonly { readonly type: string; readonly [key: string]: unknown }[];
  readonly stats: { readonly clients: number; readonly published: number };
}

/** The result of one case. */
export interface Outcome {
  readonly title: string;
  readonly result: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped; empty if it passed. */
  readonly detail: string;
}

/**
 * The suite's connection to the control server, over HTTP: gateways are opened there, because a browser
 * cannot open them, and results are collected there.
 */
export class Control {
  readonly #origin: string;

  /** @param origin Address of the control server, without a path. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Opens a gateway on its own port. */
  async open(request: GatewayRequest = {}): Promise<RemoteGateway> {
    const { id, url } = (await this.#request("/open", JSON.stringify(request))) as { id: number; url: string }; // as the server answers
    return {
      url,
      publish: async (frame) => void (await this.#request(`/${id}/publish`, frame)),
      setFaults: async (faults) => void (await this.#request(`/${id}/faults`, JSON.stringify(faults))),
      report: async () => (await this.#request(`/${id}/report`, "")) as GatewayReport, // as the server answers
      close: async () => void (await this.#request(`/${id}/close`, "")),
    };
  }

  /** Sends results; `isDone` with the last. */
  async sendResults(outcomes: readonly Outcome[], isDone: boolean): Promise<void> {
    await this.#request("/outcomes", JSON.stringify({ outcomes, isDone }));
  }

  async #request(path: string, body: string): Promise<unknown> {
    const response = await fetch(this.#origin + path, { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(`the control server answered ${path} with ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

/** A gateway in the process that started the suite. */
export interface RemoteGateway {
  /** The URL of its feed. */
  readonly url: string;
  /** Publishes the records of a frame at once: JSON with the keys of the wire. */
  publish(frame: string): Promise<void>;
  /** Replaces its faults. */
  setFaults(faults: Faults): Promise<void>;
  /** Returns its events and counters. */
  report(): Promise<GatewayReport>;
  /** Closes its connections normally, and then its port. */
  close(): Promise<void>;
}
