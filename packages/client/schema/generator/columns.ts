import type { AssetClass, Field, RecordType } from "../schema.ts";
import { KINDS, whenMissing } from "./kinds.ts";
import { channelsOf, channelType, constant, fieldsOf, header, imports } from "./source.ts";

/** `columns.ts`: records as rows of a table, and back. */
export function columnsSource(assetClass: AssetClass): string {
  const { records } = assetClass;
  const modules: Record<string, string[]> = {
    "../wire/columns.ts": ["type Column", "type ColumnReader"],
    "./channels.ts": ["type Channel"],
    "./records.ts": ["type AnyRecord", ...records.map(({ name }) => name)],
  };
  return `${header(assetClass)}
    ${imports(modules)}
    ${records.map(columnList).join("\n")}
    /** The columns of each channel after channel, symbol and time, in the order of the records' constructors. */
    export const COLUMNS: Readonly<Record<Channel, readonly Column[]>> = {
      ${records.flatMap((record) => channelsOf(record).map((channel) => `${channel}: ${columnsName(record)},`)).join("\n")}
    };

    /** Makes the record of a row. What may be missing is what a message of the wire may lack. */
    export function recordFromColumns(
      channel: Channel,
      symbol: string,
      seconds: number,
      nanos: number,
      columns: ColumnReader,
    ): AnyRecord {
      switch (channel) {
        ${records.map(caseSource).join("\n")}
      }
    }
  `;
}

function columnsName({ name }: RecordType): string {
  return `${constant(name)}_COLUMNS`;
}

function columnList(record: RecordType): string {
  const columns = fieldsOf(record).map(
    ({ name, kind, ...field }) =>
      `{ name: "${name}", kind: "${kind}", whenMissing: "${whenMissing({ name, kind, ...field })}" },`,
  );
  return `const ${columnsName(record)}: readonly Column[] = [\n${columns.join("\n")}\n];\n`;
}

function caseSource(record: RecordType): string {
  const labels = channelsOf(record).map((channel) => `case "${channel}":`);
  const leading = [...(channelType(record) === undefined ? [] : ["channel"]), "symbol", "seconds", "nanos"];
  const values = [...leading, ...fieldsOf(record).map(readSource)];
  return `${labels.join("\n")}\nreturn new ${record.name}(${values.join(", ")});`;
}

function readSource(field: Field): string {
  const name = `"${field.name}"`;
  const missing = whenMissing(field);
  if (missing === "rejected") return `columns.requiredNumber(${name})`;
  const value = KINDS[field.kind].readColumn(name);
  return KINDS[field.kind].type === "number" && missing === "default" ? `${value} ?? 0` : value;
}
