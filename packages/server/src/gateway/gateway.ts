/// <reference lib="esnext.disposable" preserve="true" />
// The declarations use Symbol.asyncDispose, which the `lib` of a user may lack.
import { type Clock, systemClock, VERSION } from "@tickerplant/client";
import type { WritableSchema } from "@tickerplant/client/wire";
import type { Feed } from "../feeds/feed.ts";
import type { RecordSink } from "../feeds/record-sink.ts";
import { checkOptions, checkTimeout } from "../option-checks.ts";
import { type Entitlement, hasOuterBlanks, type KeyChange, Keyring, OAUTH_KEY, OUTER_BLANKS } from "./auth/keyring.ts";
import { isOriginAllowed, showOrigin } from "./auth/origin.ts";
import { type ClientEvents, type ClientOptions, ConnectedClient } from "./connected-client.ts";
import { Endpoint, type EndpointOptions, type EndpointStatus } from "./endpoint.ts";
import type { Faults } from "./faults.ts";
import { feedReport } from "./feed-report.ts";
import { emit, type GatewayEvent, type GatewayStats } from "./gateway-events.ts";
import type { ClientReport, FeedReport, GatewayReport } from "./gateway-report.ts";
import { type Admission, POLICY_VIOLATION } from "./gateway-session.ts";
import {
  CHANGEABLE_SETTINGS,
  type ChangeableSettings,
  checkSettings,
  type GatewaySettings,
} from "./gateway-settings.ts";
import type { HttpMethods } from "./http-route.ts";
import { Hub, type HubOptions } from "./hub.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import type { GatewayConnection, GatewaySocket, HttpRejection, UpgradeRequest } from "./socket.ts";
import { codecFromHeaders, credentialsFromHeaders, pathOf, searchOf } from "./upgrade.ts";

/** A server of the protocol. It accepts sockets and owns no listener; `listen` ties it to one. */
export class Gateway {
  /** What it does wrong on demand; may be changed at any time. */
  readonly faults: Faults;
  /** The keys that may connect; changes take effect at once. */
  readonly keyring: Keyring;
  #settings: Omit<GatewaySettings, "keys">;
  readonly #clock: Clock;
  /** By path. */
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #hubs = new Map<Feed, Hub>();
  readonly #clients = new Map<ConnectedClient, Connection>();
  #allowedOrigins: ReadonlySet<string>;
  readonly #httpRoutes = new Map<string, HttpMethods>();
  readonly #startedAt: string;
  readonly #startedAtMs: number;
  /** Errors that clients were sent, by number. */
  readonly #rejections: Record<string, number> = {};
  /** Rejected HTTP requests by status. */
  readonly #httpRejections: Record<string, number> = {};
  #clientCount = 0;
  #unauthenticatedCount = 0;
  #started: Promise<void> | undefined;
  #isClosed = false;

