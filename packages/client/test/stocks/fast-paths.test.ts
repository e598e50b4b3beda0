import { STOCK_SCHEMA } from "../../src/stocks/stock-schema.ts";
import { testFastPaths } from "../wire/support/fast-path-tests.ts";
import { STOCK_TYPES } from "../wire/support/hot-messages.ts";

testFastPaths(STOCK_SCHEMA, STOCK_TYPES, 100_000);
