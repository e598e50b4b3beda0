import { DataFeed, feedPath, type Runtime, systemRuntime } from "@tickerplant/client";
import { Codec, SUBSCRIBABLE_CHANNELS, type SubscribableChannel } from "@tickerplant/client/wire";
import type { Feed } from "../feeds/feed.ts";
import { Client } from "./client.ts";
import type { Faults } from "./faults.ts";
import type { Admission, GatewaySessionOptions } from "./gateway-session.ts";
import { Hub } from "./hub.ts";
import { type Credential, Keyring } from "./keyring.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import type { GatewayConnection, GatewaySocket, UpgradeRequest } from "./socket.ts";

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
  /** Channels that the endpoints offer; others are refused with 410. Default: all. */
  readonly channels?: readonly SubscribableChannel[];
  /** Bytes that may wait for one client before it is told 407 and cut off. Default 16 MiB. */
  readonly maxBufferedBytes?: number;
  /**
   * Start each feed when a client first subscribes to it, and close every connection normally when
   * all feeds have ended. Default false: feeds start with {@link Gateway.start}.
   */
  readonly once?: boolean;
  /** What the gateway does wrong on demand. Default: nothing. */
  readonly faults?: Faults;
  /** How the symbol limit counts; the sources disagree on what Alpaca does. Default `symbols`. */
  readonly symbolCount?: GatewaySessionOptions["symbolCount"];
  /** What happens to keys of a request that name no channel; undocumented. Default `ignore`. */
  readonly unknownChannels?: GatewaySessionOptions["unknownChannels"];
  /** Called with what happens, for logs. Default: nobody is. */
  readonly onEvent?: (event: GatewayEvent) => void;
  /** Time; for tests. Default: the platform's. */
  readonly runtime?: Runtime;
}

/** What happens at a gateway. `client` counts connections from 1. */
export type GatewayEvent =
  | { readonly type: "connected"; readonly client: number; readonly feed: DataFeed; readonly codec: Codec }
  | { readonly type: "authenticated"; readonly client: number; readonly key: string }
  | { readonly type: "refused"; readonly client: number; readonly error: number }
  | { readonly type: "subscribed" | "unsubscribed"; readonly client: number; readonly symbolCount: number }
  | { readonly type: "slow"; readonly client: number; readonly bufferedBytes: number }
  | { readonly type: "left"; readonly client: number; readonly reason: string }
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
  /** Open connections by key. */
  readonly connections: Map<string, number>;
}

