import type { Clock } from "@tickerplant/client";
import { checkLimit, checkOptions, type ExpectedOptions } from "../option-checks.ts";
import type { Credential } from "./auth/keyring.ts";
import { isWebOrigin } from "./auth/origin.ts";
import { FAULTS, type Faults } from "./faults.ts";
import type { GatewayEvent } from "./gateway-events.ts";
import type { CloseCodes, GatewaySessionOptions } from "./gateway-session.ts";

/** Options of a gateway that concern no asset class. */
export interface GatewaySettings {
  /**
   * The keys that may connect.
   *
   * @defaultValue any key is accepted
   */
  readonly keys?: readonly Credential[];
  /**
   * Symbols of one connection, as the plan would limit them; more are rejected with 405.
   *
   * @defaultValue no limit
   */
  readonly maxSymbols?: number;
  /**
   * Connections of one key to one endpoint at a time; more are rejected with 406.
   *
   * @defaultValue no limit
   */
  readonly maxConnections?: number;
  /**
   * Web sites whose pages may connect, such as `https://example.com`; others are rejected with HTTP
   * 403. Programs other than browsers are not concerned.
   *
   * @defaultValue none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Bytes that may wait for one client before it gets error 407 and is cut off. It should be more
   * than a feed publishes in one turn.
   *
   * @defaultValue 16 MiB
   */
  readonly maxBufferedBytes?: number;
  /**
   * Start each feed when a client first subscribes to it, and when it has ended close that feed's
   * connections normally, once they have been sent everything.
   *
   * @defaultValue false: connections stay open, and feeds start with `gateway.start()`, those
   * without a clock with the first subscription
   */
  readonly once?: boolean;
  /**
   * Faults on demand, for tests of client programs.
   *
   * @defaultValue none
   */
  readonly faults?: Faults;
  /**
   * How the symbol limit counts; the sources disagree on what Alpaca does.
   *
   * @defaultValue `symbols`
   */
  readonly symbolCount?: GatewaySessionOptions["symbolCount"];
  /**
   * What happens to keys of a request that name no channel; Alpaca does not document it.
   *
   * @defaultValue `ignore`
   */
  readonly unknownChannels?: GatewaySessionOptions["unknownChannels"];
  /**
   * Close codes of the websocket; Alpaca does not document them.
   *
   * @defaultValue 1008, policy violation
   */
  readonly closeCodes?: Partial<CloseCodes>;
  /** Called with what happens, for logs. An error that it throws becomes a warning of the process. */
  readonly onEvent?: (event: GatewayEvent) => void;
  /**
   * Time; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock;
}

/** What each setting must be. */
export const GATEWAY_SETTINGS: ExpectedOptions<GatewaySettings> = {
  keys: "checked",
  maxSymbols: "checked",
  maxConnections: "checked",
  allowedOrigins: "array",
  maxBufferedBytes: "checked",
  once: "boolean",
  faults: "object",
  symbolCount: ["symbols", "subscriptions"],
  unknownChannels: ["ignore", "reject"],
  closeCodes: "object",
  onEvent: "function",
  clock: "object",
};

/** The settings that can change while a gateway runs. */
export interface ChangeableSettings {
  /** For keys without a limit of their own; `Infinity` for none. */
  readonly maxSymbols?: number;
  /** For keys without a limit of their own; `Infinity` for none. */
  readonly maxConnections?: number;
  readonly allowedOrigins?: readonly string[];
}

/** What each of them must be. */
export const CHANGEABLE_SETTINGS: ExpectedOptions<ChangeableSettings> = {
  maxSymbols: GATEWAY_SETTINGS.maxSymbols,
  maxConnections: GATEWAY_SETTINGS.maxConnections,
  allowedOrigins: GATEWAY_SETTINGS.allowedOrigins,
};

const CLOSE_CODES: ExpectedOptions<CloseCodes> = { authTimeout: "number", slowClient: "number" };

/** @throws TypeError or RangeError for settings that make no sense. Keys are checked by the keyring. */
export function checkSettings(settings: GatewaySettings): void {
  const { closeCodes, faults, allowedOrigins = [] } = settings;
  if (closeCodes !== undefined) checkOptions("closeCodes", closeCodes, CLOSE_CODES);
  if (faults !== undefined) checkOptions("faults", faults, FAULTS);
  for (const name of ["maxSymbols", "maxConnections", "maxBufferedBytes"] as const) checkLimit(name, settings[name]);
  const wrong = allowedOrigins.find((origin) => !isWebOrigin(origin));
  if (wrong !== undefined)
    throw new TypeError(`allowedOrigins must have origins such as https://example.com, got ${JSON.stringify(wrong)}`);
}
