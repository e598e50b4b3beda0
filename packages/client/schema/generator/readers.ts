import { type AssetClass, type Field, type RecordType, TIME } from "../schema.ts";
import { KINDS, whenMissing } from "./kinds.ts";
import { addImports, channelType, construction, fieldsOf, header, imports, keyCode } from "./source.ts";

/** `read-record.ts`: reads every type of record, keys in any order, for both codecs. */
export function readersSource(assetClass: AssetClass): string {
  const { records, noun } = assetClass;
  const fields = records.flatMap(fieldsOf);
  const modules: Record<string, string[]> = {
    "../wire/keys.ts": ["NO_KEY"],
    "../wire/record-values.ts": ["checkRequired", "MISSING"],
    "../wire/wire-reader.ts": ["badMessage", "type WireReader"],
    "./records.ts": ["type AnyRecord", ...records.map(({ name }) => name), ...channelTypes(records)],
  };
  for (const field of fields) {
    addImports(modules, KINDS[field.kind].readImports);
    addImports(modules, initialImports(field), "");
    if (needsType(field)) addImports(modules, KINDS[field.kind].typeImports, "type ");
  }
  return `${header(assetClass)}
    ${imports(modules)}
    /**
     * Reads a record of a known type whose map has just been entered: keys in any order, unknown keys
     * skipped.
     *
     * A record without its symbol, its time or a price is rejected, because acting on a wrong one costs
     * money. Fields with a default are 0, "" or an empty array if they are missing, others undefined. A key
     * without a value, such as null, counts as missing. \`outerSymbol\` is the symbol of a record that has
     * no key for it, such as one in a page of history.
     *
     * @throws StreamError \`bad_message\`.
     */
    export function readRecord(reader: WireReader, type: number, outerSymbol = ""): AnyRecord {
      switch (type) {
        ${records.flatMap(cases).join("\n")}
        default:
          throw badMessage("a type of ${noun} record", String.fromCharCode(type));
      }
    }
    ${records.map(readerSource).join("\n")}
  `;
}

function channelTypes(records: readonly RecordType[]): string[] {
  return records.map(channelType).flatMap((type) => (type === undefined ? [] : [`type ${type}`]));
}

function cases(record: RecordType): string[] {
  const hasChannel = channelType(record) !== undefined;
  return Object.entries(record.channels).map(
    ([letter, channel]) => `case ${keyCode(letter)}: // ${letter}
      return read${record.name}(reader, outerSymbol${hasChannel ? `, "${channel}"` : ""});`,
  );
}

function readerSource(record: RecordType): string {
  const type = channelType(record);
  return `
    function read${record.name}(reader: WireReader, outerSymbol: string${type === undefined ? "" : `, channel: ${type}`}): ${record.name} {
      let symbol = outerSymbol;
      let seconds = MISSING;
      let nanos = 0;
      ${fieldsOf(record).map(declaration).join("\n")}
      for (let key = reader.nextKey(); key !== NO_KEY; key = reader.nextKey()) {
        switch (key) {
          ${branch("S", ["symbol = reader.symbol();"])}
          ${record.fields.map(fieldBranch).join("\n")}
          default:
            reader.skip();
        }
      }
      checkRequired(symbol, seconds, ${requiredNumbers(record)});
      return ${construction(record)};
    }
  `;
}

/** Prices are finite where they came: their sum is NaN only if one is missing. */
function requiredNumbers(record: RecordType): string {
  const names = fieldsOf(record)
    .filter((field) => whenMissing(field) === "rejected")
    .map(({ name }) => name);
  return names.length === 0 ? "0" : names.join(" + ");
}

function declaration(field: Field): string {
  const type = needsType(field) ? `: ${KINDS[field.kind].type}${isUndefined(field) ? " | undefined" : ""}` : "";
  return `let ${field.name}${type}${isUndefined(field) ? "" : ` = ${initialValue(field)}`};`;
}

function initialValue(field: Field): string {
  return whenMissing(field) === "rejected" ? "MISSING" : KINDS[field.kind].default;
}

/** Whether the initial value does not have the variable's type. */
function needsType(field: Field): boolean {
  return isUndefined(field) || field.kind === "id";
}

function isUndefined(field: Field): boolean {
  return whenMissing(field) === "undefined";
}

function fieldBranch(field: Field | typeof TIME): string {
  if (field === TIME) return branch("t", ["reader.time();", "seconds = reader.seconds;", "nanos = reader.nanos;"]);
  return branch(field.key, [`${field.name} = ${readSource(field)};`]);
}

function branch(key: string, statements: readonly string[]): string {
  return `case ${keyCode(key)}: // ${key}\n${statements.join("\n")}\nbreak;`;
}

function readSource(field: Field): string {
  const { read } = KINDS[field.kind];
  const convert = conversion(field);
  return convert === undefined ? read : `${convert}(${read})`;
}

/** What makes NaN, a reader's missing number, into the value of a missing field. */
function conversion(field: Field): "orZero" | "orUndefined" | undefined {
  if (KINDS[field.kind].type !== "number") return undefined;
  const missing = whenMissing(field);
  if (missing === "rejected") return undefined;
  return missing === "default" ? "orZero" : "orUndefined";
}

function initialImports(field: Field): Readonly<Record<string, string>> {
  const convert = conversion(field);
  return convert === undefined ? {} : { [convert]: "record-values" };
}
