import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type Credential, Keyring } from "../../../src/gateway/auth/keyring.ts";
import { hashSecret } from "../../../src/gateway/auth/secret-hash.ts";

const FEEDS = ["iex", "sip"];

describe("Keyring", () => {
  const keyring = new Keyring(
    [
      { key: "K1", secret: "S1", feeds: ["iex"], maxSymbols: 30, maxConnections: 1 },
      { key: "K2", secret: "S2" },
    ],
    FEEDS,
  );

  test("a keyring accepts a key only with its own secret", () => {
    expect(keyring.check("K1", "S1")).toEqual({ key: "K1", feeds: ["iex"], maxSymbols: 30, maxConnections: 1 });
    expect(keyring.check("K2", "S2")).toEqual({ key: "K2" });
    for (const [key, secret] of [
      ["K1", "S2"],
      ["K1", ""],
      ["", "S1"],
      ["K3", "S1"],
      ["__proto__", ""],
      ["K1", "S1 "],
    ] as const) {
      expect(keyring.check(key, secret)).toBeUndefined();
    }
  });

  test("a keyring without credentials accepts any key and secret, except empty ones and keys that are unfit for a log", () => {
    const open = new Keyring(undefined, FEEDS);
    expect(open.check("any", "thing")).toEqual({ key: "any" });
    expect(open.check("", "thing")).toBeUndefined();
    expect(open.check("any", "")).toBeUndefined();
    expect(open.check("\u001b[2J", "thing")).toBeUndefined();
    expect(open.check("K".repeat(129), "thing")).toBeUndefined();
  });

  test("a keyring with an empty array of credentials accepts no key", () => {
    expect(new Keyring([], FEEDS).check("any", "thing")).toBeUndefined();
  });

  test("a keyring rejects a repeated key", () => {
    expect(
      () =>
        new Keyring(
          [
            { key: "K1", secret: "S1" },
            { key: "K1", secret: "S2" },
          ],
          FEEDS,
        ),
    ).toThrow('"K1" twice');
  });

  test.each(["S1\n", "S1\r\n", " S1", "\tS1", "S1\u00a0"])(
    "a keyring rejects white space at an end, as in %j, and its error does not contain the secret",
    (text) => {
      const wrong = "begins or ends with white space, such as the line feed of a file: trim it";
      expect(() => new Keyring([{ key: "K1", secret: text }], FEEDS)).toThrow(`the secret of the key "K1" ${wrong}`);
      expect(() => new Keyring([{ key: text, secret: "S" }], FEEDS)).toThrow(
        `the key ${JSON.stringify(text)} ${wrong}`,
      );
      expect(() => new Keyring([{ key: "K 1", secret: "S 1" }], FEEDS)).not.toThrow();
    },
  );

  test("[R26] a keyring does not store secrets", () => {
    const secret = "very-secret-indeed";
    expect(inspect(new Keyring([{ key: "K", secret }], FEEDS), { depth: 10, showHidden: true })).not.toContain(secret);
    expect(new Keyring([{ key: "K", secret }], FEEDS).check("K", secret)).not.toHaveProperty("secret");
  });

  test("a keyring accepts a hash in place of a secret, and the hash does not work as the secret", () => {
    const secretHash = hashSecret("S1");
    const hashed = new Keyring([{ key: "K1", secretHash, maxSymbols: 30 }], FEEDS);
    expect(hashed.check("K1", "S1")).toEqual({ key: "K1", maxSymbols: 30 });
    expect(hashed.check("K1", secretHash)).toBeUndefined();
  });

  test("hashSecret returns a different hash of the same secret each time, in a stable format", () => {
    expect(hashSecret("S1")).toMatch(/^hmac-sha256\$[\w-]{22}\$[\w-]{43}$/);
    expect(hashSecret("S1")).not.toBe(hashSecret("S1"));
    // Made by another program: the form of a file must not change under its readers.
    const secretHash = "hmac-sha256$AAECAwQFBgcICQoLDA0ODw$fynClLWWu0PASlbY1Z91FUkQs-lcUJNBti5nv1V2YZE";
    expect(new Keyring([{ key: "K", secretHash }], FEEDS).check("K", "wonderland")).toEqual({ key: "K" });
  });

  test.each([
    ["a plain text for a hash", { key: "K", secretHash: "very-secret" }],
    ["a hash of another scheme", { key: "K", secretHash: `scrypt${hashSecret("very-secret").slice(11)}` }],
    ["half a hash", { key: "K", secretHash: hashSecret("very-secret").slice(0, -1) }],
    ["neither secret nor hash", { key: "K" }],
    ["both", { key: "K", secret: "very-secret", secretHash: hashSecret("very-secret") }],
    ["an empty secret", { key: "K", secret: "" }],
  ])("a keyring rejects %s, and its error contains nothing of it", (_what, credential) => {
    let told = "";
    try {
      new Keyring([credential as Credential], FEEDS); // what a program without types may pass
    } catch (error) {
      told = String(error);
    }
    expect(told).toMatch(/^TypeError: .*"K"/);
    expect(told).not.toMatch(/very-secret|scrypt/);
  });

  test("a keyring treats names such as __proto__ and toString as ordinary keys", () => {
    const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
    for (const name of names) expect(keyring.check(name, "S1")).toBeUndefined();
    const named = new Keyring(
      names.map((key) => ({ key, secret: `${key}!` })),
      FEEDS,
    );
    for (const key of names) expect(named.check(key, `${key}!`)).toEqual({ key });
  });
});
