import { hashSecret } from "../../../src/gateway/auth/secret-hash.ts";

/** Makes an entry of a keys file with the hash of `secret`. */
export function keyEntry(key: string, secret: string, more: Readonly<Record<string, unknown>> = {}): object {
  return { key, secretHash: hashSecret(secret), ...more };
}
