import { isDeepStrictEqual } from "node:util";
import type { Gateway } from "../../gateway/gateway.ts";
import { GATEWAY_LIMITS } from "../../gateway/limits.ts";
import type { Listener, ListenOptions } from "../../http/listen.ts";
import { SERVER_SETTINGS } from "../config/serve-settings.ts";
import type { FileWatch } from "../input/file-watch.ts";
import { failure } from "../output/exit.ts";
import type { Log } from "../output/log.ts";
import { tlsProblem } from "./open-port.ts";
import { checkServeOptions, type ServeOptions, tlsOf } from "./serve-options.ts";
import { fileCredentials } from "./serve-upstream.ts";

/** What a reload changes. */
export interface Reloadable {
  readonly gateway: Gateway;
  readonly listener: Listener;
  /** The watch of the keys file, if there is one. */
  readonly keysWatch: FileWatch | undefined;
}

/** The options that a reload changes, for new connections. */
const LIMITS = ["maxSymbols", "maxConnections", "maxConnectionsPerAddress", "allowOrigin"] as const;

/** The options that a reload changes if the gateway has TLS already: the files are read again. */
const TLS_FILES = ["tlsCert", "tlsKey"] as const;

/** The settings that a gateway serves with. */
export interface ServedSettings {
  readonly options: ServeOptions;
  readonly tls: ListenOptions["tls"];
  /** By feed, the credentials of upstreams that are in files. */
  readonly credentials: Readonly<Record<string, unknown>>;
}

/**
 * Reads the files that options name, but for the keys file, which is watched.
 *
 * @throws CommandError for options that contradict each other, and for files that cannot be used.
 */
export async function readServedSettings(options: ServeOptions): Promise<ServedSettings> {
  checkServeOptions(options);
  return { options, tls: await tlsOf(options), credentials: await fileCredentials(options) };
}

/** Applies the changes of a configuration to a gateway that runs, and logs what changed and what needs a restart. */
export class Reload {
  readonly #subject: Reloadable;
  readonly #readOptions: () => Promise<ServeOptions>;
  readonly #log: Log;
  /** What the gateway runs with. */
  #settings: ServedSettings;
  #running: Promise<void> = Promise.resolve();
  /** The reload that waits for the one under way. */
  #next: Promise<void> | undefined;

  /** `settings` are those that the gateway runs with, and `readOptions` reads the options again. */
  constructor(subject: Reloadable, settings: ServedSettings, readOptions: () => Promise<ServeOptions>, log: Log) {
    this.#subject = subject;
    this.#settings = settings;
    this.#readOptions = readOptions;
    this.#log = log;
  }

  /** Reloads, after a reload that is under way; calls that come meanwhile are one. */
  run(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#reload();
    });
    this.#running = this.#next;
    return this.#next;
  }

  async #reload(): Promise<void> {
    try {
      this.#apply(await readServedSettings(await this.#readOptions()));
    } catch (error) {
      // Even a bug here must not end a gateway that runs.
      const message = error instanceof Error ? error.message : String(error);
      this.#log.error(`nothing was reloaded: ${message}`, { type: "reloadFailed" });
    }
    await this.#subject.keysWatch?.read(); // logs what it finds
  }

  #apply(found: ServedSettings): void {
    const before = this.#settings;
    const changed = changedNames(before.options, found.options);
    const hasTls = before.tls !== undefined && found.tls !== undefined;
    const isNewTls = hasTls && !isDeepStrictEqual(before.tls, found.tls);
    const changeable: readonly string[] = [...LIMITS, ...(hasTls ? TLS_FILES : [])];
    this.#change(found.options, isNewTls ? found.tls : undefined);
    const now = changeable.map((name) => [name, found.options[name as keyof ServeOptions]]); // of the lists above
    this.#settings = {
      ...before,
      options: { ...before.options, ...Object.fromEntries(now) },
      tls: hasTls ? found.tls : before.tls,
    };
    this.#report(
      [...changed.filter((name) => changeable.includes(name)), ...(isNewTls ? ["the TLS certificate"] : [])],
      [
        ...changed.filter((name) => !changeable.includes(name)),
        ...changedFeeds(before.options, found.options),
        ...changedCredentials(before, found),
      ],
    );
  }

  /** Changes the limits, and the certificate if there is a new one; all of it or nothing. */
  #change(options: ServeOptions, tls: ListenOptions["tls"]): void {
    const { gateway, listener } = this.#subject;
    const { maxSymbols, maxConnections, maxConnectionsPerAddress, allowOrigin } = options;
    try {
      listener.change({
        maxConnectionsPerAddress: maxConnectionsPerAddress ?? GATEWAY_LIMITS.maxConnectionsPerAddress,
        ...(tls && { tls }),
      });
    } catch (error) {
      // The limit has been checked; OpenSSL throws nothing else.
      throw failure(`cannot use the certificate and its private key: ${tlsProblem((error as Error).message)}`, error);
    }
    gateway.change({
      maxSymbols: maxSymbols ?? Number.POSITIVE_INFINITY,
      maxConnections: maxConnections ?? Number.POSITIVE_INFINITY,
      allowedOrigins: allowOrigin ?? [],
    });
  }

  #report(changed: readonly string[], needsRestart: readonly string[]): void {
    const what = changed.length === 0 ? "nothing changed" : `changed ${changed.join(", ")}`;
    const rest = needsRestart.length === 0 ? "" : `; a restart is needed for ${needsRestart.join(", ")}`;
    this.#log.info(`reloaded: ${what}${rest}`, { type: "reloaded", changed, needsRestart });
  }
}

/** The names of server settings that differ. */
function changedNames(before: ServeOptions, after: ServeOptions): string[] {
  const names = Object.keys(SERVER_SETTINGS) as (keyof typeof SERVER_SETTINGS)[]; // the table has exactly these
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** The feeds that have another source, or that came or went. */
function changedFeeds({ feeds: before = {} }: ServeOptions, { feeds: after = {} }: ServeOptions): string[] {
  return differing(before, after).map((name) => `feeds.${name}`);
}

/** The feeds whose source is the same, and its credentials are not. */
function changedCredentials(before: ServedSettings, after: ServedSettings): string[] {
  const changed = changedFeeds(before.options, after.options);
  return differing(before.credentials, after.credentials)
    .filter((name) => !changed.includes(`feeds.${name}`))
    .map((name) => `the credentials of feeds.${name}`);
}

/** The names whose values differ. */
function differing(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]));
}
