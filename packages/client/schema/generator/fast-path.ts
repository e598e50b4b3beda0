import { type AssetClass, type Field, type RecordType, TIME } from "../schema.ts";
import { isOptional } from "./kinds.ts";
import { construction, fieldsOf, header, hex, imports } from "./source.ts";

/** Bytes from which a symbol is fetched, whatever its length. */
const SYMBOL_BYTES = 8;
/** Bytes of the map's header, `T` and the type. */
const TYPE_BYTES = 5;

/**
 * `msgpack-fast-path.ts`: reads the hot records in the form that servers write, straight down the keys.
 *
 * The code has no loop over keys and no check of the end for each value: one guard in front and one
 * check behind. Every key is compared together with the header of its value, at a constant offset from
 * the last value of variable length.
 */
export function fastPathSource(assetClass: AssetClass): string {
  const { records, hot } = assetClass;
  const hotRecords = hot.map((channel) => {
    const record = records.find(({ channels }) => Object.values(channels).includes(channel));
    if (record === undefined) throw new Error(`no record type is of the hot channel ${channel}`);
    return { record, plan: planOf(record) };
  });
  const maxBytes = Math.max(...hotRecords.map(({ plan }) => plan.maxBytes));
  const body = hotRecords.map(({ record, plan }) => readerSource(record, plan)).join("\n");
  return `${header(assetClass)}
    ${imports({
      "../wire/interning.ts": used(body, ["asciiText", "knownConditions", "knownNumber", "numberedText"]),
      "../wire/msgpack/fast-values.ts": used(body, ["conditionsKey", "integerAt", "integerBytes", "shortIntegerAt"]),
      "../wire/stream-schema.ts": ["type FastPath"],
      "../wire/wire-reader.ts": ["type RecordSink"],
      "./records.ts": hotRecords.map(({ record }) => record.name),
    })}
    /** Bytes of the longest message that is read here, fetched without a look at the end. */
    const MAX_BYTES = ${maxBytes};

    class MsgpackFastPath implements FastPath {
      readonly maxBytes: number = MAX_BYTES;
      left = 0;

      read(view: DataView, start: number, end: number, count: number, sink: RecordSink): number {
        const last = view.byteLength - MAX_BYTES;
        let at = start;
        let left = count;
        while (left > 0 && at <= last) {
          const type = view.getUint32(at + 1);
          let next = 0;
          ${hotRecords.map(({ record }) => dispatch(record)).join("\nelse ")}
          if (next === 0) break;
          at = next;
          left = (left - 1) | 0;
        }
        this.left = left;
        return at;
      }
    }

    /** Makes the fast path of msgpack; a bundle for browsers has \`wire/no-fast-path.ts\` in its place. */
    export const msgpackFastPath: (() => FastPath) | undefined = () => new MsgpackFastPath();

    ${body}
  `;
}

function used(source: string, names: readonly string[]): string[] {
  return names.filter((name) => source.includes(`${name}(`));
}

function dispatch({ name, channels }: RecordType): string {
  const [letter = ""] = Object.keys(channels);
  return `if (type === ${word(["T".length | 0xa0, ...bytesOf("T"), 0xa1, ...bytesOf(letter)])}) next = read${name}(view, at, end, sink);`;
}

/** The code of one record's reader, put together field by field. */
interface Plan {
  /** Statements in order, each segment between two values of variable length ended by its check. */
  readonly statements: readonly string[];
  /** Conditions of the last check. */
  readonly conditions: readonly string[];
  /** Variables that hold the letter of a code. */
  readonly letters: readonly string[];
  /** Variables that hold a double. */
  readonly doubles: readonly string[];
  readonly maxBytes: number;
  /** Bytes after the last value of variable length. */
  readonly offset: number;
}

/** Emits the fields of a message in order, and keeps count of where they are. */
class Planner {
  readonly statements: string[] = [];
  readonly letters: string[] = [];
  readonly doubles: string[] = [];
  conditions: string[] = [];
  offset = 0;
  maxBytes = TYPE_BYTES + 3 + SYMBOL_BYTES;

  field(field: Field): void {
    switch (field.kind) {
      case "code":
        return this.#code(field);
      case "price":
      case "amount":
        return this.#double(field);
      case "size":
      case "count":
        return this.#integer(field, 4);
      case "id":
        return this.#integer(field, 8);
      case "conditions":
        return this.#conditionList(field);
      default:
        throw new Error(`${field.name}: the fast path has no kind "${field.kind}"`);
    }
  }

