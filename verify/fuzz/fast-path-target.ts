import { inspect } from "node:util";
import {
  type Codec,
  FrameDecoder,
  type MarketRecord,
  type RawRecord,
  type StreamSchema,
} from "@tickerplant/client/wire";
import { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import { FastPathFrames } from "./fast-path-frames.ts";
import { frameStep, type Input } from "./input.ts";
import { isSame } from "./same-value.ts";
import { MAX_FRAME_BYTES, Surroundings } from "./surroundings.ts";
import { countFrameFault, must, type Target } from "./target.ts";

/** Frames of one input: decoders keep the last time and date from one frame to the next. */
const FRAMES = 8;
/** Offsets of a frame in its buffer. */
const OFFSETS = 64;

/** A schema whose decoders read every message key by key. */
function withoutFastPaths(schema: StreamSchema): StreamSchema {
  return { ...schema, fastPaths: undefined };
}

/** What a decoder's sink received, in order: a record with all that comes with it, a control message, a fault. */
type Event = readonly unknown[];

/**
 * Compares decoders with fast paths and without: every frame must give the same records, control messages
 * and faults, wherever it lies and whatever bytes surround it.
 */
export class FastPathTarget implements Target {
  readonly name: string;
  readonly share = 2;
  readonly firstInputs: readonly Input[] = [];
  readonly #counts = { fast: 0, general: 0 };
  readonly #schema: StreamSchema;
  readonly #slowSchema: StreamSchema;
  readonly #isRaw: boolean;
  readonly #frames: FastPathFrames;
  readonly #surroundings: readonly [Surroundings, Surroundings];

  constructor(assetClass: AssetClass, codec: Codec, isRaw: boolean) {
    this.name = `fast path, ${assetClass.name}, ${codec}, ${isRaw ? "raw" : "records"}`;
    this.#schema = assetClass.schema;
    this.#slowSchema = withoutFastPaths(assetClass.schema);
    this.#isRaw = isRaw;
    this.#frames = new FastPathFrames(assetClass, codec);
    this.#surroundings = [
      new Surroundings(Uint8Array.of(0x00, 0xff, 0x7f)),
      new Surroundings(this.#frames.continuation()),
    ];
  }

  makeInput(random: Random): Input {
    return Array.from({ length: FRAMES }, () => frameStep(this.#frames.make(random)));
  }

  get fastShare(): number {
    const { fast, general } = this.#counts;
    return fast / (fast + general);
  }

  run(input: Input): void {
    const fast = new FrameDecoder(this.#schema);
    const slow = new FrameDecoder(this.#slowSchema);
    const comparison = new Comparison(fast, slow, this.#isRaw, this.#surroundings);
    for (const step of input) if (step.type === "frame") comparison.compare(step.bytes);
    must(slow.counts.fast === 0, "the decoder without fast paths has one");
    this.#counts.fast += fast.counts.fast;
    this.#counts.general += fast.counts.general;
  }
}

/** A decoder with fast paths and one without, which read the same frames. */
class Comparison {
  readonly #fast: FrameDecoder;
  readonly #slow: FrameDecoder;
  readonly #isRaw: boolean;
  readonly #surroundings: readonly [Surroundings, Surroundings];

  constructor(
    fast: FrameDecoder,
    slow: FrameDecoder,
    isRaw: boolean,
    surroundings: readonly [Surroundings, Surroundings],
  ) {
    this.#fast = fast;
    this.#slow = slow;
    this.#isRaw = isRaw;
    this.#surroundings = surroundings;
  }

  compare(frame: Uint8Array): void {
    must(frame.length <= MAX_FRAME_BYTES, `the frame has more than ${MAX_FRAME_BYTES} bytes`);
    const random = new Random(hashOf(frame)); // so that the frame alone decides where it lies
    const bare = Uint8Array.from(frame);
    const isFastFirst = random.chance(0.5); // a new symbol or list of conditions is new to one decoder only
    const before = isFastFirst ? this.#eventsOf(this.#fast, bare) : undefined;
    const expected = this.#eventsOf(this.#slow, bare);
    mustBeSame(expected, before ?? this.#eventsOf(this.#fast, bare), "alone in its buffer");
    for (const [index, surroundings] of this.#surroundings.entries()) {
      surroundings.around(frame, random.below(OFFSETS), frame.length, (placed) => {
        mustBeSame(expected, this.#eventsOf(this.#fast, placed), `in the buffer ${index + 1}`);
      });
    }
    if (random.chance(0.3)) this.#compareCut(bare, random);
  }

  /** A frame that ends early, while its bytes go on behind the end. */
  #compareCut(frame: Uint8Array, random: Random): void {
    const length = random.below(frame.length + 1);
    const expected = this.#eventsOf(this.#slow, frame.slice(0, length));
    this.#surroundings[0].around(frame, random.below(OFFSETS), length, (placed) => {
      mustBeSame(expected, this.#eventsOf(this.#fast, placed), `cut to ${length} bytes`);
    });
  }

  #eventsOf(decoder: FrameDecoder, frame: Uint8Array): Event[] {
    const events: Event[] = [];
    const sink = {
      record: (...received: readonly [MarketRecord | RawRecord, ...unknown[]]) => events.push(received),
      control: (message: unknown) => events.push([message]),
      fault: (error: Error) => {
        countFrameFault(error);
        events.push([String(error)]);
      },
    };
    decoder.decode(frame, sink, this.#isRaw);
    return events;
  }
}

function mustBeSame(expected: readonly Event[], actual: readonly Event[], where: string): void {
  if (isSame(expected, actual)) return;
  const at = expected.findIndex((event, index) => !isSame(event, actual[index]));
  const index = at < 0 ? expected.length : at;
  must(
    false,
    `a frame ${where} gives another message ${index + 1} by the fast path:\n${show(actual[index])}\n` +
      `key by key:\n${show(expected[index])}`,
  );
}

function show(event: Event | undefined): string {
  return event === undefined ? "none" : inspect(event, { depth: 4, customInspect: false });
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
