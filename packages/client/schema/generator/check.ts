import { type AssetClass, type RecordType, TIME } from "../schema.ts";
import { whenMissing } from "./kinds.ts";
import { channelsOf, fieldsOf } from "./source.ts";

/** Keys of one message that a msgpack map with a header of one byte can have. */
const MAX_KEYS = 15;

/** Keys that every record has. */
const OWN_KEYS = ["T", "S", "t"];

/** Properties of every record, and variables of generated code. */
const TAKEN_NAMES = [
  ...["channel", "symbol", "seconds", "nanos", "timestamp", "timestampNs", "toObject", "toJSON"],
  ...["reader", "writer", "columns", "key", "view", "start", "at", "end", "next", "sink", "timeHigh", "symbolText"],
  ...["raw", "symbolBytes", "symbolEnd", "isTimeFirst", "timeAt", "endOfTime"],
];

/**
 * Checks what the types of a description cannot express.
 *
 * @throws Error that names the record or channel, and the mistake.
 */
export function checkAssetClass({ channels, hot, records }: AssetClass): void {
  for (const record of records) checkRecord(record);
  const names = channels.map(({ name }) => name);
  checkUnique("the channels", names);
  checkUnique(
    "the type letters",
    records.flatMap((record) => Object.keys(record.channels)),
  );
  checkUnique("the channels of records", records.flatMap(channelsOf));
  const carried = new Set(records.flatMap(channelsOf));
  for (const name of names) if (!carried.has(name)) throw new Error(`the channel ${name} has no record`);
  const used = [...carried, ...hot, ...channels.flatMap(({ broughtBy }) => broughtBy ?? [])];
  for (const name of used) if (!names.includes(name)) throw new Error(`there is no channel ${name}`);
}

function checkRecord(record: RecordType): void {
  const { name, fields } = record;
  const own = fieldsOf(record);
  checkUnique(`the keys of ${name}`, [...OWN_KEYS, ...own.map(({ key }) => key)]);
  checkUnique(`the names in ${name}`, [...TAKEN_NAMES, ...own.map((field) => field.name)]);
  if (own.length + OWN_KEYS.length > MAX_KEYS) {
    throw new Error(`${name} has ${own.length + OWN_KEYS.length} keys, expected at most ${MAX_KEYS}`);
  }
  if (fields.filter((field) => field === TIME).length !== 1) throw new Error(`${name} needs its time exactly once`);
  for (const [index, field] of fields.entries()) {
    if (field === TIME) continue;
    whenMissing(field); // throws for what the kind does not support
    if (!/^[A-Za-z]{1,3}$/.test(field.key)) {
      throw new Error(`${name}.${field.name}: expected a key of one to three letters, got "${field.key}"`);
    }
    if (field.mayPrecedeTime && (fields[index - 1] !== TIME || field.kind !== "code")) {
      throw new Error(`${name}.${field.name}: only a code that follows the time may precede it`);
    }
  }
}

function checkUnique(what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${what} have "${twice}" twice`);
}
