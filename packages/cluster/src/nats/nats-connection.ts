import { readFileSync } from "node:fs";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { ClusterError } from "../cluster-error.ts";
import { CLUSTER_LIMITS } from "../limits.ts";
import { isNotEnabled, natsError } from "./nats-errors.ts";

/** Where NATS is, and how to log in. */
export interface NatsOptions {
  /**
   * The addresses of its servers, separated by commas: `nats://user:password@host:4222`, `tls://host`. A token is a user
   * without a password.
   */
  readonly servers: string;
  /**
   * A file with credentials, as `nsc` makes it.
   *
   * @defaultValue user and password of the address, or none
   */
  readonly credentialsFile?: string | undefined;
  /**
   * A file in PEM with the authorities to trust.
   *
   * @defaultValue those of the system
   */
  readonly caFile?: string | undefined;
  /** Files in PEM with a certificate for this client and its key: both or none. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** How the connection is named in NATS's reports. */
  readonly name: string;
}

/**
 * Connects to NATS. A connection that is lost later is made again for as long as it takes.
 *
 * @throws ClusterError `invalid_option`, `unreachable`, `not_allowed`, `no_jetstream`.
 */
export async function connectNats(
  options: NatsOptions,
): Promise<{ connection: NatsConnection; manager: JetStreamManager }> {
  const connectionOptions = optionsOf(options);
  const shown = shownServers(options.servers);
  let connection: NatsConnection;
  try {
    connection = await connect(connectionOptions);
  } catch (error) {
    throw natsError(`could not connect to NATS at ${shown}`, error);
  }
  try {
    const timeout = CLUSTER_LIMITS.requestTimeoutMs;
    const manager = await jetstreamManager(connection, { timeout });
    return { connection, manager };
  } catch (error) {
    await connection.close();
    const action = `could not use JetStream of NATS at ${shown}`;
    if (isNotEnabled(error))
      throw new ClusterError("no_jetstream", `${action}: the server runs without it (nats-server -js)`, error);
    throw natsError(action, error);
  }
}

/** The addresses without user and password. */
export function shownServers(servers: string): string {
  return servers
    .split(",")
    .map((server) => server.trim().replace(/\/\/[^@/]*@/, "//"))
    .join(",");
}

function optionsOf({ servers, credentialsFile, caFile, certFile, keyFile, name }: NatsOptions): ConnectionOptions {
  const addresses = servers.split(",").map((server) => addressOf(server.trim()));
  const [first] = addresses;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ClusterError("invalid_option", "a certificate for NATS needs its key, and the key its certificate");
  for (const file of [caFile, certFile, keyFile]) if (file !== undefined) readText(file);
  const isTls = caFile !== undefined || certFile !== undefined || addresses.some(({ protocol }) => protocol === "tls:");
  return {
    servers: addresses.map(({ host }) => host),
    name,
    timeout: CLUSTER_LIMITS.requestTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: CLUSTER_LIMITS.retryInitialMs,
    reconnectJitter: CLUSTER_LIMITS.retryInitialMs,
    pingInterval: CLUSTER_LIMITS.requestTimeoutMs,
    maxPingOut: 2,
    // A password may be changed on the server first.
    ignoreAuthErrorAbort: true,
    ...(first !== undefined && loginOf(first)),
    ...(credentialsFile !== undefined && {
      authenticator: credsAuthenticator(new TextEncoder().encode(readText(credentialsFile))),
    }),
    ...(isTls && {
      tls: { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) },
    }),
  };
}

function loginOf({ username, password }: URL): Pick<ConnectionOptions, "user" | "pass" | "token"> {
  if (username === "") return {};
  if (password === "") return { token: decodeURIComponent(username) };
  return { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

function addressOf(server: string): URL {
  const example = "nats://host:4222";
  let url: URL;
  try {
    url = new URL(server.includes("://") ? server : `nats://${server}`);
  } catch {
    throw new ClusterError(
      "invalid_option",
      `expected the address of NATS, such as ${example}, got ${JSON.stringify(shownServers(server))}`,
    );
  }
  if ((url.protocol === "nats:" || url.protocol === "tls:") && url.hostname !== "") return url;
  throw new ClusterError(
    "invalid_option",
    `expected the address of NATS, such as ${example} or tls://host, got ${JSON.stringify(shownServers(server))}`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ClusterError("invalid_option", `could not read ${file}: ${(error as Error).message}`, error);
  }
}

/** Returns the client that publishes and reads, over a connection. */
export function jetstreamOf(connection: NatsConnection): ReturnType<typeof jetstream> {
  return jetstream(connection, { timeout: CLUSTER_LIMITS.requestTimeoutMs });
}
