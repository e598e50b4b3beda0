import { Codec, FrameDecoder, type StreamSchema } from "@tickerplant/client/wire";
// The table of symbols is not part of the API: the built module is imported.
import { internSymbol } from "#client/wire/interning.js";
import { GatewaySession } from "#server/gateway/gateway-session.js";
import { CRYPTO, STOCKS } from "./asset-class.ts";
import { RIGHT_SECRET } from "./corpus.ts";
import { colliding, growingCryptoFrames, growingFrames } from "./growing-frames.ts";

/** Lengths of the timed frames. */
const KIBIBYTES = [32, 72, 162, 364] as const;
/** The limit of the exponent of time by length: 1 is linear, 2 quadratic. Full caches add a little to 1. */
const MAX_EXPONENT = 1.5;
/** An exponent below it is not measured again. */
const FINE_EXPONENT = 1.25;
/** The longest frame must take this long for an exponent to be meaningful. */
const MIN_MS = 0.5;
const REPEATS = 3;
const TRIES = 4;
/** Measurements before growth is reported as too fast. */
const LAST_TRIES = 24;
/** A reading that takes this long is not repeated. */
const LONG_MS = 500;

type Reading = (frame: Uint8Array) => void;

const sink = { record: () => {}, control: () => {}, fault: () => {} };
const auth = STOCKS.encoders[Codec.JSON].clientFrame({ action: "auth", key: "key", secret: RIGHT_SECRET });

const STOCK_READINGS: Readonly<Record<string, Reading>> = {
  ...decoderReadings(STOCKS.schema),
  "gateway session": (frame) => {
    const session = new GatewaySession(
      {
        codec: Codec.JSON,
        schema: STOCKS.schema,
        decoder: new FrameDecoder(STOCKS.schema),
        channels: ["trades", "quotes"],
        admit: () => ({ maxSymbols: Number.POSITIVE_INFINITY }),
        symbolCount: "symbols",
        asksFeed: false,
        subscribeError: () => undefined,
        unknownChannels: "ignore",
        closeCodes: { authTimeout: 4404, slowClient: 4407 },
      },
      0,
    );
    session.open(undefined, 0);
    session.receive(auth, 0);
    session.receive(frame, 0);
  },
};

/** The frames to read, and the ways to read them. */
const CASES = [
  [growingFrames, STOCK_READINGS],
  [growingCryptoFrames, decoderReadings(CRYPTO.schema)],
] as const;

function decoderReadings(schema: StreamSchema): Record<string, Reading> {
  const decoder = new FrameDecoder(schema);
  return {
    decode: (frame) => decoder.decode(frame, sink),
    "decode raw": (frame) => decoder.decode(frame, sink, true),
  };
}

/** How fast time grows with length: the worst exponent, and a sentence for each case over the limit. */
export interface Growth {
  readonly worst: { readonly name: string; readonly exponent: number };
  readonly measured: number;
  readonly wrong: readonly string[];
}

/** Times every family of growing frames, read in every way. */
export function measureGrowth(): Growth {
  let worst = { name: "nothing", exponent: 0 };
  let measured = 0;
  const wrong: string[] = [];
  for (const [families, readings] of CASES) {
    for (const [family, grow] of Object.entries(families)) {
      const frames = KIBIBYTES.map((size) => grow(size * 1024));
      for (const [way, read] of Object.entries(readings)) {
        const name = `${family}, ${way}`;
        const exponent = measureExponent(frames, read);
        measured++;
        if (exponent > worst.exponent) worst = { name, exponent };
        if (exponent > MAX_EXPONENT)
          wrong.push(`time grows with the length by the exponent ${exponent.toFixed(2)}: ${name}`);
      }
    }
  }
  if (!areColliding()) wrong.push("the symbols that should collide in the interning table have places of their own");
  return { worst, measured, wrong };
}

/** Whether the table gives up on symbols that were chosen to collide, which their frames rely on. */
function areColliding(): boolean {
  return colliding.some((symbol) => internSymbol(Buffer.from(symbol), 0, symbol.length) === 0);
}

function measureExponent(frames: readonly Uint8Array[], read: Reading): number {
  const shortestMs = frames.map(() => Number.POSITIVE_INFINITY);
  let exponent = Number.POSITIVE_INFINITY;
  // Other programs can only add time: the shortest of all tries is the most accurate.
  for (let tries = 0; exponent > (tries < TRIES ? FINE_EXPONENT : MAX_EXPONENT) && tries < LAST_TRIES; tries++) {
    for (const [index, frame] of frames.entries()) {
      shortestMs[index] = Math.min(shortestMs[index] ?? 0, timeMs(frame, read));
    }
    exponent = exponentOf(frames, shortestMs);
  }
  return exponent;
}

/** The slope of log(time) by log(length), by least squares. */
function exponentOf(frames: readonly Uint8Array[], timesMs: readonly number[]): number {
  if ((timesMs.at(-1) ?? 0) < MIN_MS) return 0;
  const points = frames.map(({ length }, index) => [Math.log2(length), Math.log2(timesMs[index] ?? 0)] as const);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

function timeMs(frame: Uint8Array, read: Reading): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let repeats = 0; repeats < REPEATS; repeats++) {
    globalThis.gc?.({ type: "minor" }); // garbage of the last reading does not count for this one
    const before = process.cpuUsage();
    read(frame);
    const { user, system } = process.cpuUsage(before); // CPU time, because other programs run as well
    const tookMs = (user + system) / 1000;
    shortest = Math.min(shortest, tookMs);
    if (tookMs > LONG_MS) break;
  }
  return Math.max(shortest, 1e-3);
}
