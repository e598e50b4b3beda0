/** The places of panels, in reading order. */
export const SLOTS = ["watch", "chart", "quote", "tape", "dock"] as const;

/** The name of a panel's place. */
export type SlotName = (typeof SLOTS)[number];

/** The names of the places for readers of the screen. */
export const SLOT_LABELS: { readonly [Name in SlotName]: string } = {
  watch: "Watch list",
  chart: "Chart",
  quote: "Quote",
  tape: "Time and sales",
  dock: "Health",
};

/**
 * The views of a narrow page, by the button that selects each. A phone shows one at a time, with the quote under the
 * chart; a tablet always shows chart, quote and tape, and the watch list or the dock.
 */
export const VIEWS = [
  { name: "watch", label: "Watch" },
  { name: "chart", label: "Chart" },
  { name: "tape", label: "Tape" },
  { name: "dock", label: "Health" },
] as const;

/** The name of a view. */
export type ViewName = (typeof VIEWS)[number]["name"];
