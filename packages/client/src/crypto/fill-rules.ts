import type { FillRulesByChannel } from "../continuity/backfill/fill-rules.ts";
import { DAY_RULES, minuteRules } from "../continuity/backfill/summary-rules.ts";
import type { Id } from "../wire/index.ts";
import type { CryptoTrade } from "./records.ts";

/** How gaps of crypto are filled. The venue gives every trade of a pair an id of its own. */
export const CRYPTO_FILL_RULES: FillRulesByChannel = {
  trades: {
    lookBackMs: 15_000,
    overlapMs: 2_000,
    settleMs: 3_000,
    // A raw record has the id as `i`. Ids of one pair and nanosecond differ in their last digits.
    identity: (record) =>
      Number(BigInt.asUintN(53, BigInt(("T" in record ? (record.i as Id) : (record as CryptoTrade).id) ?? 0))),
  },
  bars: minuteRules({ channel: "updatedBars", letter: "u" }),
  dailyBars: DAY_RULES,
};
