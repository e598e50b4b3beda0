/** Columns that name a trade. Ids repeat within a day at some exchanges, so price and size belong to them. */
const NAME = ["feed", "day", "symbol", "exchange", "id", "price", "size"] as const;

/** The order of arrival in a feed. */
const arrival = (table: string): string => `row(${table}."segment", ${table}."sequence")`;

const hasSameName = (one: string, other: string): string =>
  NAME.map((column) => `${one}."${column}" = ${other}."${column}"`).join(" and ");

/**
 * The view `tape`: trades as the gateway's history has them (PROTOCOL.md, "Corrections").
 *
 * - A cancel removes the trade that has its symbol, exchange, id, price and size, on the same day in New York and in the
 *   same feed, if the trade was received before it.
 * - A correction does the same with the original, and adds the corrected trade at the time of the original; at its own
 *   time if the original was not recorded. A correction may be corrected or cancelled in turn.
 * - Trades that were reported late are at their own times, as in `trades`.
 */
export const TAPE_VIEW: string = `
create view tape as
with amendments as (
  select feed, day, symbol, exchange, originalId as id, originalPrice as price, originalSize as size, segment, sequence
  from corrections
  union all
  select feed, day, symbol, exchange, id, price, size, segment, sequence from cancel_errors
),
corrected as (
  select feed, day, symbol, exchange, correctedId as id, correctedPrice as price, correctedSize as size, segment, sequence,
    columns(c -> c not in ('feed', 'day', 'symbol', 'exchange', 'segment', 'sequence'))
  from corrections
),
named as (
  select feed, day, symbol, exchange, originalId as id, originalPrice as price, originalSize as size, segment, sequence
  from corrections
),
originals as (
  select named.feed, named.segment, named.sequence, max(trades.t) as t
  from named join trades on ${hasSameName("named", "trades")} and ${arrival("trades")} < ${arrival("named")}
  group by all
),
parents as (
  select named.feed, named.segment, named.sequence, max(originals.t) as t
  from named
  join corrected on ${hasSameName("named", "corrected")} and ${arrival("corrected")} < ${arrival("named")}
  join originals on originals.feed = corrected.feed and ${arrival("originals")} = ${arrival("corrected")}
  group by all
),
corrections_in_place as (
  select corrected.symbol, coalesce(originals.t, parents.t, corrected.t) as t, corrected.id, corrected.exchange,
    corrected.price, corrected.size, corrected.correctedConditions as conditions, corrected.tape,
    corrected.feed, corrected.day, corrected.received, corrected.fromHistory, corrected.segment, corrected.sequence,
    true as isCorrection
  from corrected
  left join originals on originals.feed = corrected.feed and ${arrival("originals")} = ${arrival("corrected")}
  left join parents on parents.feed = corrected.feed and ${arrival("parents")} = ${arrival("corrected")}
)
select trades.*, false as isCorrection
from trades anti join amendments on ${hasSameName("amendments", "trades")} and ${arrival("amendments")} > ${arrival("trades")}
union all by name
select corrections_in_place.*
from corrections_in_place
anti join amendments on ${hasSameName("amendments", "corrections_in_place")}
  and ${arrival("amendments")} > ${arrival("corrections_in_place")}`;
