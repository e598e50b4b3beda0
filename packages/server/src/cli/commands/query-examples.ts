/** A question that a trader asks, and its SQL. */
export interface QueryExample {
  readonly question: string;
  readonly sql: string;
}

/** The examples of `tickerplant query --help`; a test runs each of them. */
export const QUERY_EXAMPLES: readonly QueryExample[] = [
  {
    question: "Volume leaders of the last day",
    sql: `select symbol, sum(size) as volume, sum(price * size) as dollars
  from tape where day = (select max(day) from trades) group by symbol order by dollars desc limit 10`,
  },
  {
    question: "Biggest trades, at New York's time",
    sql: "select new_york(t) as time, symbol, price, size, conditions from tape order by price * size desc limit 10",
  },
  {
    question: "Bars of 7 minutes by Alpaca's rules, of a day in New York",
    sql: "from bars_of('AAPL', '7 minutes', '2025-11-14', '2025-11-14')",
  },
  {
    question: "Average spread by minute, in basis points",
    sql: `select symbol, date_trunc('minute', new_york(t)) as minute,
    avg((askPrice - bidPrice) / (askPrice + bidPrice) * 20000) as bps
  from quotes where bidPrice > 0 and askPrice > 0 group by all order by all`,
  },
  {
    question: "Price of the opening auction: the official opening print",
    sql: `select day, symbol, new_york(t) as time, price, size
  from tape where list_has_any(conditions, ['O', 'Q']) order by all`,
  },
  {
    question: "VWAP against the last price of bars",
    sql: `select symbol, vwap, close, round((close / vwap - 1) * 100, 2) as percent
  from bars_of('*', '1 day') order by abs(percent) desc`,
  },
  {
    question: "NBBO at each trade: at the bid, at the ask or between",
    sql: `select t, price, bidPrice, askPrice,
    case when price >= askPrice then 'ask' when price <= bidPrice then 'bid' else 'between' end as side
  from trades_with_nbbo('AAPL') limit 20`,
  },
  {
    question: "Quotes per second, the busiest first",
    sql: "select date_trunc('second', t) as second, count(*) as quotes from quotes group by all order by quotes desc limit 10",
  },
  {
    question: "Halts and resumptions",
    sql: "select new_york(t) as time, symbol, statusMessage, reasonMessage from statuses order by t",
  },
  {
    question: "What is missing in the recording, and why",
    sql: "select feed, kind, channel, symbols, fromTime, toTime, count, message from gaps order by received",
  },
];