  /**
   * `feedNames` are the names that entitlements may use, whether or not the gateway serves them.
   *
   * @throws TypeError or RangeError for settings that make no sense.
   */
  constructor(
    endpoints: readonly EndpointOptions[],
    feedNames: readonly string[],
    { keys, ...settings }: GatewaySettings,
  ) {
    checkSettings(settings);
    this.#settings = settings; // without the secrets
    this.#allowedOrigins = new Set(settings.allowedOrigins);
    this.keyring = new Keyring(keys, feedNames, (change) => this.#keyChanged(change));
    this.#clock = settings.clock ?? systemClock;
    this.#startedAt = new Date(this.#clock.now()).toISOString();
    this.#startedAtMs = this.#clock.monotonic();
    this.faults = settings.faults ?? {};
    for (const options of endpoints) {
      if (this.#endpoints.has(options.path)) throw new TypeError(`two endpoints have the path ${options.path}`);
      this.#endpoints.set(options.path, new Endpoint(options, this.#hubFor(options)));
    }
  }

  /** The paths that it serves, such as `/v2/iex`. */
  get paths(): readonly string[] {
    return [...this.#endpoints.keys()];
  }

  /**
   * Changes settings, for new connections. What is not given stays as it is.
   *
   * @throws TypeError or RangeError for settings that make no sense; nothing has changed then.
   */
  change(settings: ChangeableSettings): void {
    checkOptions("change", settings, CHANGEABLE_SETTINGS);
    checkSettings(settings);
    this.#settings = { ...this.#settings, ...settings };
    this.#allowedOrigins = new Set(this.#settings.allowedOrigins);
  }

  /** Its endpoints, and the state of their feeds. */
  get endpoints(): readonly EndpointStatus[] {
    return [...this.#endpoints].map(([path, { name, hub }]) => {
      const { state, source, sourceDetail, problem, sinkProblem } = hub;
      const problems = { ...(problem !== undefined && { problem }), ...(sinkProblem !== undefined && { sinkProblem }) };
      const sources = { ...(source !== undefined && { source }), ...(sourceDetail !== undefined && { sourceDetail }) };
      return { path, feed: name, state, ...sources, ...problems };
    });
  }

  /**
   * Returns what it does and what it has counted since it was made, as `/status.json` shows it. With `feeds`, which are
   * names of endpoints, those of others and their clients are left out.
   */
  report(feeds?: readonly string[]): GatewayReport {
    const clients = [...this.#clients].filter(([, { endpoint }]) => feeds?.includes(endpoint.name) ?? true);
    const slowestFirst = clients.toSorted(([one], [other]) => other.bufferedBytes - one.bufferedBytes);
    return {
      version: VERSION,
      startedAt: this.#startedAt,
      uptimeMs: this.#clock.monotonic() - this.#startedAtMs,
      feeds: this.#feedReports(feeds),
      clients: slowestFirst.slice(0, GATEWAY_LIMITS.maxReportedClients).map((entry) => this.#clientReport(...entry)),
      clientCount: clients.length,
      maxWaitingBytes: this.#settings.maxBufferedBytes ?? GATEWAY_LIMITS.maxBufferedBytes,
      rejections: { ...this.#rejections },
      httpRejections: { ...this.#httpRejections },
    };
  }

  #feedReports(feeds: readonly string[] | undefined): FeedReport[] {
    const connections = [...this.#clients];
    const reports: FeedReport[] = [];
    for (const hub of this.#hubs.values()) {
      const endpoints = [...this.#endpoints]
        .filter(([, { hub: other, name }]) => other === hub && (feeds?.includes(name) ?? true))
        .map(([path, endpoint]) => {
          const ofEndpoint = connections.filter(([, connection]) => connection.endpoint === endpoint);
          return { name: endpoint.name, path, clientCount: ofEndpoint.length };
        });
      const clients = connections.filter(([, { endpoint }]) => endpoint.hub === hub).map(([client]) => client);
      if (endpoints.length > 0) reports.push(feedReport(hub, endpoints, clients));
    }
    return reports;
  }

  #clientReport(client: ConnectedClient, { number, key, endpoint, connectedAtMs }: Connection): ClientReport {
    const { codec, recordCount, sentBytes, bufferedBytes, session } = client;
    return {
      number,
      ...(key !== undefined && { key }),
      feed: endpoint.name,
      codec,
      connectedMs: this.#clock.monotonic() - connectedAtMs,
      symbols: session.subscriptions.size,
      recordCount,
      sentBytes,
      waitingBytes: bufferedBytes,
      isSlow: bufferedBytes > GATEWAY_LIMITS.feedWaitBytes,
    };
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
   * Starts the feeds; further calls return the same promise. Resolves when all have ended and, with
   * `once`, their connections are gone. Rejects as soon as a feed fails; its clients get error 500
   * and are closed, the other feeds go on. With `once` it also rejects, with an
   * {@link UndeliveredError}, when no client was sent a feed to its end.
   */
  start(): Promise<void> {
    this.#started ??= this.#run();
    return this.#started;
  }

  /**
   * Passes what a feed publishes from now on to a sink, besides the clients. A sink that throws is
   * removed, with the event `sinkFailed`; clients and other sinks are not affected. Returns a function
   * that removes it.
   *
   * @throws RangeError for a feed that the gateway does not serve.
   */
  addSink(feed: Feed, sink: RecordSink): () => void {
    const hub = this.#hubs.get(feed);
    if (hub === undefined) throw new RangeError("addSink needs a feed of the gateway, got another one");
    hub.addSink(sink);
    return () => hub.removeSink(sink);
  }

  /** What it answers besides websockets, by path: see {@link Gateway.addHttpRoute}. */
  get httpRoutes(): ReadonlyMap<string, HttpMethods> {
    return this.#httpRoutes;
  }

  /**
   * Adds a path that its port answers, such as `/v2/stocks/{symbol}/trades`; names in braces stand for a part of the
   * path. To be called before `listen`.
   */
  addHttpRoute(path: string, methods: HttpMethods): void {
    this.#httpRoutes.set(path, methods);
  }

  /** What the credentials in a request's headers are entitled to; undefined for wrong ones, and for none. */
  entitlementOf(request: Pick<UpgradeRequest, "headers">): Entitlement | undefined {
    const credentials = credentialsFromHeaders(request);
    return credentials === undefined ? undefined : this.keyring.check(keyOf(credentials.key), credentials.secret);
  }

  /** Whether the page that a request comes from may read the gateway. Reports one that may not. */
  allowsOrigin(request: Pick<UpgradeRequest, "headers">): boolean {
    const isAllowed = isOriginAllowed(request, this.#allowedOrigins);
    if (!isAllowed) {
      countOne(this.#httpRejections, 403);
      this.#emit({ type: "originRejected", origin: showOrigin(request) });
    }
    return isAllowed;
  }

  /** Emits that an HTTP request was rejected; `path` is that of the route, and nothing that a client sent. */
  reportRejection(
    { status }: HttpRejection,
    from: { readonly path?: string; readonly address?: string | undefined },
  ): void {
    const { path, address } = from;
    countOne(this.#httpRejections, status);
    this.#emit({
      type: "httpRejected",
      status,
      ...(path !== undefined && { path }),
      ...(address !== undefined && { address }),
    });
  }

  /** The HTTP status with which an upgrade is to be rejected, before it is accepted. */
  rejection(request: UpgradeRequest): HttpRejection | undefined {
    if (this.#isClosed) return { status: 503 };
    const { httpStatus, retryAfterS } = this.faults;
    if (httpStatus !== undefined)
      return retryAfterS === undefined ? { status: httpStatus } : { status: httpStatus, retryAfterS };
    if (!this.#endpoints.has(pathOf(request.url))) return { status: 404 };
    if (!this.allowsOrigin(request)) return { status: 403 };
    if (this.#unauthenticatedCount >= GATEWAY_LIMITS.maxUnauthenticated)
      return { status: 503, retryAfterS: GATEWAY_LIMITS.authTimeoutMs / 1000 };
    return undefined;
  }

  /**
   * Accepts an open socket; the socket's owner reports to the connection that is returned.
   *
   * @throws RangeError for a path without an endpoint: call {@link Gateway.rejection} first.
   */
  accept(socket: GatewaySocket, request: UpgradeRequest): GatewayConnection {
    const endpoint = this.#endpoints.get(pathOf(request.url));
    if (endpoint === undefined) throw new RangeError("no feed at this path: call `rejection` before accepting");
    const { hub, name } = endpoint;
    const number = ++this.#clientCount;
    const connectedAtMs = this.#clock.monotonic();
    const connection: Connection = { number, endpoint, connectedAtMs, key: undefined, hint: undefined };
    const options = this.#clientOptions(connection, request);
    const client = new ConnectedClient(
      socket,
      options,
      hub.fanOut,
      this.#clock,
      this.faults,
      this.#clientEvents(connection),
    );
    this.#clients.set(client, connection);
    this.#unauthenticatedCount++;
    hub.join(client);
    const address = request.remoteAddress === undefined ? {} : { address: request.remoteAddress };
    this.#emit({ type: "connected", client: number, feed: name, codec: options.codec, ...address });
    client.open(credentialsFromHeaders(request));
    return client;
  }

  /**
   * Ends the feeds and closes every connection normally, after what was sent; new ones are rejected.
   * Resolves when all are gone, after `timeoutMs` at most; a client that reads nothing for 30 seconds
   * is cut earlier. Called again, it only sets another time.
   *
   * @defaultValue `timeoutMs` is 60,000
   * @throws RangeError for a time that is no number from 0.
   */
  async close(timeoutMs: number = GATEWAY_LIMITS.drainTimeoutMs): Promise<void> {
    checkTimeout("close", timeoutMs);
    this.#isClosed = true;
    for (const hub of this.#hubs.values()) hub.stop();
    const clients = [...this.#clients.keys()];
    const limits = { stallMs: Math.min(GATEWAY_LIMITS.stallTimeoutMs, timeoutMs), totalMs: timeoutMs };
    for (const client of clients) client.drain("the gateway closes", limits);
    await Promise.all(clients.map((client) => client.gone));
  }

  /** Closes it, as {@link Gateway.close} does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #hubFor({ feed, schema, path, makeSnapshots }: EndpointOptions): Hub {
    const { once = false } = this.#settings;
    const known = this.#hubs.get(feed);
    if (known !== undefined && known.schema !== schema)
      throw new TypeError(`the feed of ${path} serves another asset class already; each needs a feed of its own`);
    const startsAtSubscription = once || !feed.paced;
    const hub =
      known ?? this.#makeHub(feed, schema, { startsAtSubscription, isOnce: once, snapshots: makeSnapshots?.() });
    this.#hubs.set(feed, hub);
    return hub;
  }

  #makeHub(feed: Feed, schema: WritableSchema, options: HubOptions): Hub {
    const hub: Hub = new Hub(feed, schema, this.#clock, this.faults, options, {
      gap: (gap) => this.#emit({ type: "gap", feeds: this.#feedsOf(hub), gap }),
      source: (event) => this.#emit({ type: "source", feeds: this.#feedsOf(hub), event }),
      sinkFailed: (error) => this.#emit({ type: "sinkFailed", feeds: this.#feedsOf(hub), error }),
    });
    return hub;
  }

  /** The names of the endpoints that a hub serves. */
  #feedsOf(hub: Hub): string[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.hub === hub).map(({ name }) => name);
  }

  #clientOptions(connection: Connection, request: UpgradeRequest): ClientOptions {
    const { schema, channels, encoders, decoder, hub } = connection.endpoint;
    const { symbolCount, unknownChannels, closeCodes, maxBufferedBytes } = this.#settings;
    const codec = codecFromHeaders(request);
    const search = searchOf(request);
    const conflates = search.get("slow") === "conflate";
    return {
      codec,
      schema,
      decoder,
      channels,
      encoder: encoders[codec],
      symbolCount: symbolCount ?? "symbols",
      asksFeed: hub.asksFeed,
      unknownChannels: unknownChannels ?? "ignore",
      closeCodes: { authTimeout: POLICY_VIOLATION, slowClient: POLICY_VIOLATION, ...closeCodes },
      maxBufferedBytes: maxBufferedBytes ?? GATEWAY_LIMITS.maxBufferedBytes,
      // Only channels that make up most of a stream are worth a client's losing records of them.
      conflated: conflates ? schema.hot.filter((channel) => schema.traits[channel]?.conflates) : [],
      wantsSnapshot: search.get("snapshot") === "1",
      wantsGaps: (search.get("gaps") ?? request.headers["x-tickerplant-gaps"]) === "1",
      admit: (key, secret) => this.#admit(connection, key, secret),
      subscribeError: () => this.faults.subscribeError,
    };
  }

  #clientEvents(connection: Connection): ClientEvents {
    const { number, endpoint } = connection;
    const { hub } = endpoint;
    return {
      asked: (client, symbols, answered) => hub.request(client, symbols, answered),
      subscribed: (client, change) => {
        const symbolCount = Object.values(change.symbols).reduce((count, list = []) => count + list.length, 0);
        this.#emit({ type: `${change.action}d`, client: number, symbolCount });
        hub.subscribed(client, change);
      },
      rejected: (error) => {
        const { hint } = connection;
        countOne(this.#rejections, error);
        this.#emit({ type: "rejected", client: number, error, ...(hint !== undefined && { hint }) });
      },
      slow: ({ bufferedBytes }) => {
        hub.counts.slowClients++;
        this.#emit({ type: "slow", client: number, bufferedBytes });
      },
      failed: (error) => this.#emit({ type: "failed", client: number, error }),
      fellBehind: (client) => hub.fellBehind(client),
      drained: () => hub.drained(),
      closing: (client) => hub.closing(client),
      left: (client, reason, undeliveredBytes) => {
        this.#clients.delete(client);
        if (connection.key !== undefined) endpoint.release(connection.key);
        else this.#unauthenticatedCount--;
        this.#emit({ type: "left", client: number, reason, ...(undeliveredBytes > 0 && { undeliveredBytes }) });
        hub.leave(client, reason, undeliveredBytes);
      },
    };
  }

  #admit(connection: Connection, claimed: string, secret: string): Admission {
    const key = keyOf(claimed);
    const admission = this.#check(connection, key, secret);
    connection.hint = undefined;
    if ("error" in admission) {
      const isBlank = admission.error === 402 && (hasOuterBlanks(claimed) || hasOuterBlanks(secret));
      connection.hint = isBlank ? `the key or the secret ${OUTER_BLANKS}` : admission.hint;
    } else {
      this.#unauthenticatedCount--;
      this.#emit({ type: "authenticated", client: connection.number, key: connection.key ?? key });
    }
    return admission;
  }

  #check(connection: Connection, key: string, secret: string): Admission {
    const { authError } = this.faults;
    if (authError !== undefined) return { error: authError };
    const entitlement = this.keyring.check(key, secret);
    if (entitlement === undefined) return { error: 402 };
    const { rejection } = connection.endpoint.hub;
    if (rejection !== undefined)
      return { error: rejection.number, hint: "the feed's source rejects it with this error" };
    const admission = connection.endpoint.admit(entitlement, this.#settings);
    if (!("error" in admission)) connection.key = entitlement.key; // which a token does not name
    return admission;
  }

  /** Closes the connections that a key no longer permits, and gives the others their new limits. */
  #keyChanged({ key, type, entitlement }: KeyChange): void {
    for (const [client, connection] of this.#clients) {
      if (connection.key !== key) continue;
      const admission = entitlement && connection.endpoint.admissionOf(entitlement, this.#settings);
      if (admission !== undefined && !("error" in admission)) {
        client.session.limitSymbols(admission.maxSymbols);
        continue;
      }
      const reason = admission ? "the key lost this feed" : REVOCATIONS[type];
      connection.hint = reason;
      client.revoke(admission?.error ?? 402, reason);
    }
  }

  async #run(): Promise<void> {
    const runs = [...this.#hubs.values()].map(async (hub) => {
      const feeds = this.#feedsOf(hub);
      let error: unknown;
      try {
        await hub.run();
      } catch (failure) {
        error = failure ?? new Error("the feed failed without a reason");
        throw error;
      } finally {
        this.#emit({ type: "feedEnded", feeds, error });
      }
    });
    await Promise.all(runs);
  }

  #emit(event: GatewayEvent): void {
    emit(event, this.#settings.onEvent);
  }
}

function countOne(counts: Record<string, number>, name: number): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Close reasons of connections whose key changed. */
const REVOCATIONS: Readonly<Record<KeyChange["type"], string>> = {
  added: "",
  changed: "",
  secretChanged: "the key has another secret now",
  removed: "the key was withdrawn",
};

/** The key that a client's claim stands for. Both names of OAuth are in use. */
function keyOf(claimed: string): string {
  return claimed === "access_token" ? OAUTH_KEY : claimed;
}

/** What a gateway knows of one connection. */
interface Connection {
  readonly number: number;
  readonly endpoint: Endpoint;
  /** By the monotonic clock. */
  readonly connectedAtMs: number;
  /** The key that it has authenticated with. */
  key: string | undefined;
  /** What may be wrong with the credentials that it sent last. */
  hint: string | undefined;
}
