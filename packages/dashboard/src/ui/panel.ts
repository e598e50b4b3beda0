/** A part of the page. The page puts `element` into the panel's slot, and calls `draw` at most once a frame. */
export interface Panel {
  readonly element: HTMLElement;
  /** Draws what has changed. The time is that of `Date.now()`. */
  draw(nowMs: number): void;
  /** Handles a key that was pressed outside of form fields. Returns whether it is one of the panel's keys. */
  key?(key: string): boolean;
}
