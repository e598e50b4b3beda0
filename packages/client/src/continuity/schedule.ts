/** How long a channel may be silent while its market is open; a channel left out may be so for ever. */
export interface Allowance {
  /** With all symbols: then silence is a fault for certain. */
  readonly all?: number;
  /** With named symbols, which may be ones that hardly trade. */
  readonly named?: number;
}

export type Allowances = { readonly [channel: string]: Allowance };

/** What one feed is expected to send, and when. */
export interface Schedule {
  readonly allowances: Allowances;
  /** When the session began that is open at a time since the epoch, in milliseconds; undefined while closed. */
  sessionStart(ms: number): number | undefined;
  /** Whether the schedule's calendar covers a time since the epoch, in milliseconds. */
  isInCalendar(ms: number): boolean;
}
