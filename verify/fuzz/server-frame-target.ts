import { decode as decodeIndependently } from "@msgpack/msgpack";
import { Codec, FrameDecoder, MarketRecord, sniffCodec, WIRE_LIMITS } from "@tickerplant/client/wire";
import type { Random } from "../shared/random.ts";
import type { AssetClass } from "./asset-class.ts";
import type { Corpus } from "./corpus.ts";
import { canonical, type Decoded, decode, encode, type Message } from "./decoding.ts";
import { makeFrame } from "./generate.ts";
import { frameStep, type Input } from "./input.ts";
import { sameAsParsed } from "./json-oracle.ts";
import { must, type Target } from "./target.ts";

/** Decodes a server's frame with `FrameDecoder.decode`, into records and raw. */
export class ServerFrameTarget implements Target {
  readonly name: string;
  readonly share = 6;
  readonly firstInputs: readonly Input[];
  readonly #assetClass: AssetClass;
  readonly #frames: readonly Uint8Array[];
  /** Has decoded every earlier frame: none may affect the next. */
  readonly #experienced: FrameDecoder;
  readonly #second: FrameDecoder;

  constructor(assetClass: AssetClass, { server }: Corpus) {
    this.name = `server frame, ${assetClass.name}`;
    this.firstInputs = server.map((frame) => [frameStep(frame)]);
    this.#assetClass = assetClass;
    this.#frames = server;
    this.#experienced = new FrameDecoder(assetClass.schema);
    this.#second = new FrameDecoder(assetClass.schema);
  }

  makeInput(random: Random): Input {
    return [frameStep(makeFrame(this.#frames, random))];
  }

  run(input: Input): void {
    for (const step of input) if (step.type === "frame") this.#check(step.bytes);
  }

  #check(frame: Uint8Array): void {
    const decoded = decode(this.#experienced, frame);
    const raw = decode(this.#experienced, frame, true);
    checkRaw(decoded, raw);
    const texts = decoded.messages.map((message) => this.#textOf(message));
    for (const [index, message] of decoded.messages.entries()) this.#checkStable(message, texts[index] ?? "");
    if (isOneIn(4, frame)) this.#checkRepeatable(frame, decoded, texts);
    if (decoded.faults.length === 0 && texts.length > 0) this.#checkTruncated(frame, texts);
    if (sniffCodec(frame) === Codec.JSON) checkAgainstJsonParse(frame, decoded, raw);
    else if (isOneIn(4, frame)) checkAgainstMsgpack(frame, decoded);
  }

  #textOf(message: Message): string {
    return canonical(this.#assetClass, message);
  }

  /** A decoded message is the same after encoding and decoding in either codec. */
  #checkStable(message: Message, text: string): void {
    if (message instanceof MarketRecord && !fitsInBoth(message.symbol)) return;
    if (/\\ud[89a-f]/.test(text)) return; // half a surrogate pair: JSON can escape it, UTF-8 cannot encode it
    for (const codec of [Codec.JSON, Codec.MSGPACK]) {
      const again = decode(this.#second, encode(this.#assetClass, message, codec));
      must(again.faults.length === 0, `${text} encoded as ${codec} cannot be decoded: ${again.faults[0]?.message}`);
      const [only] = again.messages;
      must(
        only !== undefined && again.messages.length === 1,
        `${text} encoded as ${codec} is decoded as ${again.messages.length} messages`,
      );
      must(this.#textOf(only) === text, `${text} encoded as ${codec} is decoded as ${this.#textOf(only)}`);
    }
  }

  /** A frame decodes the same again, by the same decoder and by a new one. */
  #checkRepeatable(frame: Uint8Array, { faults }: Decoded, texts: readonly string[]): void {
    for (const decoder of [this.#experienced, new FrameDecoder(this.#assetClass.schema)]) {
      const again = decode(decoder, frame);
      const textsAgain = again.messages.map((message) => this.#textOf(message));
      must(textsAgain.join() === texts.join(), "a frame decodes differently the next time");
      must(again.faults.map(String).join() === faults.map(String).join(), "a frame has different faults the next time");
    }
  }

  #checkTruncated(frame: Uint8Array, texts: readonly string[]): void {
    const { messages } = decode(this.#second, frame.subarray(0, frame.length >> 1));
    for (const [index, message] of messages.entries()) {
      must(
        this.#textOf(message) === texts[index],
        "a truncated frame has a message that the whole frame does not have",
      );
    }
  }
}

/** True for a share of the frames, always the same ones: costly checks run on those only. */
function isOneIn(share: number, frame: Uint8Array): boolean {
  return ((frame[frame.length >> 1] ?? 0) + frame.length) % share === 0;
}

function checkRaw(decoded: Decoded, { raw, faults }: Decoded): void {
  for (const { S, T } of raw) {
    must(typeof S === "string" && S !== "", "a raw record has no symbol");
    must(S.length <= WIRE_LIMITS.maxSymbolBytes, `a raw record has a symbol of ${S.length} characters`);
    must(typeof T === "string", "a raw record has no type");
  }
  const records = decoded.messages.filter((message) => message instanceof MarketRecord);
  if (faults.length > 0 || decoded.faults.length > 0) return;
  must(raw.length === records.length, `${records.length} records, but ${raw.length} raw records`);
  for (const [index, { symbol }] of records.entries()) {
    must(raw[index]?.S === symbol, `a record of ${symbol} is one of ${raw[index]?.S} when raw`);
  }
}

/** True if a symbol is within the limit in both codecs: escapes and replacement characters are longer. */
function fitsInBoth(symbol: string): boolean {
  return Buffer.byteLength(JSON.stringify(symbol)) - 2 <= WIRE_LIMITS.maxSymbolBytes;
}

/** JSON that `JSON.parse` accepts is no bad frame, and raw records equal its values. */
function checkAgainstJsonParse(frame: Uint8Array, { faults }: Decoded, { raw }: Decoded): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(frame));
  } catch {
    return;
  }
  const bad = faults.find(({ code }) => code === "bad_frame");
  must(bad === undefined, `JSON.parse accepts the frame, the decoder reports: ${bad?.message}`);
  const elements: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  let at = 0;
  for (const record of raw) {
    while (at < elements.length && !sameAsParsed(record, elements[at])) at++;
    must(at < elements.length, `JSON.parse has no record equal to ${record.T} ${record.S} ${record.t}`);
    at++;
  }
}

/** Msgpack that an independent decoder accepts is no bad frame. */
function checkAgainstMsgpack(frame: Uint8Array, { faults }: Decoded): void {
  let value: unknown;
  try {
    // Without limits it allocates as much as a header claims.
    const most = frame.length;
    value = decodeIndependently(frame, {
      maxArrayLength: most,
      maxMapLength: most,
      maxStrLength: most,
      maxExtLength: most,
    });
  } catch {
    return;
  }
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return;
  const lead = frame[0] ?? 0;
  const isMapOrArray = (lead >= 0x80 && lead <= 0x9f) || (lead >= 0xdc && lead <= 0xdf);
  const bad = faults.find(({ code }) => code === "bad_frame");
  must(!isMapOrArray || bad === undefined, `@msgpack/msgpack accepts the frame, the decoder reports: ${bad?.message}`);
}
