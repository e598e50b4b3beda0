import { mayChange } from "./bar-conditions.ts";

/** A macro that a query can name. */
export interface QueryMacro {
  readonly name: string;
  /** The parameters as a user writes them. */
  readonly parameters: string;
  readonly meaning: string;
  /** The tables that it reads. */
  readonly tables: readonly string[];
  readonly sql: string;
}

const US_PER_MINUTE = 60_000_000;
const US_PER_DAY = 86_400_000_000;

/** More records than a segment can have: the order of arrival is one number. */
const SEQUENCES = 2 ** 40;

/** Bars of several months are counted from January, so a year must be a multiple of their length. */
const MONTHS = "1, 2, 3, 4, 6, 12";

/** `(symbols, …, from_time, to_time)`: a symbol or `*`; times in UTC, or days in New York; both ends are included. */
const OF_SYMBOLS = "(symbols = '*' or symbol = symbols)";
const SINCE_START = "(from_time is null or (t >= range_start(from_time) and day >= first_day(from_time)))";
const UP_TO_END = "(to_time is null or (t < range_end(to_time) and day <= last_day(to_time)))";

/** Macros that the others are made of. */
const HELPERS: readonly string[] = [
  // Midnight in New York for a day; the time itself for a time.
  `create macro range_start(x) as case when length(x::varchar) = 10
    then from_new_york(x::varchar::date::timestamp) else x::varchar::timestamp_ns end`,
  // The first nanosecond behind a range.
  `create macro range_end(x) as case when length(x::varchar) = 10
    then from_new_york((x::varchar::date + 1)::timestamp) else make_timestamp_ns(epoch_ns(x::varchar::timestamp_ns) + 1) end`,
  // The days in New York, for the folders.
  "create macro first_day(x) as new_york(range_start(x))::date",
  "create macro last_day(x) as new_york(make_timestamp_ns(epoch_ns(range_end(x)) - 1))::date",
  "create macro months_of(x) as (datepart('year', x::interval) * 12 + datepart('month', x::interval))",
  "create macro days_of(x) as datepart('day', x::interval)",
  `create macro microseconds_of(x) as (datepart('hour', x::interval) * 3600000000
    + datepart('minute', x::interval) * ${US_PER_MINUTE} + datepart('microsecond', x::interval))`,
  "create macro is_within_day(x) as (months_of(x) = 0 and days_of(x) = 0)",
  `create macro checked_length(x) as case
    when is_within_day(x) and microseconds_of(x) between 1 and ${US_PER_DAY} then true
    when microseconds_of(x) = 0 and months_of(x) = 0 and days_of(x) in (1, 7) then true
    when microseconds_of(x) = 0 and days_of(x) = 0 and months_of(x) in (${MONTHS}) then true
    else error('bars_of: the length must be at most 24 hours, 1 day, 1 week, or ${MONTHS} months, as in ''5 minutes''; got ' || x::varchar)
    end`,
  // The last bars of a range may reach beyond its last day: weeks and months, and days of crypto, which are those of UTC.
  `create macro days_behind(x, feed) as (31 * months_of(x) + case when days_of(x) = 7 then 7 else 0 end
    + case when zone_of(feed) = 'UTC' then 1 else 0 end)::integer`,
  // Minute bars and daily bars have rules of their own; longer ones are made of these, shorter ones have the minute's.
  `create macro piece_us(x) as gcd(microseconds_of(x), ${US_PER_MINUTE})`,
  // The clock's time at which the bar begins, from the clock's time in it.
  `create macro bar_start(clock, x) as case
    when is_within_day(x) then date_trunc('day', clock)
      + to_microseconds((epoch_us(clock) % ${US_PER_DAY}) // microseconds_of(x) * microseconds_of(x))
    when days_of(x) = 1 then clock
    when days_of(x) = 7 then date_trunc('week', clock)::timestamp
    else make_date(year(clock), ((month(clock) - 1) // months_of(x) * months_of(x) + 1)::integer, 1)::timestamp
    end`,
];

const NEW_YORK: QueryMacro = {
  name: "new_york",
  parameters: "(time)",
  meaning: "what the clocks in New York show at a time in UTC, to the microsecond",
  tables: [],
  sql: "create macro new_york(x) as timezone('America/New_York', make_timestamptz(epoch_ns(x::timestamp_ns) // 1000))",
};

const FROM_NEW_YORK: QueryMacro = {
  name: "from_new_york",
  parameters: "(clock)",
  meaning: "the time in UTC at which clocks in New York show a date and time",
  tables: [],
  sql: `create macro from_new_york(x) as
    make_timestamp_ns(epoch_us(timezone('America/New_York', x::timestamp)) * 1000)`,
};

