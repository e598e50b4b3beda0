import {
  type Clock,
  DataFeed,
  feedPath,
  SUBSCRIBABLE_CHANNELS,
  type SubscribableChannel,
  systemClock,
} from "@tickerplant/client";
import type { Codec } from "@tickerplant/client/wire";
import type { Feed } from "../feeds/feed.ts";
import { checkLimit, checkList, checkOptions, checkTimeout, type ExpectedOptions, kindOf } from "../option-checks.ts";
import { type Credential, hasOuterBlanks, Keyring, OAUTH_KEY, OUTER_BLANKS } from "./auth/keyring.ts";
import { isOriginAllowed, isWebOrigin, showOrigin } from "./auth/origin.ts";
import { ConnectedClient } from "./connected-client.ts";
import { FAULTS, type Faults } from "./faults.ts";
import { type Admission, type CloseCodes, type GatewaySessionOptions, POLICY_VIOLATION } from "./gateway-session.ts";
import { Hub, type UndeliveredError } from "./hub.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import type { GatewayConnection, GatewaySocket, HttpRejection, UpgradeRequest } from "./socket.ts";
import { codecOf, credentialsOf, pathOf, searchOf } from "./upgrade.ts";

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** Which feed each endpoint serves; one feed may serve several. */
  readonly feeds: { readonly [F in DataFeed]?: Feed };
  /** Who may connect. Default: anybody, with any key. */
  readonly keys?: readonly Credential[];
  /** Symbols of one connection, as the plan would limit them. Default: no limit. */
  readonly maxSymbols?: number;
  /** Connections of one key to one endpoint at a time. Default: no limit. */
  readonly maxConnections?: number;
  /**
   * Web sites whose pages may connect, such as `https://example.com`; others are refused with HTTP
   * 403. Programs that are no browsers are not concerned. Default: none.
   */
  readonly allowedOrigins?: readonly string[];
  /** Channels that the endpoints offer; others are refused with 410. Default: all. */
  readonly channels?: readonly SubscribableChannel[];
  /**
   * Bytes that may wait for one client before it is told 407 and cut off. Default 16 MiB: it should
   * be more than a feed publishes in one go.
   */
  readonly maxBufferedBytes?: number;
  /**
   * Start each feed when a client first subscribes to it, and when it has ended close that feed's
   * connections normally, once they have taken everything. Default false: connections stay open,
   * and feeds start with {@link Gateway.start}, those without a clock with the first subscription.
   */
  readonly once?: boolean;
  /** What the gateway does wrong on demand. Default: nothing. */
  readonly faults?: Faults;
  /** How the symbol limit counts; the sources disagree on what Alpaca does. Default `symbols`. */
  readonly symbolCount?: GatewaySessionOptions["symbolCount"];
  /** What happens to keys of a request that name no channel; undocumented. Default `ignore`. */
  readonly unknownChannels?: GatewaySessionOptions["unknownChannels"];
  /** Close codes of the websocket; undocumented. Default 1008, policy violation. */
  readonly closeCodes?: Partial<CloseCodes>;
  /** Called with what happens, for logs. What it throws becomes a warning of the process. Default: nobody is. */
  readonly onEvent?: (event: GatewayEvent) => void;
  /** Time; for tests. Default: the platform's. */
  readonly clock?: Clock;
}

/** What happens at a gateway. `client` counts connections from 1. */
export type GatewayEvent =
  | {
      readonly type: "connected";
      readonly client: number;
      readonly feed: DataFeed;
      readonly codec: Codec;
      /** The client's address, where the socket's owner told it. */
      readonly address?: string;
    }
  /** A page of another web site was refused: see `GatewayOptions.allowedOrigins`. */
  | { readonly type: "originRefused"; readonly origin: string }
  | { readonly type: "authenticated"; readonly client: number; readonly key: string }
  /** Credentials were rejected. `hint` says what may be wrong with them, and shows nothing of them. */
  | { readonly type: "refused"; readonly client: number; readonly error: number; readonly hint?: string }
  | { readonly type: "subscribed" | "unsubscribed"; readonly client: number; readonly symbolCount: number }
  | { readonly type: "slow"; readonly client: number; readonly bufferedBytes: number }
  /** The gateway failed on what a client sent: a bug of ours. The client is told 500 and closed. */
  | { readonly type: "failed"; readonly client: number; readonly error: unknown }
  | {
      readonly type: "left";
      readonly client: number;
      readonly reason: string;
      /**
       * Bytes that it was to have and did not take, at most: what waited for it, and what the network
       * took and the client did not show to have read. Absent if there are none.
       */
      readonly untakenBytes?: number;
    }
  | { readonly type: "feedEnded"; readonly feeds: readonly DataFeed[]; readonly error: unknown };