  /** The time, and the code behind it if servers may write that first. */
  time(next: Field | undefined): void {
    const head = [...keyBytes("t"), 0xd7, 0xff];
    if (next === undefined) this.#timeAt(this.#at(), head);
    else {
      const { name } = next;
      const code = [...keyBytes(next.key), 0xa1];
      const codeBytes = code.length + 1;
      const timeBytes = head.length + 8;
      this.statements.push(
        `// Servers write the ${name} behind the time or before it.`,
        `const isTimeFirst = view.getUint16(${this.#at()}) === ${word(keyBytes("t"))};`,
        `const timeAt = isTimeFirst ? ${this.#at()} : (${this.#at(codeBytes)}) | 0;`,
        `const ${name}At = isTimeFirst ? (${this.#at(timeBytes)}) | 0 : ${this.#at()};`,
      );
      this.#timeAt("timeAt", head);
      this.#codeAt(name, `${name}At`, code, next.key);
      this.#advance(timeBytes + codeBytes);
      return;
    }
    this.#advance(head.length + 8);
  }

  #timeAt(at: string, head: readonly number[]): void {
    this.conditions.push(mismatch(at, head, "t"), "(timeHigh & 3) !== 0 || nanos > 999_999_999 || ");
    this.statements.push(
      `const timeHigh = view.getUint32(${plus(at, head.length)});`,
      "const nanos = timeHigh >>> 2;",
      `const seconds = view.getUint32(${plus(at, head.length + 4)});`,
    );
  }

  #code({ name, key }: Field): void {
    const head = [...keyBytes(key), 0xa1];
    this.#codeAt(name, this.#at(), head, key);
    this.#advance(head.length + 1);
  }

  #codeAt(name: string, at: string, head: readonly number[], key: string): void {
    this.conditions.push(mismatch(at, head, key));
    this.statements.push(`const ${name} = view.getUint8(${plus(at, head.length)});`);
    this.letters.push(name);
  }

  #double({ name, key, kind }: Field): void {
    const head = [...keyBytes(key), 0xcb];
    this.conditions.push(mismatch(this.#at(), head, key));
    if (kind === "amount") this.conditions.push(`${name} < 0 || `);
    this.statements.push(`const ${name} = view.getFloat64(${this.#at(head.length)});`);
    this.doubles.push(name);
    this.#advance(head.length + 8);
  }

  #integer({ name, key }: Field, maxBytes: 4 | 8): void {
    const head = keyBytes(key);
    this.statements.push(
      `const ${name}Lead = view.getUint8(${this.#at(head.length)});`,
      `const ${name}Bytes = integerBytes(${name}Lead);`,
    );
    const isWrong = maxBytes === 8 ? `${name}Bytes < 0` : `${name}Bytes < 0 || ${name}Bytes > ${maxBytes}`;
    this.conditions.push(mismatch(this.#at(), head, key), `${isWrong} || `);
    const valueAt = this.#at(head.length + 1);
    this.#check();
    this.statements.push(
      `const ${name} = ${maxBytes === 8 ? "integerAt" : "shortIntegerAt"}(view, ${valueAt}, ${name}Lead, ${name}Bytes);`,
    );
    this.#moveBy(head.length + 1, `${name}Bytes`, maxBytes);
  }

  #conditionList({ name, key }: Field): void {
    const head = keyBytes(key);
    this.statements.push(
      `const ${name}Count = view.getUint8(${this.#at(head.length)}) - 0x90;`,
      `const ${name} = knownConditions(conditionsKey(view, ${this.#at(head.length + 1)}, ${name}Count));`,
    );
    this.conditions.push(mismatch(this.#at(), head, key), `${name} === undefined || `);
    this.#check();
    this.#moveBy(head.length + 1, `2 * ${name}Count`, 8);
  }

  /** Ends a segment: all its comparisons in one `if`. */
  #check(): void {
    this.statements.push(`if (${joined(this.conditions)}) return 0;`);
    this.conditions = [];
  }

  /** Starts a segment behind a value of variable length. */
  #moveBy(fixed: number, variable: string, maxVariable: number): void {
    this.statements.push(`at = (at + ${this.offset + fixed} + ${variable}) | 0;\n`);
    this.offset = 0;
    this.maxBytes += fixed + maxVariable;
  }

  #advance(bytes: number): void {
    this.offset += bytes;
    this.maxBytes += bytes;
  }

  #at(more = 0): string {
    return plus("at", this.offset + more);
  }
}

