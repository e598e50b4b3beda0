/** A client of the gateway. */
export interface GatewayClient {
  /** The name of its key. */
  readonly name: string;
  readonly feed: string;
  readonly codec: string;
  /** Symbols that it has subscribed to; `*` for all. */
  readonly symbols: number | "*";
  readonly recordsPerSecond: number | undefined;
  readonly bytesWaiting: number;
  /** How long it has been slow, in milliseconds; undefined while it keeps up. */
  readonly slowForMs: number | undefined;
  readonly connectedForMs: number;
}

/** A source of the gateway. */
export interface GatewayUpstream {
  readonly feed: string;
  /** What it is in words: `connected`, `reconnecting`, `simulated`. */
  readonly state: string;
  readonly isConnected: boolean;
  readonly connectedForMs: number | undefined;
  readonly recordsPerSecond: number | undefined;
  readonly lagP50Ms: number | undefined;
}

/** Labels and values of a part of the gateway, such as its recorder, as its status reports them. */
export interface GatewayPart {
  readonly title: string;
  readonly note: string;
  readonly facts: readonly (readonly [label: string, value: string, isAlarm?: boolean])[];
}

/** What the tab Gateway shows. */
export interface GatewayView {
  readonly clients: readonly GatewayClient[];
  /** Bytes waiting at which the gateway closes a client. */
  readonly maxBytesWaiting: number;
  readonly recordsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Clients closed as slow since the gateway started. */
  readonly closedAsSlow: number;
  readonly upstreams: readonly GatewayUpstream[];
  readonly parts: readonly GatewayPart[];
}

/** Why there is no view. */
export const GatewayAbsence = {
  /** The status has not arrived yet. */
  LOADING: "loading",
  /** The server has no status: Alpaca's own, or an older gateway. */
  UNSUPPORTED: "unsupported",
  /** The key may not read the status. */
  FORBIDDEN: "forbidden",
  /** The gateway does not answer. */
  UNREACHABLE: "unreachable",
} as const;

/** One of the values of {@link GatewayAbsence}. */
export type GatewayAbsence = (typeof GatewayAbsence)[keyof typeof GatewayAbsence];