/** Counters of a gateway. */
export interface GatewayStats {
  /** Open connections. */
  readonly clients: number;
  /** Records that feeds published. */
  readonly published: number;
  /** Records handed to clients. */
  readonly delivered: number;
}

interface Endpoint {
  readonly feed: DataFeed;
  readonly hub: Hub;
  /** Open connections by key; a key without any is not there. */
  readonly connections: Map<string, number>;
}

const OPTIONS: ExpectedOptions<Omit<GatewayOptions, "keys">> = {
  feeds: "checked",
  maxSymbols: "checked",
  maxConnections: "checked",
  allowedOrigins: "array",
  channels: "checked",
  maxBufferedBytes: "checked",
  once: "boolean",
  faults: "object",
  symbolCount: ["symbols", "subscriptions"],
  unknownChannels: ["ignore", "refuse"],
  closeCodes: "object",
  onEvent: "function",
  clock: "object",
};

const CLOSE_CODES: ExpectedOptions<CloseCodes> = { authTimeout: "number", slowClient: "number" };

/** A server of the protocol. It accepts sockets and owns no listener; `listen` ties it to one. */
export class Gateway {
  /** What it does wrong on demand; may be changed at any time. */
  readonly faults: Faults;
  readonly #options: Omit<GatewayOptions, "keys">;
  readonly #keyring: Keyring;
  readonly #clock: Clock;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #hubs = new Map<Feed, Hub>();
  readonly #clients = new Set<ConnectedClient>();
  readonly #allowedOrigins: ReadonlySet<string>;
  #clientCount = 0;
  #unauthenticatedCount = 0;
  #started: Promise<void> | undefined;
  #isClosed = false;

