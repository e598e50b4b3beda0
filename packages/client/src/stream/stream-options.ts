import { connector as platformConnector } from "@tickerplant/client/transport";
import { codecs } from "#codecs";
import {
  BOOLEAN,
  type Check,
  check,
  checkOptions,
  duration,
  FUNCTION,
  implementing,
  milliseconds,
  OBJECT,
  type OptionChecks,
  oneOf,
  orFalse,
  SECRET,
} from "../checks/option-checks.ts";
import type { Decoder } from "../connection/codecs.ts";
import type { ConnectionOptions } from "../connection/connection.ts";
import { requiredCredential } from "../connection/credentials.ts";
import type { PresentStream, StreamPast } from "../continuity/backfill/stream-past.ts";
import type { StreamTail } from "../continuity/backfill/stream-tail.ts";
import type { UniverseOption } from "../continuity/backfill/universe.ts";
import type { Schedule } from "../continuity/schedule.ts";
import type { StreamPosition } from "../continuity/stream-position.ts";
import * as LIMITS from "../limits.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { Connector } from "../platform/transport/transport.ts";
import type { SymbolSpelling } from "../subscriptions/spelling-watch.ts";
import { type HistoryTime, stallLimit } from "../subscriptions/subscription-registry.ts";
import { VERSION } from "../version.ts";
import { Codec, type StreamSchema } from "../wire/index.ts";
import type { ReconnectOptions } from "./backoff.ts";

/** Options of every stream. Durations are in milliseconds; `Infinity` is never, where that makes sense. */
export interface StreamOptions<Raw extends boolean = false> {
  /**
   * API key; white space around it is removed.
   *
   * @defaultValue the environment variable `APCA_API_KEY_ID`
   */
  readonly apiKey?: string | undefined;
  /**
   * API secret; white space around it is removed.
   *
   * @defaultValue the environment variable `APCA_API_SECRET_KEY`
   */
  readonly secretKey?: string | undefined;
  /**
   * Delivers records as the wire has them, with short keys.
   *
   * @defaultValue `false`
   */
  readonly rawData?: Raw | undefined;
  /**
   * Parameters for the platform's WebSocket. On Node those of the package `ws` (`agent`, `ca`,
   * `perMessageDeflate`, `headers`, …); headers are added to the client's and replace none. An
   * `agent` replaces the environment's proxy; `agent: false` connects directly. In browsers
   * `protocols` alone.
   */
  readonly websocketParams?: Readonly<Record<string, unknown>> | undefined;
  /** URL of the stream, with its path, instead of the feed's: a gateway, a proxy, a test. */
  readonly urlOverride?: string | undefined;
  /**
   * Encoding of frames.
   *
   * @defaultValue `msgpack` where headers can be set; `json` in browsers, which cannot choose
   */
  readonly codec?: Codec | undefined;
  /**
   * How to reconnect; `false`: never.
   *
   * @defaultValue for ever; at once after market data, otherwise after 1 s, doubling to 30 s
   */
  readonly reconnect?: ReconnectOptions | false | undefined;
  /**
   * Time limit from the socket's opening to "authenticated", and for the socket to open.
   *
   * @defaultValue 10,000
   */
  readonly handshakeTimeoutMs?: number | undefined;
  /**
   * Time limit from a subscribe or unsubscribe to the server's answer.
   *
   * @defaultValue 10,000
   */
  readonly ackTimeoutMs?: number | undefined;
  /**
   * Interval between pings; 0 or `Infinity` sends none. Browsers cannot ping.
   *
   * @defaultValue 10,000
   */
  readonly pingIntervalMs?: number | undefined;
  /**
   * Time limit from a ping to any data, before the connection counts as dead.
   *
   * @defaultValue 5,000
   */
  readonly pongTimeoutMs?: number | undefined;
  /**
   * How long no market data may come before the connection is reported stale and re-established.
   * A number holds at any hour; `false` or `Infinity` turns it off.
   *
   * @defaultValue by channel and feed, while the feed's market is open; off with `urlOverride`, behind which there
   *   may be any market
   */
  readonly staleAfterMs?: number | false | undefined;
  /**
   * How long a subscription's records may wait without any progress (no handler call settles, no
   * record is pulled) before it is reported as stalled; one that stops the reading is then isolated,
   * so that the others go on. `false`: never.
   *
   * @defaultValue 10,000
   */
  readonly stalledAfterMs?: number | false | undefined;
  /**
   * Where gaps are filled from after a lost connection, as an object of the package's `history`. Live records of the symbols
   * wait meanwhile, so that every symbol stays in order.
   *
   * @defaultValue gaps are reported and not filled
   */
  readonly history?: StreamHistory | undefined;
  /**
   * The channels whose gaps are filled, of those that `history` has.
   *
   * @defaultValue `["trades", "bars", "dailyBars"]`: quotes are ten times as many, and the newest one counts
   */
  readonly fill?: readonly string[] | undefined;
  /**
   * The `position` of an earlier stream of the same feed: subscriptions begin where its handlers had got, with the
   * records since then from `history`, and go on with live ones. Every record comes once. What history does not
   * have is reported by `gapOpen`. It holds for the first subscription of each symbol; `from` takes precedence.
   *
   * Or the {@link StreamTail} of one: the stream goes on as if it had lost the connection of the earlier one.
   *
   * @defaultValue subscriptions begin with the present
   */
  readonly resume?: StreamPosition | StreamTail | undefined;
  /**
   * All symbols that `*` stands for, as an array, a set or a function that returns one or a promise of one. Gaps of
   * `*` are filled for these symbols where `history` is requested by symbol, as Alpaca's is. A function is called
   * when a gap needs it, at most once a day; 50,000 symbols at most.
   *
   * @defaultValue the symbols of which the stream has brought records; others are reported as `wildcard_unknown`
   */
  readonly universe?: UniverseOption | undefined;
  /**
   * Makes what reads the server's frames; for programs that pass their bytes on, with a `TappedDecoder` of the
   * package's `wire`.
   *
   * @defaultValue a decoder of both codecs; of JSON alone in a bundle for browsers
   */
  readonly decoder?: ((schema: StreamSchema) => Decoder) | undefined;
  /**
   * Clock, timers and randomness; for tests.
   *
   * @defaultValue the platform's
   */
  readonly clock?: Clock | undefined;
  /**
   * Opens WebSockets; for tests and other platforms.
   *
   * @defaultValue the platform's
   */
  readonly connector?: Connector | undefined;
}

