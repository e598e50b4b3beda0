/** What a gateway of the suite is asked to be. A subset of the gateway's own options, as plain data. */
export interface GatewayRequest {
  readonly keys?: readonly { readonly key: string; readonly secret: string; readonly maxSymbols?: number }[];
  readonly channels?: readonly string[];
  readonly faults?: Faults;
  /** Offer compression. */
  readonly compress?: boolean;
  /** Speak TLS, with a certificate that the runtime was told to trust. */
  readonly tls?: boolean;
  /** Trades that the feed sends as fast as they are read, from the first subscription on: ids from 0, symbol `POUR`. */
  readonly pour?: number;
  /**
   * Instead of a gateway: `silent`, a port that accepts and never says a word; `scribe`, a websocket
   * that takes any credentials and writes down what it gets.
   */
  readonly kind?: "silent" | "scribe";
}

/** What a gateway does wrong; the names are the gateway's. */
export interface Faults {
  readonly httpStatus?: number;
  readonly retryAfterS?: number;
  readonly isHalfOpen?: boolean;
  readonly cutAfterRecords?: number;
}

/** What a gateway has seen. */
export interface GatewayReport {
  readonly events: readonly { readonly type: string; readonly [key: string]: unknown }[];
  readonly stats: { readonly clients: number; readonly published: number };
}

/** What became of one case. */
export interface Outcome {
  readonly title: string;
  readonly result: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped; "" for what passed. */
  readonly detail: string;
}

/**
 * The suite's line to the process that started it, over HTTP: gateways are made there, because a
 * browser cannot, and results are handed in there.
 */
export class Control {
  readonly #origin: string;

  /** @param origin Address of the control server, without a path. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Opens a gateway on a port of its own. */
  async open(request: GatewayRequest = {}): Promise<RemoteGateway> {
    const { id, url } = (await this.#ask("/open", JSON.stringify(request))) as { id: number; url: string }; // ours
    return {
      url,
      publish: async (frame) => void (await this.#ask(`/${id}/publish`, frame)),
      setFaults: async (faults) => void (await this.#ask(`/${id}/faults`, JSON.stringify(faults))),
      report: async () => (await this.#ask(`/${id}/report`, "")) as GatewayReport, // as the server answers
      close: async () => void (await this.#ask(`/${id}/close`, "")),
    };
  }

  /** Hands in results; `isDone` with the last. */
  async handIn(outcomes: readonly Outcome[], isDone: boolean): Promise<void> {
    await this.#ask("/outcomes", JSON.stringify({ outcomes, isDone }));
  }

  async #ask(path: string, body: string): Promise<unknown> {
    const response = await fetch(this.#origin + path, { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(`the control server answered ${path} with ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

/** A gateway in the process that started the suite. */
export interface RemoteGateway {
  /** The address of its feed. */
  readonly url: string;
  /** Publishes a frame of records in one go: JSON, in the wire's names. */
  publish(frame: string): Promise<void>;
  /** Sets what it does wrong, in place of what it did. */
  setFaults(faults: Faults): Promise<void>;
  /** What it has seen. */
  report(): Promise<GatewayReport>;
  /** Closes its connections normally, and its port. */
  close(): Promise<void>;
}
