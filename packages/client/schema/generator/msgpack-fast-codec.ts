import type { Field } from "../schema.ts";
import { type FastCodec, type FastFields, MAX_SYMBOL_BYTES } from "./fast-codec.ts";
import { bytesOf, mismatch, plus, type Segments, word } from "./segments.ts";
import { capital, hex } from "./source.ts";

/** Bytes of the map's header, `T` and the type. */
const TYPE_BYTES = 5;
/** Bytes of a key of one letter, `S`, and the header of a short string. */
const SYMBOL_HEAD_BYTES = 3;
const TIME_HEAD = [...keyBytes("t"), 0xd7, 0xff];
const TIME_BYTES = TIME_HEAD.length + 8;
const MAX_CONDITIONS_BYTES = 8;

/** Messages of msgpack as servers write them: every key is compared together with the header of its value. */
export const MSGPACK: FastCodec = {
  name: "Msgpack",
  doc: "Makes the fast path of msgpack; a bundle for browsers has `wire/no-fast-path.ts` in its place.",
  helpers: {
    "../wire/interning.ts": ["asciiText", "knownConditions", "knownSymbol", "numberedText", "ownConditions"],
    "../wire/msgpack/fast-values.ts": ["conditionsKey", "integerAt", "integerBytes", "shortIntegerAt"],
    "../wire/timestamp.ts": ["formatTimestamp"],
  },
  time: "message",
  typeAt: 1,
  typeBytes: (letter) => [...keyBytes("T"), 0xa1, ...bytesOf(letter)],
  nextMessage: "at = done;",
  begin: (keyCount) => ({
    source: `
      const symbolBytes = view.getUint8(start + 7) - 0xa0;
      const symbol = knownSymbol(view, start + 8, symbolBytes);
      if (
        view.getUint8(start) !== ${hex(0x80 + keyCount)} || // a map of ${keyCount} keys
        ${mismatch("start + 5", keyBytes("S"), "S")}
        symbolBytes < 1 || symbol === 0
      ) return undefined;`,
    rest: `(start + ${TYPE_BYTES + SYMBOL_HEAD_BYTES} + symbolBytes) | 0`,
    maxBytes: TYPE_BYTES + SYMBOL_HEAD_BYTES + MAX_SYMBOL_BYTES,
  }),
  fields: (code) => new MsgpackFields(code),
};

class MsgpackFields implements FastFields {
  readonly #code: Segments;
  /** Variables that hold the letter of a code. */
  readonly #letters: string[] = [];
  /** Variables that hold a double. */
  readonly #doubles: string[] = [];

  constructor(code: Segments) {
    this.#code = code;
  }

  field(field: Field): void {
    switch (field.kind) {
      case "code":
        return this.#letter(field);
      case "price":
      case "amount":
        return this.#double(field);
      case "size":
      case "count":
        return this.#integer(field, 4);
      case "id":
        return this.#integer(field, 8);
      case "conditions":
        return this.#conditions(field);
      default:
        throw new Error(`${field.name}: the fast path of msgpack has no kind "${field.kind}"`);
    }
  }

  time(): void {
    this.#code.fixed(TIME_HEAD, "t");
    this.#timeAt(this.#code.at());
    this.#code.value(8);
  }

  timeAndCode({ name, key }: Field): void {
    const code = this.#code;
    const head = [...keyBytes(key), 0xa1];
    const codeBytes = head.length + 1;
    code.statements(
      `// Servers write the ${name} behind the time or before it.`,
      `const isTimeFirst = view.getUint16(${code.at()}) === ${word(keyBytes("t"))};`,
      `const timeAt = isTimeFirst ? ${code.at()} : (${code.at(codeBytes)}) | 0;`,
      `const ${name}At = isTimeFirst ? (${code.at(TIME_BYTES)}) | 0 : ${code.at()};`,
    );
    code.rejectUnless("timeAt", TIME_HEAD, "t");
    this.#timeAt(plus("timeAt", TIME_HEAD.length));
    code.rejectUnless(`${name}At`, head, key);
    this.#letterAt(name, plus(`${name}At`, head.length));
    code.value(TIME_BYTES + codeBytes);
  }

  end(): void {
    if (this.#letters.length > 0) this.#code.rejectIf(`(${this.#letters.join(" | ")}) > 0x7f`);
    const finite = this.#doubles.map((name) => `(${name} - ${name})`).join(" + ");
    if (finite !== "") this.#code.rejectIf(`${finite} !== 0`); // only finite numbers minus themselves are 0
  }

  #timeAt(at: string): void {
    this.#code.statements(
      `const timeHigh = view.getUint32(${at});`,
      "const nanos = timeHigh >>> 2;",
      `const seconds = view.getUint32(${plus(at, 4)});`,
    );
    this.#code.rejectIf("(timeHigh & 3) !== 0 || nanos > 999_999_999");
    this.#code.values.set("time", "formatTimestamp(seconds, nanos)");
  }

  #letter({ name, key }: Field): void {
    this.#code.fixed([...keyBytes(key), 0xa1], key);
    this.#letterAt(name, this.#code.at());
    this.#code.value(1);
  }

  #letterAt(name: string, at: string): void {
    this.#code.statements(`const ${name} = view.getUint8(${at});`);
    this.#letters.push(name);
    this.#code.values.set(name, `asciiText(${name})`);
  }

  #double({ name, key, kind }: Field): void {
    const code = this.#code;
    code.fixed([...keyBytes(key), 0xcb], key);
    code.statements(`const ${name} = view.getFloat64(${code.at()});`);
    if (kind === "amount") code.rejectIf(`${name} < 0`);
    code.value(8);
    this.#doubles.push(name);
    code.values.set(name, name);
  }

  #integer({ name, key }: Field, maxBytes: 4 | 8): void {
    const code = this.#code;
    code.fixed(keyBytes(key), key);
    code.statements(
      `const ${name}Lead = view.getUint8(${code.at()});`,
      `const ${name}Bytes = integerBytes(${name}Lead);`,
    );
    code.rejectIf(maxBytes === 8 ? `${name}Bytes < 0` : `${name}Bytes < 0 || ${name}Bytes > ${maxBytes}`);
    code.check();
    const read = maxBytes === 8 ? "integerAt" : "shortIntegerAt";
    code.statements(`const ${name} = ${read}(view, ${code.at()}, ${name}Lead);`);
    code.value(1);
    code.moveTo(`${code.at()} + ${name}Bytes`, maxBytes);
    code.values.set(name, name);
  }

  #conditions({ name, key }: Field): void {
    const code = this.#code;
    code.fixed(keyBytes(key), key);
    code.statements(
      `const ${name}Count = view.getUint8(${code.at()}) - 0x90;`,
      `const keyOf${capital(name)} = conditionsKey(view, ${code.at(1)}, ${name}Count);`,
      `const ${name} = raw ? ownConditions(keyOf${capital(name)}) : knownConditions(keyOf${capital(name)});`,
    );
    code.rejectIf(`${name} === undefined`);
    code.check();
    code.value(1);
    code.moveTo(`${code.at()} + 2 * ${name}Count`, MAX_CONDITIONS_BYTES);
    code.values.set(name, name);
  }
}

/** A key as the wire has it: the header of a short string, and its letters. */
function keyBytes(key: string): number[] {
  return [0xa0 | key.length, ...bytesOf(key)];
}