/** What `BarDraft` of the gateway does, with all trades at once; sums are made in its order, so that digits agree. */
const BARS_OF: QueryMacro = {
  name: "bars_of",
  parameters: "(symbol, length, from, to)",
  meaning: "bars of any length, made of trades by Alpaca's rules",
  tables: ["trades"],
  sql: `create macro bars_of(symbols, length, from_time := null, to_time := null) as table
with chosen as (
  select * from trades
  where ${OF_SYMBOLS} and t is not null and checked_length(length)
    and ${SINCE_START}
    and (to_time is null or (t < (range_end(to_time)::timestamp + length::interval + interval 1 hour)
      and day <= last_day(to_time) + days_behind(length, feed)))
),
rules as (
  select conditions, tape, ${ruleColumns()},
    list_contains(conditions, 'O') is true as isOpening
  from (select distinct conditions, tape from chosen)
),
segments as (
  select segment, row_number() over (order by segment) as number from (select distinct segment from chosen)
),
ticks as (
  select c.feed, c.symbol, c.t, c.price, c.size, r.isOpening, r.counts,
    c.price <> 0 and r.mayBeFirst as mayBeFirst, c.price <> 0 and r.isSetting as isSetting, c.price <> 0 and r.moves as moves,
    s.number * ${SEQUENCES} + c.sequence as arrival,
    case when is_within_day(length) then epoch_us(c.t) // piece_us(length)
      else case when zone_of(c.feed) = 'UTC' then c.t::date else c.day end - date '1970-01-01' end as piece
  from chosen c
  join rules r on c.conditions is not distinct from r.conditions and c.tape is not distinct from r.tape
  join segments s on c.segment = s.segment
),
sums as (
  select feed, symbol, piece,
    sum(size order by arrival) filter (counts) as volume,
    count(*) filter (counts) as tradeCount,
    max(price) filter (moves) as high,
    min(price) filter (moves) as low,
    sum(price * size order by arrival) filter (counts and moves) as dollars,
    sum(size order by arrival) filter (counts and moves) as shares,
    arg_min({price: price, t: t, isOpening: isOpening}, arrival) filter (mayBeFirst) as first,
    arg_min({price: price, t: t}, row(t, arrival)) filter (isSetting) as earliest,
    arg_max({price: price, t: t}, row(t, arrival)) filter (isSetting) as latest,
    arg_min(price, arrival) filter (isSetting and isOpening) as opening
  from ticks group by all
),
pieces as (
  select feed, symbol, piece, high, low, volume, tradeCount,
    case when first.isOpening then first.price
      when opening is not null then opening
      when earliest is null or first.t <= earliest.t then first.price
      else earliest.price end as open,
    case when latest is null or latest.t < first.t then first.price else latest.price end as close,
    round(dollars / nullif(shares, 0) * 1e6) / 1e6 as vwap,
    case when is_within_day(length) then timezone(zone_of(feed), make_timestamptz(piece * piece_us(length)))
      else (date '1970-01-01' + piece::integer)::timestamp end as clock
  from sums
  where high <> 0 and low <> 0 and volume <> 0 and open <> 0 and close <> 0
),
placed as (
  select *, make_timestamp_ns(epoch_us(timezone(zone_of(feed), bar_start(clock, length))) * 1000) as start from pieces
)
select feed, symbol, start as t, arg_min(open, piece) as open, max(high) as high, min(low) as low,
  arg_max(close, piece) as close, sum(volume order by piece) as volume, sum(tradeCount)::bigint as tradeCount,
  round(sum(vwap * volume order by piece) / nullif(sum(volume order by piece) filter (vwap is not null), 0) * 1e6) / 1e6 as vwap
from placed
where (from_time is null or start >= range_start(from_time)) and (to_time is null or start < range_end(to_time))
group by feed, symbol, start
order by feed, symbol, t`,
};

const NBBO_AT: QueryMacro = {
  name: "nbbo_at",
  parameters: "(symbol, time)",
  meaning: "the newest quote at a time, of the same day in New York",
  tables: ["quotes"],
  sql: `create macro nbbo_at(symbols, at_time) as table
select feed, symbol, t, bidPrice, bidSize, bidExchange, askPrice, askSize, askExchange, conditions
from quotes
where ${OF_SYMBOLS} and t < range_end(at_time) and day = last_day(at_time)
qualify row_number() over (partition by feed, symbol order by t desc, segment desc, sequence desc) = 1
order by feed, symbol`,
};

