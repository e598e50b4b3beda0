import type { AssetClass, Field, RecordType } from "../schema.ts";
import { KINDS, typeOf, whenMissing } from "./kinds.ts";
import {
  addImports,
  channelsOf,
  channelType,
  docComment,
  fieldsOf,
  header,
  imports,
  leadingParameters,
  union,
} from "./source.ts";

/** `records.ts`: a class for each type of record. */
export function recordsSource(assetClass: AssetClass): string {
  const { records, noun } = assetClass;
  const modules: Record<string, string[]> = {
    "../wire/market-record.ts": ["MarketRecord"],
    "./channels.ts": ["type Channel"],
  };
  for (const { kind } of records.flatMap(fieldsOf)) addImports(modules, KINDS[kind].typeImports, "type ");
  return `${header(assetClass)}
    ${imports(modules)}
    ${records.map(classSource).join("\n")}
    /** The record that each channel carries. */
    export interface RecordByChannel {
      ${records.flatMap((record) => channelsOf(record).map((channel) => `${channel}: ${record.name};`)).join("\n")}
    }

    /** Any record of the ${noun} stream; \`channel\` is the discriminant. */
    export type AnyRecord = RecordByChannel[Channel];
  `;
}

function classSource(record: RecordType): string {
  const { name, doc } = record;
  const fields = fieldsOf(record);
  const type = channelType(record);
  const assigned = [...(type === undefined ? [] : ["channel"]), ...fields.map((field) => field.name)];
  return `${type === undefined ? "" : channelTypeSource(record, type)}
    ${docComment(`${doc} ${wireSentence(record)}`)}
    export class ${name} extends MarketRecord {
      ${type === undefined ? "" : `/** The channel that the record came by. */\nreadonly channel: ${type};`}
      ${fields.map(propertySource).join("\n")}

      constructor(${parameters(record).join(", ")}) {
        super(symbol, seconds, nanos);
        ${assigned.map((name) => `this.${name} = ${name};`).join("\n")}
      }
      ${type === undefined ? getterSource(record) : ""}
    }
  `;
}

function channelTypeSource(record: RecordType, type: string): string {
  return `/** The channels of {@link ${record.name}}. */\nexport type ${type} = ${union(channelsOf(record))};\n`;
}

/** No field for the one channel that a class has: an accessor costs a record nothing. */
function getterSource(record: RecordType): string {
  const channel = union(channelsOf(record));
  return `\nget channel(): ${channel} {\n  return ${channel};\n}`;
}

function propertySource(field: Field): string {
  const { typeDoc } = KINDS[field.kind];
  const doc = typeDoc === undefined ? field.doc : `${field.doc} ${typeDoc}`;
  return `${docComment(doc)}\nreadonly ${field.name}: ${typeOf(field)};`;
}

/** Trailing parameters that may be undefined may be left out. */
function parameters(record: RecordType): string[] {
  const leading = leadingParameters(record).map(([name, type]) => `${name}: ${type}`);
  const fields = fieldsOf(record);
  const lastNeeded = fields.findLastIndex((field) => whenMissing(field) !== "undefined");
  const own = fields.map((field, index) =>
    index > lastNeeded ? `${field.name}?: ${KINDS[field.kind].type}` : `${field.name}: ${typeOf(field)}`,
  );
  return [...leading, ...own];
}

function wireSentence({ channels }: RecordType): string {
  const letters = Object.keys(channels).map((letter) => `\`${letter}\``);
  const names = Object.values(channels).map((channel) => `\`${channel}\``);
  const plural = names.length > 1 ? "s" : "";
  return `Wire type${plural} ${letters.join(", ")}, channel${plural} ${names.join(", ")}.`;
}