/** A server of the protocol. It accepts sockets and owns no listener; `listen` ties it to one. */
export class Gateway {
  /** What it does wrong on demand; may be changed at any time. */
  readonly faults: Faults;
  readonly #options: GatewayOptions;
  readonly #keyring: Keyring;
  readonly #runtime: Runtime;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #hubs = new Map<Feed, Hub>();
  readonly #clients = new Set<Client>();
  #clientCount = 0;
  #started: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#keyring = new Keyring(options.keys);
    this.#runtime = options.runtime ?? systemRuntime;
    this.faults = options.faults ?? {};
    for (const feed of Object.values(DataFeed)) {
      const source = options.feeds[feed];
      if (source === undefined) continue;
      const hub = this.#hubs.get(source) ?? new Hub(source, this.#runtime);
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
   * Starts the feeds. Resolves when all have ended, and, with `once`, every connection is being
   * closed. Rejects with the first feed that failed.
   */
  start(): Promise<void> {
    this.#started ??= this.#run();
    return this.#started;
  }

  /** The HTTP status with which an upgrade is to be refused, before it is accepted. */
  refusal(request: UpgradeRequest): { status: number; retryAfterS?: number } | undefined {
    const { httpStatus, retryAfterS } = this.faults;
    if (httpStatus !== undefined)
      return retryAfterS === undefined ? { status: httpStatus } : { status: httpStatus, retryAfterS };
    return this.#endpoints.has(pathOf(request)) ? undefined : { status: 404 };
  }

  /** Takes an open socket; the answer is what to tell about it. */
  accept(socket: GatewaySocket, request: UpgradeRequest): GatewayConnection {
    const endpoint = this.#endpoints.get(pathOf(request));
    if (endpoint === undefined) throw new RangeError("no feed at this path: ask `refusal` before accepting");
    const number = ++this.#clientCount;
    const codec = codecOf(request);
    let key: string | undefined;
    const client = new Client(
      socket,
      {
        codec,
        channels: this.#options.channels ?? SUBSCRIBABLE_CHANNELS,
        symbolCount: this.#options.symbolCount ?? "symbols",
        unknownChannels: this.#options.unknownChannels ?? "ignore",
        maxBufferedBytes: this.#options.maxBufferedBytes ?? GATEWAY_LIMITS.maxBufferedBytes,
        conflatesQuotes: searchOf(request).get("slow") === "conflate",
        admit: (claimed, secret) => {
          const admission = this.#admit(endpoint, claimed, secret);
          if ("error" in admission) this.#tell({ type: "refused", client: number, error: admission.error });
          else {
            key = claimed;
            this.#tell({ type: "authenticated", client: number, key });
          }
          return admission;
        },
        refuseSubscribe: () => this.faults.subscribeError,
      },
      endpoint.hub.fanOut,
      this.#runtime,
      this.faults,
      {
        subscribed: (_client, action, symbols) => {
          const symbolCount = Object.values(symbols).reduce((count, list) => count + list.length, 0);
          this.#tell({ type: `${action}d`, client: number, symbolCount });
          endpoint.hub.subscribed();
        },
        slow: ({ bufferedBytes }) => this.#tell({ type: "slow", client: number, bufferedBytes }),
        drained: () => endpoint.hub.drained(),
        left: (left, reason) => {
          this.#clients.delete(left);
          endpoint.hub.leave(left);
          if (key !== undefined) endpoint.connections.set(key, (endpoint.connections.get(key) ?? 1) - 1);
          this.#tell({ type: "left", client: number, reason });
        },
      },
    );
    this.#clients.add(client);
    endpoint.hub.join(client);
    this.#tell({ type: "connected", client: number, feed: endpoint.feed, codec });
    client.open(credentialsOf(request));
    return client;
  }

  /** Ends the feeds and closes every connection normally, after what was sent. */
  close(): void {
    for (const hub of this.#hubs.values()) hub.stop();
    for (const client of [...this.#clients]) client.close(1000, "the gateway closes");
  }

  async #run(): Promise<void> {
    const once = this.#options.once ?? false;
    const runs = [...this.#hubs].map(async ([source, hub]) => {
      const feeds = [...this.#endpoints.values()].filter((endpoint) => endpoint.hub === hub).map(({ feed }) => feed);
      let error: unknown;
      try {
        await hub.run(once || !source.paced);
      } catch (failure) {
        error = failure ?? new Error("the feed failed without a reason");
        throw error;
      } finally {
        this.#tell({ type: "feedEnded", feeds, error });
      }
    });
    try {
      await Promise.all(runs);
    } finally {
      if (once) this.close();
    }
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
    this.#options.onEvent?.(event);
  }
}

/** Makes a gateway; see {@link GatewayOptions}. */
export function createGateway(options: GatewayOptions): Gateway {
  return new Gateway(options);
}

function pathOf({ url }: UpgradeRequest): string {
  const path = url.split("?", 1)[0] ?? "";
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function searchOf({ url }: UpgradeRequest): URLSearchParams {
  return new URLSearchParams(url.split("?").slice(1).join("?"));
}

/** The codec that the client asks for; JSON without a word. Source: docs.alpaca.markets/docs/streaming-market-data. */
function codecOf({ headers }: UpgradeRequest): Codec {
  return String(headers["content-type"] ?? "").includes("msgpack") ? Codec.MSGPACK : Codec.JSON;
}

/** Credentials in headers: Alpaca's own pair, `Basic` (brokers) or `Bearer` (OAuth, as the key "oauth"). */
function credentialsOf({ headers }: UpgradeRequest): { key: string; secret: string } | undefined {
  const key = headers["apca-api-key-id"];
  const secret = headers["apca-api-secret-key"];
  if (typeof key === "string" && typeof secret === "string") return { key, secret };
  const [scheme, value] = String(headers["authorization"] ?? "").split(" ");
  if (value === undefined) return undefined;
  if (scheme?.toLowerCase() === "bearer") return { key: "oauth", secret: value };
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(value, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { key: text.slice(0, colon), secret: text.slice(colon + 1) };
}
