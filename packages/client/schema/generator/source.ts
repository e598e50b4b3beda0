import { type AssetClass, type Field, type RecordType, TIME } from "../schema.ts";

/** The sentence at the top of every generated file. */
export function header({ folder }: AssetClass): string {
  return `// Generated from packages/client/schema/${folder}.ts: change that, then run \`npm run generate\`.\n`;
}

/** Import statements for names by the module that exports them, relative to the generated file; types as `type NAME`. */
export function imports(modules: Readonly<Record<string, Iterable<string>>>): string {
  return Object.entries(modules)
    .map(([module, names]) => [module, [...new Set(names)].sort()] as const)
    .filter(([, names]) => names.length > 0)
    .map(([module, names]) => importOf(module, names))
    .join("");
}

/** An import of types alone leaves nothing in the program. */
function importOf(module: string, names: readonly string[]): string {
  const areTypes = names.every((name) => name.startsWith("type "));
  const list = areTypes ? names.map((name) => name.slice("type ".length)) : names;
  return `import ${areTypes ? "type " : ""}{ ${list.join(", ")} } from "${module}";\n`;
}

/** Adds names that kinds need to those imported from modules of `wire/`. */
export function addImports(
  modules: Record<string, string[]>,
  needed: Readonly<Record<string, string>> = {},
  modifier = "",
): void {
  for (const [name, module] of Object.entries(needed)) {
    const path = `../wire/${module}.ts`;
    modules[path] = [...(modules[path] ?? []), modifier + name];
  }
}

/** A key or a type letter as readers see it, the first letter in the low byte: see `wire/keys.ts`. */
export function keyCode(key: string): string {
  return hex([...key].reduceRight((code, letter) => code * 256 + letter.charCodeAt(0), 0));
}

/** An integer in hexadecimal. */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** A name with a small first letter, for a variable. */
export function variable(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** A name with a capital first letter, as a part of another one. */
export function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A name in capitals, for a constant: `TRADE_CANCEL` of `TradeCancel`. */
export function constant(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** Names as a union of string types. */
export function union(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(" | ");
}

/** The fields without the time, in order. */
export function fieldsOf(record: RecordType): Field[] {
  return record.fields.filter((field) => field !== TIME);
}

/** The channels of a record type. */
export function channelsOf(record: RecordType): string[] {
  return Object.values(record.channels);
}

/** The name of the type of a record's channels, where they are several. */
export function channelType(record: RecordType): string | undefined {
  return channelsOf(record).length > 1 ? `${record.name}Channel` : undefined;
}

/** The parameters that come before a record's own fields in its constructor, with their types. */
export function leadingParameters(record: RecordType): [name: string, type: string][] {
  const type = channelType(record);
  return [
    ...(type === undefined ? [] : [["channel", type] as [string, string]]),
    ["symbol", "string"],
    ["seconds", "number"],
    ["nanos", "number"],
  ];
}

/** Constructs a record from variables of the same names, or from what `expressionOf` makes of a name. */
export function construction(record: RecordType, expressionOf = (name: string): string => name): string {
  const names = [...leadingParameters(record).map(([name]) => name), ...fieldsOf(record).map(({ name }) => name)];
  return `new ${record.name}(${names.map(expressionOf).join(", ")})`;
}

/** Longest line of a comment, as the formatter has it for code. */
const LINE_WIDTH = 118;

/** A doc comment, on one line if it fits. */
export function docComment(text: string): string {
  if (text.length + "/**  */".length <= LINE_WIDTH) return `/** ${text} */`;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && longer.length < LINE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(` * ${word}`);
  }
  return ["/**", ...lines, " */"].join("\n");
}
