import type { Codec, StreamError } from "../../wire/index.ts";

/** One websocket, as the client needs it. */
export interface Transport {
  /** Sends a frame: binary for msgpack, text for JSON. Ignored when the socket is not open. */
  send(frame: Uint8Array, codec: Codec): void;
  /** Sends a ping; the peer's pong arrives as an event. */
  ping(): void;
  /** Stops reading from the socket, so that the sender has to wait. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Closes with a close code; the socket is gone within `LIMITS.closeTimeoutMs` even if the peer is dead. */
  close(code: number, reason: string): void;
}

/** What happens on a websocket. None of it happens within a call to the transport. */
export interface TransportEvents {
  /** The websocket handshake succeeded. */
  opened(): void;
  /** A frame came in; the bytes are good during the call only. */
  frame(bytes: Uint8Array): void;
  /** A pong came in. */
  pong(): void;
  /**
   * The connection is over; the last event. It comes when the cause is known, and does not wait for
   * a peer that leaves TCP open. `error` says why, unless the peer closed it properly.
   */
  closed(code: number, reason: string, error: StreamError | undefined): void;
}

/** Where to connect to, and how. */
export interface ConnectRequest {
  readonly url: string;
  /** Headers of the upgrade; only where the connector sets headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The user's own parameters for the platform's websocket. */
  readonly websocketParams: Readonly<Record<string, unknown>>;
}

/** Opens websockets on one platform. */
export interface Connector {
  /** Whether upgrade headers can be set; without them the codec is JSON. */
  readonly setsHeaders: boolean;
  /** Whether pings can be sent. */
  readonly pings: boolean;
  /** Whether reading can be paused. */
  readonly pauses: boolean;
  /** Opens a websocket. Failures arrive as the event `closed`. */
  connect(request: ConnectRequest, events: TransportEvents): Transport;
}
