import type { Field } from "../schema.ts";
import { type FastCodec, type FastFields, MAX_SYMBOL_BYTES } from "./fast-codec.ts";
import { bytesOf, mismatch, plus, type Segments } from "./segments.ts";

/** What the end of a symbol or a number is searched in: see `wire/json/fast-values.ts`. */
const SEARCHED_BYTES = 20;
/** Nine digits, which fit an integer of 32 bits, and a point. */
const MAX_DECIMAL_BYTES = 10;
const MAX_INTEGER_BYTES = 9;
/** `2025-11-14T14:30:00.123456789Z` */
const TIME_BYTES = 30;
/** `"@","I","T","X"]` */
const MAX_CONDITIONS_BYTES = 16;
/** Bytes before the symbol: `{"T":"q","S":"`. */
const HEAD_BYTES = 14;

/** Compact JSON with its keys in the documented order: everything between two values is compared as words. */
export const JSON_CODEC: FastCodec = {
  name: "Json",
  doc: "Makes the fast path of JSON.",
  helpers: {
    "../wire/interning.ts": ["knownSymbol", "numberedText"],
    "../wire/json/fast-values.ts": [
      ...["amountBetween", "conditionsAt", "conditionsEnd", "idBetween", "lastTime", "letterText"],
      ...["numberEnd", "readTime", "scaled", "textEnd", "timeText"],
    ],
  },
  time: "lastTime",
  typeAt: 4,
  typeBytes: (letter) => bytesOf(`:"${letter}"`),
  nextMessage: `
    if (view.getUint8(done) !== 0x2c) break; // the comma of an array
    at = (done + 1) | 0;`,
  begin: () => ({
    source: `
      const symbolEnd = textEnd(view, start + ${HEAD_BYTES});
      const symbolBytes = symbolEnd - start - ${HEAD_BYTES};
      const symbol = knownSymbol(view, start + ${HEAD_BYTES}, symbolBytes);
      if (
        ${mismatch("start", bytesOf('{"T"'), '{"T"')}
        ${mismatch("start + 8", bytesOf(',"S":"'), ',"S":"')}
        symbolBytes < 1 || symbol === 0
      ) return undefined;`,
    rest: "symbolEnd",
    maxBytes: HEAD_BYTES + Math.max(MAX_SYMBOL_BYTES, SEARCHED_BYTES),
  }),
  fields: (code) => new JsonFields(code),
};

class JsonFields implements FastFields {
  readonly #code: Segments;

  constructor(code: Segments) {
    this.#code = code;
    this.#fixed('"'); // behind the symbol
  }

  field(field: Field): void {
    switch (field.kind) {
      case "code":
        return this.#letter(field);
      case "price":
        return this.#decimal(field);
      case "size":
      case "count":
        return this.#integer(field);
      case "amount":
        return this.#longNumber(field, "amountBetween");
      case "id":
        return this.#longNumber(field, "idBetween");
      case "conditions":
        return this.#conditions(field);
      default:
        throw new Error(`${field.name}: the fast path of JSON has no kind "${field.kind}"`);
    }
  }

  time(): void {
    this.#fixed(',"t":"');
    this.#code.statements(`const timeAt = (${this.#code.at()}) | 0;`);
    this.#timeAt("timeAt");
    this.#code.check();
    this.#code.moveTo("endOfTime", TIME_BYTES);
    this.#fixed('"');
  }

  timeAndCode({ name, key }: Field): void {
    const code = this.#code;
    const head = `,"${key}":"`;
    const codeBytes = head.length + 2; // with the letter and a quote
    const timeHead = ',"t":"';
    code.check();
    code.statements(
      `// Servers write the ${name} behind the time or before it.`,
      `const isTimeFirst = view.getUint8(${code.at(2)}) === 0x74;`,
      `const timeAt = isTimeFirst ? ${code.at()} : (${code.at(codeBytes)}) | 0;`,
    );
    code.rejectUnless("timeAt", bytesOf(timeHead), timeHead);
    this.#timeAt(plus("timeAt", timeHead.length));
    code.statements(`const ${name}At = isTimeFirst ? (endOfTime + 1) | 0 : ${code.at()};`);
    code.rejectUnless(`${name}At`, bytesOf(head), head);
    this.#letterAt(name, plus(`${name}At`, head.length));
    code.rejectUnless(plus(`${name}At`, codeBytes - 1), bytesOf('"'), '"');
    code.value(codeBytes + timeHead.length + 1);
    code.check();
    code.moveTo(`endOfTime + (isTimeFirst ? ${codeBytes + 1} : 1)`, TIME_BYTES);
  }

