/** Reasons that several lines share for not applying. */
export const PERPETUALS =
  "These are the streams of stocks and crypto; perpetual futures are another, with other records.";
export const OPTIONS = "This is the stream of stocks; options are another stream, with other records.";
export const NEWS = "This is the stream of stocks; news is another stream, with other records.";
export const TRADING = "This is the stream of market data; orders and trade updates are another protocol.";