/** Each trade with its quote. Of the quotes of one nanosecond the one that arrived last is in force. */
const TRADES_WITH_NBBO: QueryMacro = {
  name: "trades_with_nbbo",
  parameters: "(symbol, from, to)",
  meaning: "valid trades, each with the newest quote at its time, of the same day",
  tables: ["tape", "quotes"],
  sql: `create macro trades_with_nbbo(symbols, from_time := null, to_time := null) as table
with prints as (select * from tape where ${OF_SYMBOLS} and ${SINCE_START} and ${UP_TO_END}),
nbbo as (
  select feed, day, symbol, t, bidPrice, bidSize, askPrice, askSize from quotes
  where ${OF_SYMBOLS} and (from_time is null or day >= first_day(from_time)) and ${UP_TO_END}
  qualify row_number() over (partition by feed, day, symbol, t order by segment desc, sequence desc) = 1
)
select p.feed, p.day, p.symbol, p.t, p.price, p.size, p.exchange, p.conditions, q.bidPrice, q.askPrice, q.bidSize, q.askSize,
  q.t as quoteTime
from prints p asof left join nbbo q on p.feed = q.feed and p.day = q.day and p.symbol = q.symbol and p.t >= q.t
order by p.feed, p.symbol, p.t, p.segment, p.sequence`,
};

const VWAP: QueryMacro = {
  name: "vwap",
  parameters: "(symbol, from, to)",
  meaning: "volume-weighted average price of the valid trades that count for bars",
  tables: ["tape"],
  sql: `create macro vwap(symbols, from_time := null, to_time := null) as table
select feed, symbol, sum(price * size) / nullif(sum(size), 0) as vwap, sum(size) as volume, count(*) as tradeCount
from tape
where ${OF_SYMBOLS} and ${SINCE_START} and ${UP_TO_END}
  and ${mayChange("HIGH_LOW", "minute")} and ${mayChange("VOLUME", "minute")}
group by feed, symbol
order by feed, symbol`,
};

const SPREAD: QueryMacro = {
  name: "spread",
  parameters: "(symbol, from, to)",
  meaning: "spread of the quotes that have both sides, averaged over the time that each was in force",
  tables: ["quotes"],
  sql: `create macro spread(symbols, from_time := null, to_time := null) as table
with timed as (
  select feed, symbol, askPrice - bidPrice as width, (askPrice + bidPrice) / 2 as mid, bidPrice > 0 and askPrice > 0 as hasBoth,
    coalesce(epoch_ns(lead(t) over (partition by feed, day, symbol order by t, segment, sequence)) - epoch_ns(t), 0) as ns
  from quotes
  where ${OF_SYMBOLS} and ${SINCE_START} and ${UP_TO_END}
)
select feed, symbol, case when sum(ns) > 0 then sum(width * ns) / sum(ns) else avg(width) end as spread,
  case when sum(ns) > 0 then sum(width / mid * ns) / sum(ns) else avg(width / mid) end * 10000 as basisPoints,
  min(width) as narrowest, max(width) as widest, count(*) as quotes
from timed
where hasBoth
group by feed, symbol
order by feed, symbol`,
};

function ruleColumns(): string {
  const rule = (what: Parameters<typeof mayChange>[0], name: string): string =>
    `case when is_within_day(length) then ${mayChange(what, "minute")} else ${mayChange(what, "daily")} end as ${name}`;
  return [
    rule("OPEN_CLOSE_IF_FIRST", "mayBeFirst"),
    rule("OPEN_CLOSE", "isSetting"),
    rule("HIGH_LOW", "moves"),
    rule("VOLUME", "counts"),
  ].join(",\n    ");
}

/** The macros of a recording. */
export const QUERY_MACROS: readonly QueryMacro[] = [
  BARS_OF,
  NBBO_AT,
  TRADES_WITH_NBBO,
  VWAP,
  SPREAD,
  NEW_YORK,
  FROM_NEW_YORK,
];

/** Returns the statements that make the macros. `cryptoFeeds` are the feeds whose days are those of UTC. */
export function macroStatements(cryptoFeeds: readonly string[]): string[] {
  const isCrypto = cryptoFeeds.map((feed) => `x = '${feed.replaceAll("'", "''")}'`).join(" or ") || "false";
  return [
    `create macro zone_of(x) as case when ${isCrypto} then 'UTC' else 'America/New_York' end`,
    NEW_YORK.sql,
    FROM_NEW_YORK.sql,
    ...HELPERS,
    ...QUERY_MACROS.filter((macro) => macro !== NEW_YORK && macro !== FROM_NEW_YORK).map(({ sql }) => sql),
  ];
}