  end(): void {
    this.#fixed("}");
  }

  #fixed(text: string): void {
    this.#code.fixed(bytesOf(text), text);
  }

  #timeAt(at: string): void {
    const code = this.#code;
    code.statements(`const endOfTime = readTime(view, ${at});`);
    code.rejectIf("endOfTime === 0");
    code.values.set("seconds", "lastTime.seconds");
    code.values.set("nanos", "lastTime.nanos");
    code.values.set("time", `timeText(endOfTime - ${at.replace(" + ", " - ")})`);
  }

  #letter({ name, key }: Field): void {
    this.#fixed(`,"${key}":"`);
    this.#letterAt(name, this.#code.at());
    this.#code.value(1);
    this.#fixed('"');
  }

  #letterAt(name: string, at: string): void {
    this.#code.statements(`const ${name} = letterText(view.getUint8(${at}));`);
    this.#code.rejectIf(`${name} === ""`);
    this.#code.values.set(name, name);
  }

  #decimal({ name, key }: Field): void {
    const code = this.#code;
    this.#fixed(`,"${key}":`);
    code.statements(`let ${name}Point = 0;`);
    const start = this.#digits(
      name,
      MAX_DECIMAL_BYTES,
      `else if (digit === 0x1e && ${name}Point === 0) ${name}Point = ${name}End;`,
    );
    code.statements(
      `const ${name} = ${name}Point === 0
        ? ${name}Digits
        : scaled(${name}Digits, ${name}End - ${name}Point - 1);`,
    );
    code.rejectIf(`${name}Point === ${start} || ${name}End - ${name}Point === 1`); // no digit before the point, or behind it
    code.rejectIf(`(${name}Point === 0 && ${name}End === ${code.at(MAX_DECIMAL_BYTES)})`); // ten digits
    code.check();
    code.moveTo(`${name}End`, MAX_DECIMAL_BYTES);
    code.values.set(name, name);
  }

  #integer({ name, key }: Field): void {
    const code = this.#code;
    this.#fixed(`,"${key}":`);
    this.#digits(name, MAX_INTEGER_BYTES, "");
    code.check();
    code.moveTo(`${name}End`, MAX_INTEGER_BYTES);
    code.values.set(name, `${name}Digits`);
  }

  /**
   * Emits a loop over digits up to their end, and what `otherwise` accepts besides; returns their start. The loop
   * is part of the message's code, because a call costs as much as the loop. Four digits at once are slower: the
   * processor predicts where a loop ends and reads on, but has to wait for an end that is computed.
   */
  #digits(name: string, maxBytes: number, otherwise: string): string {
    const code = this.#code;
    const start = code.at();
    code.statements(
      `let ${name}Digits = 0;`,
      `let ${name}End = (${start}) | 0;`,
      `for (; ${name}End < ${code.at(maxBytes)}; ${name}End = (${name}End + 1) | 0) {
        const digit = view.getUint8(${name}End) ^ 0x30; // 10 or more for anything else
        if (digit < 10) ${name}Digits = (Math.imul(${name}Digits, 10) + digit) | 0;
        ${otherwise} else break;
      }`,
    );
    code.rejectIf(`(view.getUint16(${start}) ^ 0x3030) < 10 || ${name}End === ${start}`); // 0 before a digit, or no digit
    return start;
  }

  #longNumber({ name, key }: Field, read: "amountBetween" | "idBetween"): void {
    const code = this.#code;
    this.#fixed(`,"${key}":`);
    code.statements(
      `const ${name}End = numberEnd(view, ${code.at()});`,
      `const ${name} = ${read}(view, ${code.at()}, ${name}End);`,
    );
    code.rejectIf(`${name} < 0`);
    code.check();
    code.moveTo(`${name}End`, SEARCHED_BYTES);
    code.values.set(name, name);
  }

  #conditions({ name, key }: Field): void {
    const code = this.#code;
    this.#fixed(`,"${key}":[`);
    code.statements(`const ${name} = conditionsAt(view, ${code.at()}, raw);`);
    code.rejectIf(`${name} === undefined`);
    code.check();
    code.moveTo(`conditionsEnd(view, ${code.at()})`, MAX_CONDITIONS_BYTES);
    code.values.set(name, name);
  }
}
