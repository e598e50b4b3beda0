import { posix } from "node:path";
import type { RoomPlan } from "./rooms.ts";
import { importsOf, wordsOf } from "./source.ts";

/**
 * Words of records, feeds and asset classes, singular and plural. Those with another meaning in every
 * stream are left out: status, correction, cancel, option.
 */
const ASSET_CLASS_WORD = /^(?:trade|quote|bar|luld|imbalance|orderbook|stock|equity|equitie|crypto|nbbo|iex|sip)s?$/;

/** One use of something that a rule forbids. */
interface Violation {
  readonly file: string;
  readonly line: number;
  /** What is used: an imported file or module, or a word. Exceptions go by it. */
  readonly name: string;
  /** What the file does, the rule, and what to do. */
  readonly message: string;
}

/**
 * Checks the sources of one package, given by their path below its root. Returns a message for each
 * violation and for each entry of the plan that is not needed.
 */
export function checkRooms(plan: RoomPlan, sources: ReadonlyMap<string, string>): string[] {
  const violations = [...sources].flatMap(([file, source]) => violationsOf(plan, file, source));
  const isExcepted = ({ file, name }: Violation): boolean =>
    plan.exceptions.some((exception) => {
      return file.startsWith(exception.file) && exception.names.some((beginning) => name.startsWith(beginning));
    });
  const messages = violations
    .filter((violation) => !isExcepted(violation))
    .map(({ file, line, message }) => `${plan.root}/${file}:${line} ${message}`);
  return [...messages, ...unneededExceptions(plan, violations), ...emptyRooms(plan, [...sources.keys()])];
}

function violationsOf(plan: RoomPlan, file: string, source: string): Violation[] {
  const room = roomOf(plan, file);
  if (room === undefined)
    return [{ file, line: 1, name: file, message: "belongs to no room: add its folder to verify/rooms/rooms.ts" }];
  return [...importViolations(plan, file, room, source), ...wordViolations(plan, file, room, source)];
}

function importViolations(plan: RoomPlan, file: string, room: string, source: string): Violation[] {
  const violations: Violation[] = [];
  for (const { specifier, line } of importsOf(source)) {
    const target = resolve(plan, file, specifier);
    const broken = target === undefined ? packageRule(plan, room) : orderRule(plan, room, target);
    const name = target ?? specifier;
    if (broken !== undefined) violations.push({ file, line, name, message: `imports ${name}: ${broken}` });
  }
  return violations;
}

function wordViolations(plan: RoomPlan, file: string, room: string, source: string): Violation[] {
  if (mayNameAssetClass(plan, room)) return [];
  return wordsOf(source)
    .filter(({ word }) => ASSET_CLASS_WORD.test(word))
    .map(({ word, line }) => ({
      file,
      line,
      name: word,
      message: `uses the word "${word}": ${assetClassRule(plan, room)}`,
    }));
}

/** Returns why a room may not import packages; undefined if it may. */
function packageRule({ nodeRooms }: RoomPlan, room: string): string | undefined {
  if (nodeRooms === undefined || nodeRooms.includes(room)) return undefined;
  return `only ${nodeRooms.join(", ")} may import packages and Node's modules, because ${room} runs in browsers too; move the code there`;
}

/** Returns why a room may not import a file of another room; undefined if it may. */
function orderRule(plan: RoomPlan, room: string, file: string): string | undefined {
  const target = roomOf(plan, file);
  if (target === undefined || target === room) return undefined; // a file of no room is reported by itself
  if (mayNameAssetClass(plan, target) && !mayNameAssetClass(plan, room)) return assetClassRule(plan, room);
  const distance = rowOf(plan, target) - rowOf(plan, room);
  if (distance > 0) return undefined;
  return `imports point down, and ${target} is ${distance === 0 ? "beside" : "above"} ${room}; move what both need into a room below, or pass it as an argument`;
}

function assetClassRule({ assetClassRooms = [] }: RoomPlan, room: string): string {
  return `only ${assetClassRooms.join(", ")} may import or name an asset class, because ${room} serves all of them; let the StreamSchema bring it`;
}

function mayNameAssetClass({ assetClassRooms }: RoomPlan, room: string): boolean {
  return assetClassRooms === undefined || assetClassRooms.includes(room);
}

/** Returns the imported file, relative to the root; undefined for a package and for Node's modules. */
function resolve({ aliases }: RoomPlan, file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : aliases[specifier];
}

function roomOf({ order }: RoomPlan, file: string): string | undefined {
  const rooms = order.flat().filter((room) => file === room || file.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

function rowOf({ order }: RoomPlan, room: string): number {
  return order.findIndex((row) => row.includes(room));
}

function unneededExceptions({ exceptions }: RoomPlan, violations: readonly Violation[]): string[] {
  return exceptions.flatMap(({ file, names }) =>
    names
      .filter((name) => !violations.some((found) => found.file.startsWith(file) && found.name.startsWith(name)))
      .map((name) => `verify/rooms/rooms.ts: the exception for "${name}" in ${file} is not needed; remove it`),
  );
}

function emptyRooms(plan: RoomPlan, files: readonly string[]): string[] {
  const used = new Set(files.map((file) => roomOf(plan, file)));
  const empty = plan.order.flat().filter((room) => !used.has(room));
  return empty.map((room) => `verify/rooms/rooms.ts: the room ${room} has no file; remove it`);
}
