import { Codec, type FrameEncoder, type MarketRecord } from "@tickerplant/client/wire";
import { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import { vectorFrames } from "./corpus.ts";
import { HOT_MESSAGES, type HotMessage } from "./hot-fields.ts";
import { makeHotMessage } from "./hot-messages.ts";
import { makeServerMessage } from "./messages.ts";
import { changeSlightly } from "./small-changes.ts";

/** The number of simulated messages, of records with edge values, and of control messages. */
const SIMULATED = 2000;
const RECORDS = 200;
const CONTROL = 40;
/** The most messages of a frame. */
const MAX_MESSAGES = 5;

/** Makes the frames that a codec's fast path is compared on: mostly of hot messages, with small changes. */
export class FastPathFrames {
  readonly #codec: Codec;
  readonly #hot: readonly HotMessage[];
  /** Messages of a simulated market. */
  readonly #simulated: readonly Uint8Array[];
  /** Documented examples, other records, control messages. */
  readonly #others: readonly Uint8Array[];

  constructor(assetClass: AssetClass, codec: Codec) {
    const random = new Random(1); // the messages are always the same: the run's seed decides how they are changed
    const { name, schema, encoders, symbols, vectorFiles } = assetClass;
    const encoder = encoders[codec];
    const simulation = assetClass.simulate();
    this.#codec = codec;
    this.#hot = HOT_MESSAGES[name] ?? [];
    this.#simulated = Array.from({ length: SIMULATED }, () => simulation.next())
      .filter(({ channel }) => schema.hot.includes(channel) || random.chance(0.1))
      .map((record) => messageOf(encoder, record));
    this.#others = [
      ...Array.from({ length: RECORDS }, () => messageOf(encoder, assetClass.makeRecord(random, symbols))),
      ...Array.from({ length: CONTROL }, () =>
        withoutArray(encoder.serverFrame(makeServerMessage(random, assetClass))),
      ),
      ...vectorFiles.flatMap((file) => vectorFrames(file, codec).map(withoutArray)),
    ];
  }

  make(random: Random): Uint8Array {
    const messages = Array.from({ length: random.between(1, MAX_MESSAGES) }, () => this.#message(random));
    const frame = this.#codec === Codec.JSON ? jsonFrame(messages, random) : msgpackFrame(messages, random);
    return random.chance(0.3) ? frame : changeSlightly(frame, this.#message(random), random);
  }

  /** Returns simulated messages one behind the other, with which a frame that ends early would go on. */
  continuation(): Uint8Array {
    const messages = this.#simulated.slice(0, 32);
    return Buffer.concat(this.#codec === Codec.JSON ? messages.flatMap((message) => [COMMA, message]) : messages);
  }

  #message(random: Random): Uint8Array {
    const kind = random.next();
    if (kind < 0.6) return makeHotMessage(this.#codec, this.#hot, random);
    return random.pick(kind < 0.9 ? this.#simulated : this.#others);
  }
}

/** A copy: the encoder's own bytes are those of the last record. */
function messageOf(encoder: FrameEncoder, record: MarketRecord): Uint8Array {
  return encoder.record(record).slice();
}

/** The messages of an array as they stand in it, without its ends. */
function withoutArray(frame: Uint8Array): Uint8Array {
  return frame[0] === 0x5b ? frame.subarray(1, -1) : frame.subarray(1);
}

const OPEN = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("]");

function jsonFrame(messages: readonly Uint8Array[], random: Random): Uint8Array {
  const isArray = random.chance(0.9);
  const parts = messages.flatMap((message, index) => (index === 0 ? [message] : [COMMA, message]));
  return Buffer.concat(isArray ? [OPEN, ...parts, CLOSE] : parts);
}

function msgpackFrame(messages: readonly Uint8Array[], random: Random): Uint8Array {
  const { length } = messages;
  const kind = random.next();
  if (kind < 0.03) return Buffer.concat([Uint8Array.of(0xdc, 0, length), ...messages]);
  if (kind < 0.06) return Buffer.concat([Uint8Array.of(0x90 + random.below(MAX_MESSAGES + 2)), ...messages]);
  if (kind < 0.1) return Buffer.concat(messages);
  return Buffer.concat([Uint8Array.of(0x90 + length), ...messages]);
}