/** For options that the history checks: a page without one does not load the code for it. */
const CHECKED_BY_HISTORY: Check = { expected: "", accepts: () => true };

/** The past of the same market, for a stream that fills its gaps. A stream without one does not load the code. */
export interface StreamHistory {
  /** Makes the past of a stream. Called by the stream. */
  attach(stream: PresentStream): StreamPast;
  /**
   * A time in nanoseconds since the epoch. Called by the stream.
   *
   * @throws TypeError for a value that is no time.
   */
  timeNs(name: string, time: HistoryTime): bigint;
}

/** What distinguishes the stream of one asset class from all others. */
export interface StreamKind {
  /** The class that users construct, for messages. */
  readonly name: string;
  readonly schema: StreamSchema;
  readonly spelling: SymbolSpelling;
  /** The name of the feed. */
  readonly feed: string;
  /** The URL of the feed. */
  readonly url: string;
  /** A URL of a gateway, for messages. */
  readonly exampleUrl: string;
  /** When the feed is expected to send what; undefined for a feed of which nothing is known. */
  readonly schedule: Schedule | undefined;
}

/** What a stream is made of, every option resolved. */
export interface StreamSettings {
  readonly connection: ConnectionOptions;
  /** False: the first lost connection ends the stream. */
  readonly reconnect: ReconnectOptions | false;
  /** The schedule by which silence is judged; undefined: by none. */
  readonly schedule: Schedule | undefined;
  readonly spelling: SymbolSpelling;
  /** Silence that is stale at any hour, in milliseconds; undefined: by the schedule. */
  readonly staleAfterMs: number | undefined;
  /** No progress of a subscription for so long is a stall, in milliseconds; infinite for never. */
  readonly stalledAfterMs: number;
  readonly history: StreamHistory | undefined;
  readonly fill: readonly string[] | undefined;
  readonly resume: StreamPosition | StreamTail | undefined;
  readonly universe: UniverseOption | undefined;
  /** The name of the feed. */
  readonly feed: string;
  readonly clock: Clock;
  readonly connector: Connector;
}

/** What each option must be. A stream with options of its own adds theirs. */
export const STREAM_OPTIONS: OptionChecks<StreamOptions<boolean>> = {
  apiKey: SECRET,
  secretKey: SECRET,
  rawData: BOOLEAN,
  websocketParams: OBJECT,
  urlOverride: SECRET,
  codec: oneOf(Object.values(Codec)),
  reconnect: orFalse(OBJECT),
  handshakeTimeoutMs: duration(1),
  ackTimeoutMs: duration(1),
  pingIntervalMs: duration(0),
  pongTimeoutMs: milliseconds(1),
  staleAfterMs: orFalse(duration(1)),
  stalledAfterMs: orFalse(duration(1)),
  history: implementing("history", "attach", "timeNs"),
  fill: CHECKED_BY_HISTORY,
  universe: CHECKED_BY_HISTORY,
  resume: OBJECT, // its parts are checked by the history; a tail checks its stream
  decoder: FUNCTION,
  clock: implementing("Clock", "now", "monotonic", "random", "setTimer", "clearTimer"),
  connector: implementing("Connector", "connect"),
};

