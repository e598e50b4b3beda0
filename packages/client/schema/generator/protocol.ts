import { type AssetClass, type Channel, type Field, type RecordType, TIME } from "../schema.ts";
import { KINDS, whenMissing } from "./kinds.ts";

/** The generated parts of PROTOCOL.md by the names in their markers. */
export function protocolParts(assetClass: AssetClass): Record<string, string> {
  const { folder } = assetClass;
  return {
    [`${folder} channels`]: channelTable(assetClass),
    [`${folder} records`]: assetClass.records.map(recordSection).join("\n\n"),
  };
}

/**
 * Puts generated parts between their markers, `<!-- generated: NAME -->` and `<!-- end -->`.
 *
 * @throws Error for a part without its markers.
 */
export function withParts(document: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const start = `<!-- generated: ${name} -->\n`;
    const from = text.indexOf(start);
    const to = text.indexOf("\n<!-- end -->", from);
    if (from < 0 || to < 0) throw new Error(`PROTOCOL.md has no part "<!-- generated: ${name} --> … <!-- end -->"`);
    return `${text.slice(0, from + start.length)}\n${part}\n${text.slice(to)}`;
  }, document);
}

function channelTable({ channels, records }: AssetClass): string {
  const letterOf = (name: string): string =>
    records.flatMap((record) => Object.entries(record.channels)).find(([, channel]) => channel === name)?.[0] ?? "";
  const row = ({ name, doc, broughtBy }: Channel): string[] => [
    `\`${name}\``,
    doc,
    `\`${letterOf(name)}\``,
    broughtBy === undefined ? "" : `comes with \`${broughtBy}\``,
  ];
  return table(["channel", "record", "type", ""], channels.map(row));
}

function recordSection({ title, channels, doc, fields }: RecordType): string {
  const letters = Object.keys(channels).map((letter) => `\`${letter}\``);
  const rows = fields.map((field) =>
    field === TIME ? ["`t`", "`timestamp`", "time", "rejected", ""] : fieldRow(field),
  );
  return [`### ${title}, ${letters.join(" ")}`, doc, table(["key", "name", "kind", "if missing", ""], rows)].join(
    "\n\n",
  );
}

function fieldRow(field: Field): string[] {
  const { name, key, kind, doc, note } = field;
  const meaning = note === undefined ? doc : `${doc} ${note}`;
  return [`\`${key}\``, `\`${name}\``, KINDS[kind].wireName, missingText(field), meaning.replaceAll("|", "\\|")];
}

function missingText(field: Field): string {
  const missing = whenMissing(field);
  if (missing === "rejected") return missing;
  if (missing === "undefined") return "`undefined`";
  const { type, default: value } = KINDS[field.kind];
  return type.startsWith("readonly ") ? "empty list" : `\`${value}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