  /**
   * @throws TypeError or RangeError for options that make no sense.
   */
  constructor({ keys, ...options }: GatewayOptions) {
    checkOptions("createGateway", options, OPTIONS);
    checkFeeds(options.feeds);
    if (options.channels !== undefined) checkList("channels", options.channels, SUBSCRIBABLE_CHANNELS);
    if (options.closeCodes !== undefined) checkOptions("closeCodes", options.closeCodes, CLOSE_CODES);
    if (options.faults !== undefined) checkOptions("faults", options.faults, FAULTS);
    this.#options = options; // without the secrets
    for (const name of ["maxSymbols", "maxConnections", "maxBufferedBytes"] as const) checkLimit(name, options[name]);
    const { once = false, allowedOrigins = [] } = options;
    const wrong = allowedOrigins.find((origin) => !isWebOrigin(origin));
    if (wrong !== undefined)
      throw new TypeError(`allowedOrigins takes origins such as https://example.com, got ${JSON.stringify(wrong)}`);
    this.#allowedOrigins = new Set(allowedOrigins);
    this.#keyring = new Keyring(keys);
    this.#clock = options.clock ?? systemClock;
    this.faults = options.faults ?? {};
    for (const feed of Object.values(DataFeed)) {
      const source = options.feeds[feed];
      if (source === undefined) continue;
      const hub =
        this.#hubs.get(source) ??
        new Hub(source, this.#clock, this.faults, { startsAtSubscription: once || !source.paced, isOnce: once });
      this.#hubs.set(source, hub);
      this.#endpoints.set(`/${feedPath(feed)}`, { feed, hub, connections: new Map() });
    }
    if (this.#endpoints.size === 0)
      throw new TypeError("a gateway needs at least one feed, such as { iex: simulator() }");
  }

  /** The paths that it serves, such as `/v2/iex`. */
  get paths(): readonly string[] {
    return [...this.#endpoints.keys()];
  }

  /** Counters since it was made. */
  get stats(): GatewayStats {
    const stats = { clients: this.#clients.size, published: 0, delivered: 0 };
    for (const { fanOut } of this.#hubs.values()) {
      stats.published += fanOut.published;
      stats.delivered += fanOut.delivered;
    }
    return stats;
  }

  /**
   * Starts the feeds. Resolves when all have ended and, with `once`, their connections are gone.
   * Rejects as soon as a feed fails; its clients are sent 500 and closed, the other feeds go on. With
   * `once` it also rejects, with an {@link UndeliveredError}, when no client took a feed to its end.
   */
  start(): Promise<void> {
    this.#started ??= this.#run();
    return this.#started;
  }

  /** The HTTP status with which an upgrade is to be refused, before it is accepted. */
  refusal(request: UpgradeRequest): HttpRejection | undefined {
    if (this.#isClosed) return { status: 503 };
    const { httpStatus, retryAfterS } = this.faults;
    if (httpStatus !== undefined)
      return retryAfterS === undefined ? { status: httpStatus } : { status: httpStatus, retryAfterS };
    if (!this.#endpoints.has(pathOf(request.url))) return { status: 404 };
    if (!isOriginAllowed(request, this.#allowedOrigins)) {
      this.#tell({ type: "originRefused", origin: showOrigin(request) });
      return { status: 403 };
    }
    if (this.#unauthenticatedCount >= GATEWAY_LIMITS.maxUnauthenticated)
      return { status: 503, retryAfterS: GATEWAY_LIMITS.authTimeoutMs / 1000 };
    return undefined;
  }

  /** Takes an open socket; the answer is what to tell about it. */
  accept(socket: GatewaySocket, request: UpgradeRequest): GatewayConnection {
    const endpoint = this.#endpoints.get(pathOf(request.url));
    if (endpoint === undefined) throw new RangeError("no feed at this path: ask `refusal` before accepting");
    const number = ++this.#clientCount;
    const codec = codecOf(request);
    let key: string | undefined;
    const client = new ConnectedClient(
      socket,
      {
        codec,
        channels: this.#options.channels ?? SUBSCRIBABLE_CHANNELS,
        symbolCount: this.#options.symbolCount ?? "symbols",
        unknownChannels: this.#options.unknownChannels ?? "ignore",
        closeCodes: { authTimeout: POLICY_VIOLATION, slowClient: POLICY_VIOLATION, ...this.#options.closeCodes },
        maxBufferedBytes: this.#options.maxBufferedBytes ?? GATEWAY_LIMITS.maxBufferedBytes,
        conflatesQuotes: searchOf(request).get("slow") === "conflate",
        admit: (claimed, secret) => {
          // Both stand for OAuth in clients that people use.
          const name = claimed === "access_token" ? OAUTH_KEY : claimed;
          const admission = this.#admit(endpoint, name, secret);
          if ("error" in admission) {
            const { error } = admission;
            const isBlank = error === 402 && (hasOuterBlanks(claimed) || hasOuterBlanks(secret));
            const hint = isBlank ? { hint: `the key or the secret ${OUTER_BLANKS}` } : {};
            this.#tell({ type: "refused", client: number, error, ...hint });
          } else {
            key = name;
            this.#unauthenticatedCount--;
            this.#tell({ type: "authenticated", client: number, key });
          }
          return admission;
        },
        refuseSubscribe: () => this.faults.subscribeError,
      },
      endpoint.hub.fanOut,
      this.#clock,
      this.faults,
      {
        subscribed: (subscriber, action, symbols) => {
          const symbolCount = Object.values(symbols).reduce((count, list = []) => count + list.length, 0);
          this.#tell({ type: `${action}d`, client: number, symbolCount });
          endpoint.hub.subscribed(subscriber);
        },
        slow: ({ bufferedBytes }) => this.#tell({ type: "slow", client: number, bufferedBytes }),
        failed: (error) => this.#tell({ type: "failed", client: number, error }),
        fellBehind: (behind) => endpoint.hub.fellBehind(behind),
        drained: () => endpoint.hub.drained(),
        left: (left, reason, untakenBytes) => {
          this.#clients.delete(left);
          if (key !== undefined) release(endpoint.connections, key);
          else this.#unauthenticatedCount--;
          this.#tell({ type: "left", client: number, reason, ...(untakenBytes > 0 && { untakenBytes }) });
          endpoint.hub.leave(left, reason, untakenBytes);
        },
      },
    );
    this.#clients.add(client);
    this.#unauthenticatedCount++;
    endpoint.hub.join(client);
    const address = request.remoteAddress === undefined ? {} : { address: request.remoteAddress };
    this.#tell({ type: "connected", client: number, feed: endpoint.feed, codec, ...address });
    client.open(credentialsOf(request));
    return client;
  }

  /**
   * Ends the feeds and closes every connection normally, after what was sent; new ones are refused.
   * Resolves when all are gone, after `timeoutMs` at most; a client that takes nothing for 30 seconds
   * is cut earlier. Default 60 seconds. Called again, it only sets another time.
   *
   * Rejects with a `RangeError` for a time that is no number from 0.
   */
  async close(timeoutMs: number = GATEWAY_LIMITS.drainTimeoutMs): Promise<void> {
    checkTimeout("close", timeoutMs);
    this.#isClosed = true;
    for (const hub of this.#hubs.values()) hub.stop();
    const clients = [...this.#clients];
    const limits = { stallMs: Math.min(GATEWAY_LIMITS.stallTimeoutMs, timeoutMs), totalMs: timeoutMs };
    for (const client of clients) client.dismiss("the gateway closes", limits);
    await Promise.all(clients.map((client) => client.gone));
  }

  async #run(): Promise<void> {
    const runs = [...this.#hubs.values()].map(async (hub) => {
      const feeds = [...this.#endpoints.values()].filter((endpoint) => endpoint.hub === hub).map(({ feed }) => feed);
      let error: unknown;
      try {
        await hub.run();
      } catch (failure) {
        error = failure ?? new Error("the feed failed without a reason");
        throw error;
      } finally {
        this.#tell({ type: "feedEnded", feeds, error });
      }
    });
    await Promise.all(runs);
  }

  #admit(endpoint: Endpoint, key: string, secret: string): Admission {
    const { authError } = this.faults;
    if (authError !== undefined) return { error: authError };
    const credential = this.#keyring.check(key, secret);
    if (credential === undefined) return { error: 402 };
    if (credential.feeds !== undefined && !credential.feeds.includes(endpoint.feed)) return { error: 409 };
    const open = endpoint.connections.get(key) ?? 0;
    const limit = credential.maxConnections ?? this.#options.maxConnections ?? Number.POSITIVE_INFINITY;
    if (open >= limit) return { error: 406 };
    endpoint.connections.set(key, open + 1);
    return { maxSymbols: credential.maxSymbols ?? this.#options.maxSymbols ?? Number.POSITIVE_INFINITY };
  }

  #tell(event: GatewayEvent): void {
    // A log that fails must not cost a client its connection, and must not be silent.
    const warn = (error: unknown): void => process.emitWarning(error instanceof Error ? error : String(error));
    try {
      const result: unknown = this.#options.onEvent?.(event);
      if (result instanceof Promise) result.catch(warn); // an async function is a valid `onEvent`, too
    } catch (error) {
      warn(error);
    }
  }
}

/** Makes a gateway; see {@link GatewayOptions}. */
export function createGateway(options: GatewayOptions): Gateway {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`createGateway needs options, such as { feeds: { iex: simulator() } }, got ${kindOf(options)}`);
  return new Gateway(options);
}

/** @throws TypeError for an unknown feed name, and for a value without `run`, such as `simulator` in place of `simulator()`. */
function checkFeeds(feeds: GatewayOptions["feeds"]): void {
  if (typeof feeds !== "object" || feeds === null)
    throw new TypeError(`feeds must be an object, such as { iex: simulator() }, got ${kindOf(feeds)}`);
  const names: readonly string[] = Object.values(DataFeed);
  for (const [name, feed] of Object.entries(feeds)) {
    if (!names.includes(name)) throw new TypeError(`there is no feed "${name}"; the feeds are ${names.join(", ")}`);
    if (feed !== undefined && typeof feed?.run !== "function")
      throw new TypeError(`feeds.${name} must be a feed, such as simulator(), got ${kindOf(feed)}`);
  }
}

function release(connections: Map<string, number>, key: string): void {
  const left = (connections.get(key) ?? 1) - 1;
  if (left > 0) connections.set(key, left);
  else connections.delete(key);
}
