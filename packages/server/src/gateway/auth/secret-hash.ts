import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { kindOf } from "../../option-checks.ts";

const SALT_BYTES = 16;

/** The scheme's name, the salt and the digest in base64url. */
const FORM = /^hmac-sha256\$([\w-]{22})\$([\w-]{43})$/;

/** A secret as it is kept. */
export interface SecretHash {
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/**
 * Makes the string that replaces a secret in a keys file: `hmac-sha256$SALT$DIGEST`, different at
 * each call.
 *
 * The hash is a fast one. It protects secrets that cannot be guessed, such as those that
 * `tickerplant key` makes; a slow hash would let strangers keep the gateway busy by guessing.
 *
 * @throws TypeError for an empty secret, and for a value that is no string.
 * @example
 * createGateway({ feeds, keys: [{ key: "alice", secretHash: hashSecret(secret) }] });
 */
export function hashSecret(secret: string): string {
  if (typeof secret !== "string" || secret === "")
    throw new TypeError(`hashSecret needs a secret, got ${secret === "" ? "an empty string" : kindOf(secret)}`);
  const salt = randomBytes(SALT_BYTES);
  return `hmac-sha256$${salt.toString("base64url")}$${digestOf(secret, salt).toString("base64url")}`;
}

/** Reads what {@link hashSecret} wrote; undefined for anything else. */
export function parseSecretHash(text: string): SecretHash | undefined {
  const [, salt, digest] = FORM.exec(text) ?? [];
  if (salt === undefined || digest === undefined) return undefined;
  return { salt: Buffer.from(salt, "base64url"), digest: Buffer.from(digest, "base64url") };
}

/** Makes a hash that no secret has, for unknown keys: checking one takes as long as any other. */
export function unknownSecretHash(): SecretHash {
  return { salt: randomBytes(SALT_BYTES), digest: randomBytes(32) };
}

/** Whether a secret is the one that was hashed, in constant time. */
export function isSecret(secret: string, { salt, digest }: SecretHash): boolean {
  return timingSafeEqual(digestOf(secret, salt), digest);
}

function digestOf(secret: string, salt: Buffer): Buffer {
  return createHmac("sha256", salt).update(secret).digest();
}
