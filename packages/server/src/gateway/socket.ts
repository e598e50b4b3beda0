/** An open websocket as the gateway needs it; an adapter ties it to a library. Its methods do not throw. */
export interface GatewaySocket {
  /** Sends one frame; calls `done` once the network has taken it, or will never. */
  send(frame: Uint8Array, isBinary: boolean, done: () => void): void;
  /** Sends the beginning of a frame and cuts the connection, for `Faults.cutAfterRecords`. */
  cutWithin(frame: Uint8Array, isBinary: boolean): void;
  /**
   * Closes with a close code after what was sent, and cuts the connection if the client has not
   * answered within `timeoutMs`. Called again, it only sets another time.
   */
  close(code: number, reason: string, timeoutMs: number): void;
}

/** What the gateway wants to know of an upgrade. */
export interface UpgradeRequest {
  /** Path and query of the request, such as `/v2/iex`. */
  readonly url: string;
  /** Headers by their names in lower case. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The client's address, for events. */
  readonly remoteAddress?: string;
}

/** What the socket's owner tells the gateway about an accepted socket. */
export interface GatewayConnection {
  /** Whether its client has authenticated. Until then whoever reads the socket should take little. */
  readonly isAuthenticated: boolean;
  /** A frame came in. The bytes are read during the call only. */
  receive(frame: Uint8Array): void;
  /** The socket is gone. */
  closed(): void;
}
