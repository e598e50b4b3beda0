import { type AssetClass, type Field, type RecordType, TIME } from "../schema.ts";
import { isOptional, KINDS, whenMissing } from "./kinds.ts";
import {
  addImports,
  channelsOf,
  channelType,
  constant,
  fieldsOf,
  header,
  imports,
  keyCode,
  variable,
} from "./source.ts";

/** `write-record.ts`: writes every type of record in both codecs. */
export function writersSource(assetClass: AssetClass): string {
  const { records } = assetClass;
  const fields = records.flatMap(fieldsOf);
  const modules: Record<string, string[]> = {
    "../wire/wire-writer.ts": ["type WireWriter"],
    "./records.ts": ["type AnyRecord", ...records.map(({ name }) => `type ${name}`)],
  };
  for (const { kind } of fields) addImports(modules, KINDS[kind].writeImports);
  return `${header(assetClass)}
    ${imports(modules)}
    /**
     * Writes a record: \`T\` first, as official clients need it, then \`S\`, then the order of the
     * documentation.
     *
     * @throws TypeError for a record without a known channel.
     */
    export function writeRecord(writer: WireWriter, record: AnyRecord): void {
      switch (record.channel) {
        ${records.map(caseSource).join("\n")}
        default:
          // Such as a raw record: written as nothing, it would corrupt the frame around it.
          throw new TypeError(\`a record needs a channel, got \${String((record as AnyRecord).channel)}\`);
      }
    }
    ${records.map(writerSource).join("\n")}
  `;
}

function caseSource(record: RecordType): string {
  const labels = channelsOf(record).map((channel) => `case "${channel}":`);
  return `${labels.join("\n")}\nreturn write${record.name}(writer, record);`;
}

function writerSource(record: RecordType): string {
  const name = variable(record.name);
  const optional = fieldsOf(record).filter(isOptional);
  const required = record.fields.length - optional.length + 2; // and T and S
  const keyCount = [required, ...optional.map((field) => `(${isPresent(field, name)} ? 1 : 0)`)].join(" + ");
  return `${lettersSource(record)}
    function write${record.name}(writer: WireWriter, ${name}: ${record.name}): void {
      writer.beginRecord(${letterOf(record)}, ${keyCount});
      writer.text(${keyCode("S")}, ${name}.symbol); // S
      ${record.fields.map((field) => fieldSource(field, name)).join("\n")}
      writer.endRecord();
    }
  `;
}

/** The expression for the type letter of a record. */
function letterOf(record: RecordType): string {
  const [letter = ""] = Object.keys(record.channels);
  if (channelType(record) === undefined) return keyCode(letter);
  return `${constant(record.name)}_LETTERS[${variable(record.name)}.channel]`;
}

function lettersSource(record: RecordType): string {
  if (channelType(record) === undefined) return "";
  const entries = Object.entries(record.channels).map(([letter, channel]) => `${channel}: ${keyCode(letter)},`);
  return `const ${constant(record.name)}_LETTERS = { ${entries.join(" ")} } as const;\n`;
}

function fieldSource(field: Field | typeof TIME, record: string): string {
  if (field === TIME) return `writer.time(${keyCode("t")}, ${record}.seconds, ${record}.nanos); // t`;
  const value = `${record}.${field.name}`;
  const statement = `${KINDS[field.kind].write(keyCode(field.key), value)}; // ${field.key}`;
  return isOptional(field) ? `if (${isPresent(field, record)}) ${statement}` : statement;
}

/** The condition under which an optional field is written. Null is undefined, in programs without types. */
function isPresent(field: Field, record: string): string {
  const value = `${record}.${field.name}`;
  return whenMissing(field) === "undefined" ? `${value} != null` : value;
}
