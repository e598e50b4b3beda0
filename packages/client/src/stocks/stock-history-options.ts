import { type OptionChecks, STRING } from "../checks/option-checks.ts";
import { RANGE_OPTIONS, type RangeOptions, REQUEST_OPTIONS, type RequestOptions } from "../history/range-options.ts";
import { TIMEFRAME_CHECK, type Timeframe } from "../history/timeframe.ts";
import { ADJUSTMENT_CHECK, type Adjustment } from "./adjustment.ts";

/** Options of a request for the newest records of stocks. */
export interface StockRequestOptions extends RequestOptions {
  /**
   * Currency of the prices, such as `EUR`.
   *
   * @defaultValue US dollars
   */
  readonly currency?: string | undefined;
}

/** Options of a request for stocks in a range of time. */
export interface StockRangeOptions extends RangeOptions, StockRequestOptions {
  /**
   * The day by whose names symbols are understood, such as `2025-11-14`; `-` for symbols as they are written.
   *
   * @defaultValue the server's: today
   */
  readonly asof?: string | undefined;
}

/** Options of a request for bars of stocks. */
export interface StockBarsOptions extends StockRangeOptions {
  /**
   * The length of a bar.
   *
   * @defaultValue `1Min`
   */
  readonly timeframe?: Timeframe | undefined;
  /**
   * Which corporate actions change earlier prices.
   *
   * @defaultValue `raw`: none
   */
  readonly adjustment?: Adjustment | readonly Adjustment[] | undefined;
}

/** What each of {@link StockRequestOptions} must be. */
export const STOCK_REQUEST_OPTIONS: OptionChecks<StockRequestOptions> = { ...REQUEST_OPTIONS, currency: STRING };

/** What each of {@link StockRangeOptions} must be. */
export const STOCK_RANGE_OPTIONS: OptionChecks<StockRangeOptions> = {
  ...RANGE_OPTIONS,
  ...STOCK_REQUEST_OPTIONS,
  asof: STRING,
};

/** What each of {@link StockBarsOptions} must be. */
export const STOCK_BARS_OPTIONS: OptionChecks<StockBarsOptions> = {
  ...STOCK_RANGE_OPTIONS,
  timeframe: TIMEFRAME_CHECK,
  adjustment: ADJUSTMENT_CHECK,
};
