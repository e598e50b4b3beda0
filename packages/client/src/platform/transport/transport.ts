import type { Codec, StreamError } from "../../wire/index.ts";

/** One websocket, as the client needs it. */
export interface Transport {
  /** Sends a frame: binary for msgpack, text for JSON. Ignored when the socket is not open. */
  send(frame: Uint8Array, codec: Codec): void;
  /** Sends a ping; the pong arrives as an event. */
  ping(): void;
  /** Stops reading from the socket, which makes the sender wait. */
  pause(): void;
  /** Resumes reading. */
  resume(): void;
  /** Closes with a close code; the socket is gone within `LIMITS.closeTimeoutMs` even if the peer is dead. */
  close(code: number, reason: string): void;
}

/** Events of a websocket. None is emitted during a call to the transport. */
export interface TransportEvents {
  /** The websocket handshake succeeded. */
  opened(): void;
  /** A frame arrived. The bytes are valid during the call only. */
  frame(bytes: Uint8Array): void;
  /** A pong arrived. */
  pong(): void;
  /**
   * The connection has ended; the last event. Emitted as soon as the cause is known, even if the peer
   * leaves TCP open. `error` is undefined if the peer closed normally.
   */
  closed(code: number, reason: string, error: StreamError | undefined): void;
}

/** Where to connect to, and how. */
export interface ConnectRequest {
  readonly url: string;
  /** Headers of the upgrade request. Ignored by connectors that cannot set headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The user's parameters for the platform's websocket. */
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
  /** Opens a websocket. Failures are reported by the event `closed`. */
  connect(request: ConnectRequest, events: TransportEvents): Transport;
}
