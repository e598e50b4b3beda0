import { isDeepStrictEqual } from "node:util";
import type { Life } from "./life.ts";
import { numberOf, recordAt, rowOf, type Turn } from "./market.ts";
import type { KeptGap, KeptRecord, RecordedContent } from "./recorded-content.ts";

/** What a killed process may lose: what it received in the last second. */
const LOST_MS = 1_000;

/** A process that reports nothing for longer does not run: it waits for a processor, as do its writes. */
const RUNNING_MS = 50;

/** Returns what is wrong with a recording, given the lives of all processes that recorded into it. */
export function problemsOf(content: RecordedContent, lives: readonly Life[]): string[] {
  const { problems, kept } = checkRecords(content.records, lives);
  for (const life of lives) problems.push(...lossesOf(life, kept), ...markProblems(life, content.gaps));
  return problems;
}

/** Returns the records of a life that are missing. They are its last ones, which `problemsOf` has checked. */
export function lostCount({ turns }: Life, { records }: RecordedContent): number {
  const kept = new Set(records.map(({ row }) => numberOf(row)));
  let lost = 0;
  for (const turn of turns) lost += missingOf(turn, kept);
  return lost;
}

/** Returns the lives whose losses no row of `gaps` reports. The row is that of a segment of that life. */
export function unreportedLosses(content: RecordedContent, lives: readonly Life[]): string[] {
  return lives.flatMap((life, index) => {
    const lost = lostCount(life, content);
    const end = lives[index + 1];
    const isReported = content.gaps.some(
      ({ kind, segment }) =>
        (kind === "unsealed" || kind === "damaged") && segment >= nameOf(life) && (!end || segment < nameOf(end)),
    );
    return lost === 0 || isReported ? [] : [`process ${index + 1}: ${lost} records are lost, and gaps has no row`];
  });
}

/** Every record is one that was recorded, and they come in order, each once. */
function checkRecords(
  records: readonly KeptRecord[],
  lives: readonly Life[],
): { problems: string[]; kept: ReadonlySet<number> } {
  const problems: string[] = [];
  const turns = lives.flatMap((life) => life.turns);
  const kept = new Set<number>();
  let at = 0;
  let last = -1;
  for (const { row, segment, sequence } of records) {
    const number = numberOf(row);
    if (number <= last) problems.push(`record ${number} in ${segment} comes behind ${last}: doubled, or out of order`);
    last = number;
    kept.add(number);
    while (at < turns.length - 1 && number >= endOf(turns[at])) at++;
    const turn = turns[at];
    const expected = turn && rowOf(recordAt(number, turn.timeNs + BigInt(number - turn.first)));
    if (!isDeepStrictEqual(row, expected))
      problems.push(`${segment}, ${sequence}: got ${shown(row)}, expected ${shown(expected)}`);
  }
  return { problems, kept };
}

function endOf(turn: Turn | undefined): number {
  return turn === undefined ? 0 : turn.first + turn.count;
}

/** What is missing is the last that a process passed on, within a second; nothing if it closed the recording. */
function lossesOf(life: Life, kept: ReadonlySet<number>): string[] {
  const { turns, stage } = life;
  const firstLost = turns.findIndex((turn) => missingOf(turn, kept) > 0);
  if (firstLost === -1) return [];
  const problems: string[] = [];
  const lost = turns.slice(firstLost);
  const { first, atMs } = lost[0] ?? { first: 0, atMs: 0 };
  if (stage === "closed") problems.push(`record ${first} is missing, though the recording was closed`);
  const ageMs = ageOf(life, atMs);
  if (ageMs > LOST_MS) problems.push(`record ${first} is missing, passed on ${ageMs} ms before the process was killed`);
  const later = lost.slice(1).find((turn) => missingOf(turn, kept) < turn.count);
  if (later !== undefined) problems.push(`record ${first} is missing, though ${later.first} and later ones are there`);
  return problems;
}

/** How long a process ran from a time on until it was killed. */
function ageOf({ timesMs, killedAtMs }: Life, sinceMs: number): number {
  const times = [...timesMs.filter((atMs) => atMs >= sinceMs), killedAtMs];
  return times.reduce((age, atMs, index) => age + Math.min(atMs - (times[index - 1] ?? atMs), RUNNING_MS), 0);
}

function missingOf({ first, count }: Turn, kept: ReadonlySet<number>): number {
  let missing = 0;
  for (let number = first; number < first + count; number++) if (!kept.has(number)) missing++;
  return missing;
}

/** Every gap that was passed on is in the recording once, except those of the last second. */
function markProblems(life: Life, gaps: readonly KeptGap[]): string[] {
  const { marks, stage } = life;
  return marks.flatMap(({ number, atMs }) => {
    const count = gaps.filter(({ message }) => message === `mark ${number}`).length;
    if (count > 1) return [`the gap ${number} is in the recording ${count} times`];
    const ageMs = ageOf(life, atMs);
    const isDue = stage === "closed" || ageMs > LOST_MS;
    return count === 0 && isDue ? [`the gap ${number} is missing, passed on ${ageMs} ms before the kill`] : [];
  });
}

/** The name of a segment that begins with a life. */
function nameOf({ options }: Life): string {
  return new Date(options.clock.startMs).toISOString().replaceAll(/[-:]/g, "");
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item));
}