function planOf(record: RecordType): Plan {
  const planner = new Planner();
  const fields = record.fields.filter((field) => field === TIME || !isOptional(field));
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as Field | typeof TIME; // within the array's length
    if (field !== TIME) planner.field(field);
    else {
      const next = fields[index + 1];
      const swaps = next !== undefined && next !== TIME && next.mayPrecedeTime === true;
      planner.time(swaps ? next : undefined);
      if (swaps) index++;
    }
  }
  return planner;
}

function readerSource(record: RecordType, plan: Plan): string {
  const fields = fieldsOf(record);
  const required = fields.filter((field) => !isOptional(field));
  const [channel = ""] = Object.values(record.channels);
  const mapLead = 0x80 + required.length + 3; // and T, S, t
  const letters = plan.letters.length === 0 ? [] : [`(${plan.letters.join(" | ")}) > 0x7f || `];
  const doubles =
    plan.doubles.length === 0
      ? []
      : [`${plan.doubles.map((name) => `(${name} - ${name})`).join(" + ")} !== 0 || // not finite\n`];
  const moves = plan.statements.some((statement) => statement.startsWith("at = ")); // behind a value of variable length
  const end = plan.offset === 0 ? "at" : `(at + ${plan.offset}) | 0`;
  const construct = construction({ ...record, fields: required }, (name) => {
    if (name === "symbol") return "symbolText"; // the variable holds the symbol's number
    return plan.letters.includes(name) ? `asciiText(${name})` : name;
  });
  return `
    /** Reads one message. Returns where it ends; 0, and nothing is done, for another form. */
    function read${record.name}(view: DataView, start: number, end: number, sink: RecordSink): number {
      const symbolBytes = view.getUint8(start + 7) - 0xa0;
      const symbol = knownNumber(view.getInt32(start + 8), view.getInt32(start + 12), symbolBytes);
      if (
        view.getUint8(start) !== ${hex(mapLead)} || // a map of ${mapLead - 0x80} keys
        view.getUint16(start + 5) !== ${word(keyBytes("S"))} || // S
        symbolBytes < 1 || symbolBytes > ${SYMBOL_BYTES} || symbol === 0
      ) return 0;
      ${moves ? "let" : "const"} at = (start + ${TYPE_BYTES + 3} + symbolBytes) | 0;

      ${plan.statements.join("\n")}
      const next = ${end};
      if (${joined([...plan.conditions, ...letters, ...doubles, "next > end || "])}) return 0;

      const symbolText = numberedText(symbol);
      sink.record(${construct}, "${channel}", symbolText, symbol, seconds, nanos);
      return next;
    }
  `;
}

/** Conditions, each of which ends with `||` and perhaps a comment, as one. */
function joined(conditions: readonly string[]): string {
  return conditions.join("").replace(/ \|\| (\/\/[^\n]*\n)?$/, " $1");
}

/** The condition that bytes stand elsewhere than at `at`: compared as one integer, the last of 3 with a byte more. */
function mismatch(at: string, bytes: readonly number[], key: string): string {
  const comment = ` || // ${key}\n`;
  if (bytes.length === 2) return `view.getUint16(${at}) !== ${word(bytes)}${comment}`;
  if (bytes.length === 3) return `view.getUint32(${at}) >>> 8 !== ${word(bytes)}${comment}`;
  const first = `view.getUint32(${at}) !== ${word(bytes.slice(0, 4))}`;
  if (bytes.length === 4) return `${first}${comment}`;
  return `${first} || view.getUint8(${plus(at, 4)}) !== ${hex(bytes[4] ?? 0)}${comment}`;
}

function plus(at: string, offset: number): string {
  return offset === 0 ? at : `${at} + ${offset}`;
}

/** A key as the wire has it: the header of a short string, and its letters. */
function keyBytes(key: string): number[] {
  return [0xa0 | key.length, ...bytesOf(key)];
}

function bytesOf(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}

/** Bytes as one big-endian integer. */
function word(bytes: readonly number[]): string {
  return hex(bytes.reduce((value, byte) => value * 256 + byte, 0));
}
