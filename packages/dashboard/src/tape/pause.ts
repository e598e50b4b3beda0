/** A reason to pause the tape. The first of them that holds is named in the header. */
const REASONS = ["by key", "while pointed at", "while focused", "while scrolled"] as const;

/** Why the tape stands still. */
export type PauseReason = (typeof REASONS)[number];

/** Whether the tape stands still, and why: the pointer, the focus, the scroll position and the key. */
export class Pause {
  readonly #holding = new Set<PauseReason>();

  /** The reason to name; undefined while the tape runs. */
  get reason(): PauseReason | undefined {
    return REASONS.find((reason) => this.#holding.has(reason));
  }

  set(reason: PauseReason, holds: boolean): void {
    if (holds) this.#holding.add(reason);
    else this.#holding.delete(reason);
  }

  toggle(reason: PauseReason): void {
    this.set(reason, !this.#holding.has(reason));
  }
}
