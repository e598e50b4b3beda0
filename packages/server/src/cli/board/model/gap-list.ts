import type { StreamEvents } from "@tickerplant/client";
import { MAX_GAPS } from "../limits.ts";
import { foreign } from "./foreign.ts";

/** A range of time of which records may be missing, or were. */
export interface BoardGap {
  readonly channel: string;
  readonly symbols: readonly string[];
  readonly from: Date;
  readonly to: Date;
  /** Why records were missed, safe to print. */
  readonly cause: string;
  readonly isFilled: boolean;
  /** How it was filled, or why not, safe to print; undefined before an attempt. */
  readonly outcome: string | undefined;
}

type Range = Pick<BoardGap, "channel" | "from" | "to">;

/** The gaps of a stream, newest first. */
export class GapList {
  #gaps: BoardGap[] = [];
  /** Of all gaps, those that are not held any more too. */
  filledCount = 0;

  get gaps(): readonly BoardGap[] {
    return this.#gaps;
  }

  get openCount(): number {
    return this.#gaps.filter(({ isFilled }) => !isFilled).length;
  }

  /** Records may be missing. */
  add({ channel, symbols, from, to, cause }: StreamEvents["gap"]): void {
    this.#gaps.unshift({
      channel,
      symbols,
      from,
      to,
      cause: foreign(cause.code.replaceAll("_", " ")),
      isFilled: false,
      outcome: undefined,
    });
    if (this.#gaps.length > MAX_GAPS) this.#gaps.pop();
  }

  /** The records that were missing have come, for some of the symbols or all. */
  fill(event: StreamEvents["gapFilled"]): void {
    this.filledCount++;
    const { symbols, recordCount } = event;
    this.#settle(event, symbols, { isFilled: true, outcome: `${recordCount.toLocaleString("en-US")} records` });
  }

  /** The records could not be requested, for some of the symbols or all. */
  keepOpen(event: StreamEvents["gapOpen"]): void {
    const { symbols, cause } = event;
    this.#settle(event, symbols, { isFilled: false, outcome: foreign(cause.code.replaceAll("_", " ")) });
  }

  /** Gives the symbols of a gap their outcome; the rest of its symbols stay as they are. */
  #settle(range: Range, symbols: readonly string[], outcome: Pick<BoardGap, "isFilled" | "outcome">): void {
    const at = this.#gaps.findIndex((gap) => gap.outcome === undefined && isSameRange(gap, range));
    const gap = this.#gaps[at];
    if (gap === undefined) return;
    const settled = new Set(symbols);
    const rest = gap.symbols.filter((symbol) => !settled.has(symbol));
    const parts = [{ ...gap, symbols, ...outcome }, ...(rest.length > 0 ? [{ ...gap, symbols: rest }] : [])];
    this.#gaps.splice(at, 1, ...parts);
  }
}

function isSameRange(one: Range, other: Range): boolean {
  return (
    one.channel === other.channel &&
    one.from.getTime() === other.from.getTime() &&
    one.to.getTime() === other.to.getTime()
  );
}
