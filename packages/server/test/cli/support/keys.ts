import { hashSecret } from "../../../src/gateway/auth/secret-hash.ts";

/** An entry of a keys file; `secret` stands in it as its hash. */
export function keyEntry(key: string, secret: string, more: Readonly<Record<string, unknown>> = {}): object {
  return { key, secretHash: hashSecret(secret), ...more };
}
