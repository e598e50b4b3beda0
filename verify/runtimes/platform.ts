import type { Certificate } from "./certificate.ts";
import type { ControlServer } from "./control-server.ts";
import type { Outcome } from "./suite/control.ts";

/** A runtime that the suite is run in. */
export interface Platform {
  /** As the table and the command line have it, such as `node-22`. */
  readonly name: string;
  /** What opens sockets there: the package `ws`, or the platform's own `WebSocket`. */
  readonly sockets: "ws" | "WebSocket";
  /** The suite as a script, where it runs in a page. */
  readonly script?: () => Promise<string>;
  /** Gets it ready, and says its version. Rejects with `Unavailable` when it cannot be had here. */
  prepare(): Promise<{
    readonly version: string;
    start(control: ControlServer, certificate: Certificate | undefined): Promise<Run>;
  }>;
}

/** One run of the suite in a runtime. */
export interface Run {
  /** Resolves when it has ended by itself; with a sentence if that was wrong, otherwise undefined. */
  readonly ended: Promise<string | undefined>;
  /** Ends it. */
  kill(): Promise<void>;
}

/** What came of one runtime. */
export interface Result {
  readonly name: string;
  readonly sockets: string;
  readonly version: string;
  readonly outcomes: readonly Outcome[];
  readonly durationMs: number;
  /** Why the runtime as a whole was skipped; undefined when it was not. */
  readonly skipped: string | undefined;
}