const RECONNECT_OPTIONS: OptionChecks<ReconnectOptions> = {
  initialDelayMs: milliseconds(0),
  maxDelayMs: duration(0),
  maxAttempts: { expected: "0 or more", accepts: (value) => typeof value === "number" && value >= 0 },
  afterNormalClose: BOOLEAN,
};

/**
 * Fills in the defaults of options that were checked against {@link STREAM_OPTIONS}.
 *
 * @throws TypeError for a missing key, a URL that is no WebSocket's, a codec that the platform cannot request, and
 *   wrong values inside of `reconnect` and `websocketParams`.
 */
export function resolveSettings(kind: StreamKind, options: StreamOptions<boolean>): StreamSettings {
  const { reconnect = {}, websocketParams = {}, staleAfterMs, connector = platformConnector } = options;
  if (reconnect) checkOptions(kind.name, reconnect, RECONNECT_OPTIONS, "reconnect.");
  const { headers } = websocketParams;
  if (headers !== undefined) check("websocketParams.headers", headers, OBJECT); // of a Headers nothing would be sent
  const apiKey = requiredCredential(kind.name, "apiKey", options.apiKey);
  const secretKey = requiredCredential(kind.name, "secretKey", options.secretKey);
  const codec = chosenCodec(options.codec, connector);
  const isStalenessOn = staleAfterMs !== false && staleAfterMs !== Number.POSITIVE_INFINITY;
  return {
    connection: {
      schema: kind.schema,
      apiKey,
      secretKey,
      codec,
      rawData: options.rawData ?? false,
      decoder: options.decoder,
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? LIMITS.handshakeTimeoutMs,
      ackTimeoutMs: options.ackTimeoutMs ?? LIMITS.ackTimeoutMs,
      pingIntervalMs: finiteOr0(options.pingIntervalMs ?? LIMITS.pingIntervalMs),
      pongTimeoutMs: options.pongTimeoutMs ?? LIMITS.pongTimeoutMs,
      request: {
        url: streamUrl(kind, options.urlOverride),
        headers: {
          "Content-Type": `application/${codec}`,
          "User-Agent": `tickerplant-client/${VERSION}`,
          // Asks a gateway of this project for reports of what it could not fill. Alpaca's servers have none.
          ...(options.urlOverride !== undefined && { "X-Tickerplant-Gaps": "1" }),
        },
        websocketParams,
      },
    },
    schedule: options.urlOverride === undefined && isStalenessOn ? kind.schedule : undefined,
    spelling: kind.spelling,
    staleAfterMs: isStalenessOn ? staleAfterMs : undefined,
    stalledAfterMs: stallLimit(options.stalledAfterMs, LIMITS.stalledAfterMs),
    reconnect,
    history: options.history,
    fill: options.fill,
    universe: options.universe,
    resume: options.resume,
    feed: kind.feed,
    clock: options.clock ?? systemClock,
    connector,
  };
}

function chosenCodec(wanted: Codec | undefined, connector: Connector): Codec {
  const possible = connector.setsHeaders ? codecs.names : [Codec.JSON];
  const codec = wanted ?? possible[0] ?? Codec.JSON;
  if (possible.includes(codec)) return codec;
  throw new TypeError("codec msgpack has to be requested by a header, which this platform cannot set: use json");
}

function streamUrl({ url: feedUrl, exampleUrl }: StreamKind, urlOverride: string | undefined): string {
  if (urlOverride === undefined) return feedUrl;
  const url = URL.canParse(urlOverride) ? new URL(urlOverride) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") url.protocol = url.protocol.replace("http", "ws");
  if (url?.protocol !== "ws:" && url?.protocol !== "wss:") {
    // Not the address itself, which may hold a password.
    const hasScheme = urlOverride.includes("://");
    const got = url === undefined ? "one that cannot be read" : `one of the protocol "${url.protocol}"`;
    throw new TypeError(
      `urlOverride must be an address such as ${exampleUrl}, got ${hasScheme ? got : "one without ws:// or wss:// before it"}`,
    );
  }
  url.hash = ""; // never sent, and `ws` would reject it
  return url.href;
}

function finiteOr0(durationMs: number): number {
  return Number.isFinite(durationMs) ? durationMs : 0;
}
