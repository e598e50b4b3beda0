import { type Command, InvalidArgumentError, Option } from "commander";

/** A JSON schema, of draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** An option of `tickerplant serve` that a configuration file may set, too. */
export interface Setting {
  /** The option as commander reads it, such as `--port <n>`. */
  readonly flags: string;
  readonly description: string;
  /** The description of the value in a file, where it is another than that of the option. */
  readonly meaning?: string;
  /** The value in a file. Its `type`, or those of its `anyOf`, are checked before {@link Setting.parse}. */
  readonly schema: JsonSchema;
  /** Checks and converts the text of the option, and that of a value in a file. Default: any string. */
  readonly parse?: (text: string) => unknown;
  /** The strings that are possible. */
  readonly choices?: readonly string[];
  /** The value of the option if it is not given. */
  readonly fallback?: unknown;
  /** Options of the command line that exclude this one. */
  readonly conflicts?: string[];
  /** Whether it names files, relative to the folder of the configuration file. */
  readonly isPath?: true;
}

/** Settings by their names in a file. */
export type Settings = { readonly [name: string]: Setting };

/** The settings of an interface of options. A missing entry does not compile. */
export type SettingsOf<Options> = { readonly [Name in keyof Required<Options>]: Setting };

/** Adds the options of settings to a command. */
export function addSettings(command: Command, settings: Settings): Command {
  for (const { flags, description, parse, choices, fallback, conflicts = [] } of Object.values(settings)) {
    const option = new Option(flags, description).conflicts(conflicts);
    if (choices !== undefined) option.choices(choices);
    else if (parse !== undefined) option.argParser(parse);
    if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  }
  return command;
}

/**
 * Reads the value of a setting in a file, by the same function as the option's text.
 *
 * @throws InvalidArgumentError for a value that the setting cannot have.
 */
export function settingOf({ schema, parse, choices }: Setting, value: unknown): unknown {
  const types = typesOf(schema);
  const wrongType = (): Error => new InvalidArgumentError(`It must be ${types.map(nameOf).join(", or ")}.`);
  if (!types.includes(typeOf(value))) throw wrongType();
  if (typeof value === "boolean") return value;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) throw new InvalidArgumentError("It must not be empty.");
  if (Array.isArray(value) && !items.every((item) => typeof item === "string"))
    throw new InvalidArgumentError("It must be an array of strings.");
  if (items.includes("")) throw new InvalidArgumentError("It must not contain an empty string.");
  if (choices !== undefined && !choices.includes(String(value)))
    throw new InvalidArgumentError(`It must be ${choices.map((choice) => `"${choice}"`).join(" or ")}.`);
  if (parse === undefined) return value;
  if (Array.isArray(value) && items.some((item) => String(item).includes(",")))
    throw new InvalidArgumentError("It must have one name per string, without commas.");
  const parsed = parse(items.join(","));
  if (typeOf(parsed) !== typeOf(value)) throw wrongType(); // digits in a string are no number
  return parsed;
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

/** The types of values that a schema allows, as `typeof` has them, or `array`. */
function typesOf({ type, anyOf }: JsonSchema): string[] {
  const schemas = anyOf === undefined ? [{ type }] : (anyOf as readonly JsonSchema[]); // the schemas of this folder
  return schemas.map((schema) => (schema.type === "integer" ? "number" : String(schema.type)));
}

function nameOf(type: string): string {
  if (type === "boolean") return "true or false";
  return type === "array" ? "an array of strings" : `a ${type}`;
}
