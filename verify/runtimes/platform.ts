import type { Certificate } from "./certificate.ts";
import type { ControlServer } from "./control-server.ts";
import type { Outcome } from "./suite/control.ts";

/** A JavaScript engine with its sockets, on which the suite runs. */
export interface Platform {
  /** The name in the table and on the command line, such as `node-22`. */
  readonly name: string;
  /** The implementation of sockets: the package `ws`, or the platform's own `WebSocket`. */
  readonly sockets: "ws" | "WebSocket";
  /** Returns the suite as one script, if it runs in a page. */
  readonly script?: () => Promise<string>;
  /** Installs it and returns its version. Rejects with `Unavailable` if that is not possible on this machine. */
  prepare(): Promise<{
    readonly version: string;
    start(control: ControlServer, certificate: Certificate | undefined): Promise<Run>;
  }>;
}

/** One run of the suite on a platform. */
export interface Run {
  /** Resolves once it has ended by itself: with the reason if it failed, otherwise with undefined. */
  readonly ended: Promise<string | undefined>;
  /** Ends it. */
  kill(): Promise<void>;
}

/** The result of one platform. */
export interface Result {
  readonly name: string;
  readonly sockets: string;
  readonly version: string;
  readonly outcomes: readonly Outcome[];
  readonly durationMs: number;
  /** Why the platform was skipped; undefined if it was not. */
  readonly skipped: string | undefined;
}
