import { CRYPTO_SCHEMA } from "../../src/crypto/crypto-schema.ts";
import { testFastPaths } from "../wire/support/fast-path-tests.ts";
import { CRYPTO_TYPES } from "../wire/support/hot-messages.ts";

testFastPaths(CRYPTO_SCHEMA, CRYPTO_TYPES, 25_000);
