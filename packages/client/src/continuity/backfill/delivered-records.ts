import * as LIMITS from "../../limits.ts";
import type { FillRules } from "./fill-rules.ts";
import { KnownRevisions } from "./known-revisions.ts";
import { type DeliveredRecords, NewestRecords } from "./newest-records.ts";
import { RecentRecords } from "./recent-records.ts";

/** What a fill of one channel must not deliver again. */
export interface DeliveredOfChannel {
  readonly rules: FillRules;
  readonly recent: DeliveredRecords;
  readonly revisions: KnownRevisions;
}

/** Begins to remember what is delivered of a channel with these rules. */
export function deliveredOf(rules: FillRules): DeliveredOfChannel {
  const { isCumulative, lookBackMs } = rules;
  const recent = isCumulative ? new NewestRecords() : new RecentRecords(lookBackMs + LIMITS.maxTimeLeadMs);
  return { rules, recent, revisions: new KnownRevisions() };
}
