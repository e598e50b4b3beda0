/** An open websocket as the gateway needs it; an adapter ties it to a library. Its methods do not throw. */
export interface GatewaySocket {
  /** Sends one frame; calls `done` once the network has accepted it, and never if it will not. */
  send(frame: Uint8Array, isBinary: boolean, done: () => void): void;
  /** Sends the beginning of a frame and cuts the connection, for `Faults.cutAfterRecords`. */
  cutWithin(frame: Uint8Array, isBinary: boolean): void;
  /** Closes with a close code after what was sent, within limits. Called again, it only sets other limits. */
  close(code: number, reason: string, limits: CloseLimits): void;
}

/**
 * The time for a client that is closed to read what was sent and to answer the close; afterwards the
 * connection is cut. Only reading and the answer count as progress.
 */
export interface CloseLimits {
  /** For a client that reads nothing. */
  readonly stallMs: number;
  /** In total, for a client that reads. May be infinite. */
  readonly totalMs: number;
}

/** How a connection ended. */
export interface SocketEnd {
  /** What ended it, for logs: nothing that the client wrote. */
  readonly reason: string;
  /** Bytes that the network accepted and that the client may not have read, at most. */
  readonly unreadBytes: number;
}

/** What the gateway needs of an upgrade's request. */
export interface UpgradeRequest {
  /** Path and query of the request, such as `/v2/iex`. */
  readonly url: string;
  /** Headers by their names in lower case. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The client's address, for events. */
  readonly remoteAddress?: string;
}

/** How a request is rejected. */
export interface HttpRejection {
  /** The HTTP status. */
  readonly status: number;
  /** Seconds after which it may be tried again, for the header `Retry-After`. */
  readonly retryAfterS?: number;
}

/** What the socket's owner reports to the gateway about an accepted socket. */
export interface GatewayConnection {
  /** Whether its client has authenticated. Until then the socket's owner should accept few bytes. */
  readonly isAuthenticated: boolean;
  /** Handles a frame. The bytes are read during the call only. */
  receive(frame: Uint8Array): void;
  /**
   * The connection has ended.
   *
   * @defaultValue `end`: the client closed it, or answered a close, and had read everything
   */
  closed(end?: SocketEnd): void;
}
