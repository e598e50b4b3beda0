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

/** What a reload changes. */
export interface Reloadable {
  readonly gateway: Gateway;
  readonly listener: Listener;
  /** The watch of the keys file, if there is one. */
  readonly keysWatch: FileWatch | undefined;
  readonly tls: ListenOptions["tls"];
}

/** The options that a reload changes, for new connections. The keys file and the certificate are read again besides. */
const CHANGEABLE = ["maxSymbols", "maxConnections", "maxConnectionsPerAddress", "allowOrigin"] as const;

/** Applies the changes of a configuration to a gateway that runs, and logs what changed and what needs a restart. */
export class Reload {
  readonly #subject: Reloadable;
  readonly #readOptions: () => Promise<ServeOptions>;
  readonly #log: Log;
  #options: ServeOptions;
  #tls: ListenOptions["tls"];
  #running: Promise<void> = Promise.resolve();

  /** `options` are those that the gateway runs with, and `readOptions` reads them again. */
  constructor(subject: Reloadable, options: ServeOptions, readOptions: () => Promise<ServeOptions>, log: Log) {
    this.#subject = subject;
    this.#options = options;
    this.#tls = subject.tls;
    this.#readOptions = readOptions;
    this.#log = log;
  }

  /** Reloads, after a reload that is under way. */
  run(): Promise<void> {
    this.#running = this.#running.then(() => this.#reload());
    return this.#running;
  }

  async #reload(): Promise<void> {
    try {
      const options = await this.#readOptions();
      checkServeOptions(options);
      const tls = await tlsOf(options);
      this.#apply(options, tls);
    } catch (error) {
      // Even a bug here must not end a gateway that runs.
      const message = error instanceof Error ? error.message : String(error);
      this.#log.error(`nothing was reloaded: ${message}`, { type: "reloadFailed" });
    }
    await this.#subject.keysWatch?.read(); // logs what it finds
  }

  #apply(options: ServeOptions, tls: ListenOptions["tls"]): void {
    const { gateway, listener } = this.#subject;
    const isNewTls = this.#tls !== undefined && tls !== undefined && !isDeepStrictEqual(tls, this.#tls);
    const before = this.#options;
    const changed: string[] = CHANGEABLE.filter((name) => !isDeepStrictEqual(options[name], before[name]));
    const { maxSymbols, maxConnections, maxConnectionsPerAddress, allowOrigin } = options;
    try {
      listener.change({
        maxConnectionsPerAddress: maxConnectionsPerAddress ?? GATEWAY_LIMITS.maxConnectionsPerAddress,
        ...(isNewTls && { tls }),
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
    if (isNewTls) changed.push("the TLS certificate");
    this.#tls = tls ?? this.#tls;
    const needsRestart = restartNeeds(before, options);
    this.#options = { ...before, ...Object.fromEntries(CHANGEABLE.map((name) => [name, options[name]])) };
    this.#report(changed, needsRestart);
  }

  #report(changed: readonly string[], needsRestart: readonly string[]): void {
    const what = changed.length === 0 ? "nothing changed" : `changed ${changed.join(", ")}`;
    const rest = needsRestart.length === 0 ? "" : `; a restart is needed for ${needsRestart.join(", ")}`;
    this.#log.info(`reloaded: ${what}${rest}`, { type: "reloaded", changed, needsRestart });
  }
}

/** The names of options that have changed and that a reload cannot change. */
function restartNeeds(before: ServeOptions, after: ServeOptions): string[] {
  const names = [...Object.keys(SERVER_SETTINGS), "feeds"] as (keyof ServeOptions)[]; // both are options of serve
  const changeable: readonly string[] = CHANGEABLE;
  return names.filter((name) => !changeable.includes(name) && !isDeepStrictEqual(before[name], after[name]));
}
