import type { Field, Kind, WhenMissing } from "../schema.ts";

/** How code treats the values of one kind. Everything is source text of TypeScript. */
interface KindCode {
  readonly type: string;
  /** A sentence that TSDoc adds to each field. */
  readonly typeDoc?: string;
  /** What PROTOCOL.md calls it: see "Kinds of values" there. */
  readonly wireName: string;
  readonly whenMissing: WhenMissing;
  /** What {@link WhenMissing} may be. */
  readonly supports: readonly WhenMissing[];
  /** The default, where it is not declared by the type alone. */
  readonly default: string;
  /** The expression that reads a value from `reader`: NaN for a missing number, the default for a missing value of another kind. */
  readonly read: string;
  /** The statement that writes `value` under `key` to `writer`. */
  write(key: string, value: string): string;
  /** The expression that reads the cell of a column from `columns`: undefined for a missing number, the default for another kind. */
  readColumn(name: string): string;
  /** Names that the expressions use, by the module of `wire/` that exports them. */
  readonly readImports?: Readonly<Record<string, string>>;
  readonly writeImports?: Readonly<Record<string, string>>;
  readonly typeImports?: Readonly<Record<string, string>>;
}

const COUNT: KindCode = {
  type: "number",
  wireName: "size",
  whenMissing: "default",
  supports: ["default", "undefined"],
  default: "0",
  read: "reader.count()",
  write: (key, value) => `writer.count(${key}, ${value})`,
  readColumn: (name) => `columns.count(${name})`,
};

const CODE: KindCode = {
  type: "string",
  wireName: "text",
  whenMissing: "default",
  supports: ["default"],
  default: '""',
  read: "reader.code()",
  write: (key, value) => `writer.text(${key}, ${value})`,
  readColumn: (name) => `columns.text(${name})`,
};

/** Every kind of value. */
export const KINDS: Readonly<Record<Kind, KindCode>> = {
  price: {
    type: "number",
    wireName: "price",
    whenMissing: "rejected",
    supports: ["rejected", "default", "undefined"],
    default: "0",
    read: "reader.number()",
    write: (key, value) => `writer.price(${key}, ${value})`,
    readColumn: (name) => `columns.number(${name})`,
  },
  size: COUNT,
  count: { ...COUNT, wireName: "count" },
  amount: { ...COUNT, write: (key, value) => `writer.price(${key}, ${value})` },
  id: {
    type: "Id",
    wireName: "id",
    whenMissing: "default",
    supports: ["default"],
    default: "0",
    read: "reader.id()",
    write: (key, value) => `writer.count(${key}, ${value})`,
    readColumn: (name) => `columns.id(${name})`,
    typeImports: { Id: "market-record" },
  },
  code: CODE,
  text: { ...CODE, read: "reader.text()" },
  conditions: {
    type: "readonly string[]",
    typeDoc: "Frozen and shared.",
    wireName: "list",
    whenMissing: "default",
    supports: ["default"],
    default: "NO_CONDITIONS",
    read: "reader.conditions()",
    write: (key, value) => `writer.conditions(${key}, ${value})`,
    readColumn: (name) => `columns.conditions(${name})`,
    readImports: { NO_CONDITIONS: "interning" },
  },
  nanoseconds: {
    type: "bigint",
    wireName: "time",
    whenMissing: "undefined",
    supports: ["undefined"],
    default: "undefined",
    read: "readNanoseconds(reader)",
    write: (key, value) => `writeNanoseconds(writer, ${key}, ${value})`,
    readColumn: (name) => `columns.nanoseconds(${name})`,
    readImports: { readNanoseconds: "record-values" },
    writeImports: { writeNanoseconds: "record-values" },
  },
  levels: {
    type: "readonly PriceLevel[]",
    wireName: "price levels",
    whenMissing: "default",
    supports: ["default"],
    default: "NO_LEVELS",
    read: "readLevels(reader)",
    write: (key, value) => `writeLevels(writer, ${key}, ${value})`,
    readColumn: (name) => `columns.levels(${name})`,
    readImports: { NO_LEVELS: "price-levels", readLevels: "price-levels" },
    writeImports: { writeLevels: "price-levels" },
    typeImports: { PriceLevel: "price-levels" },
  },
  flag: {
    type: "boolean",
    wireName: "boolean",
    whenMissing: "default",
    supports: ["default"],
    default: "false",
    read: "readFlag(reader)",
    write: (key) => `writer.data(${key}, true)`,
    readColumn: (name) => `columns.flag(${name})`,
    readImports: { readFlag: "record-values" },
  },
};

/** What a reader does about a missing value of a field. */
export function whenMissing({ name, kind, whenMissing: own }: Field): WhenMissing {
  const { whenMissing: usual, supports } = KINDS[kind];
  const chosen = own ?? usual;
  if (!supports.includes(chosen)) {
    throw new Error(`${name}: a missing value of kind ${kind} must be ${supports.join(" or ")}, got "${chosen}"`);
  }
  return chosen;
}

/** Whether a writer may leave the key out: the property may be undefined, or is a flag that is off. */
export function isOptional(field: Field): boolean {
  return whenMissing(field) === "undefined" || field.kind === "flag";
}

/** The type of a field's property. */
export function typeOf(field: Field): string {
  const { type } = KINDS[field.kind];
  return whenMissing(field) === "undefined" ? `${type} | undefined` : type;
}
