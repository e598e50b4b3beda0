const timeZone = "America/New_York";
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short" });

/** The time of day in New York: `10:41:07`. */
export function clock(ms: number): string {
  return CLOCK.format(ms);
}

/** The date in New York: `Tue 24 Nov`. */
export function date(ms: number): string {
  return DATE.format(ms).replace(",", "");
}
