import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type Credential, type KeyChange, Keyring } from "../../../src/gateway/auth/keyring.ts";
import { hashSecret } from "../../../src/gateway/auth/secret-hash.ts";
import { GATEWAY_LIMITS } from "../../../src/gateway/limits.ts";

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

  test("a keyring accepts a token alone, and not as the secret of its key", () => {
    const tokens = new Keyring(
      [
        { key: "app", token: "T1", maxSymbols: 30 },
        { key: "page", tokenHash: hashSecret("T2") },
        { key: "alice", secret: "S" },
      ],
      FEEDS,
    );
    expect(tokens.check("oauth", "T1")).toEqual({ key: "app", maxSymbols: 30 });
    expect(tokens.check("oauth", "T2")).toEqual({ key: "page" });
    for (const [key, secret] of [
      ["oauth", "T3"],
      ["oauth", "S"],
      ["oauth", ""],
      ["app", "T1"],
    ] as const)
      expect(tokens.check(key, secret)).toBeUndefined();
  });

  test("a keyring rejects more tokens than its limit, and keeps those that it has", () => {
    const token = hashSecret("T");
    const many = Array.from({ length: GATEWAY_LIMITS.maxTokens }, (_, index) => ({
      key: `K${index}`,
      tokenHash: token,
    }));
    const tokens = new Keyring(many, FEEDS);
    expect(() => tokens.set({ key: "one more", token: "T" })).toThrow("1001 tokens");
    expect(tokens.keys).toHaveLength(GATEWAY_LIMITS.maxTokens);
  });
});

describe("changes of a keyring", () => {
  /** A keyring with two keys, and what it reports. */
  function changing() {
    const changes: KeyChange[] = [];
    const secretHash = hashSecret("S1");
    const credentials: Credential[] = [
      { key: "K1", secretHash },
      { key: "K2", secret: "S2" },
    ];
    return { keyring: new Keyring(credentials, FEEDS, (change) => changes.push(change)), changes, secretHash };
  }

  test("a key that is set is accepted from then on, and one that is removed is not", () => {
    const { keyring, changes } = changing();
    keyring.set({ key: "K3", secret: "S3" });
    expect(keyring.check("K3", "S3")).toEqual({ key: "K3" });
    expect(keyring.remove("K3")).toBe(true);
    expect(keyring.remove("K3")).toBe(false);
    expect(keyring.check("K3", "S3")).toBeUndefined();
    expect(changes).toEqual([
      { key: "K3", type: "added", entitlement: { key: "K3" } },
      { key: "K3", type: "removed", entitlement: undefined },
    ]);
  });

  test("replacing the keys reports what has changed, and nothing of a key that is the same", () => {
    const { keyring, changes, secretHash } = changing();
    const changed = keyring.replace([
      { key: "K1", secretHash, maxSymbols: 5 },
      { key: "K2", secret: "S2" }, // its hash would have another salt
      { key: "K3", secret: "S3" },
    ]);
    expect(changed).toEqual([
      { key: "K1", type: "changed", entitlement: { key: "K1", maxSymbols: 5 } },
      { key: "K3", type: "added", entitlement: { key: "K3" } },
    ]);
    expect(changes).toEqual(changed);
    expect(keyring.replace([{ key: "K1", secret: "other", maxSymbols: 5 }])).toEqual([
      { key: "K2", type: "removed", entitlement: undefined },
      { key: "K3", type: "removed", entitlement: undefined },
      { key: "K1", type: "secretChanged", entitlement: undefined },
    ]);
    expect(keyring.keys).toEqual(["K1"]);
  });

  test("credentials that make no sense change nothing", () => {
    const { keyring, changes } = changing();
    expect(() => keyring.replace([{ key: "K3", secret: "S3" }, { key: "K4" } as Credential])).toThrow(TypeError); // what a program without types may pass
    expect(keyring.keys).toEqual(["K1", "K2"]);
    expect(changes).toEqual([]);
  });

  test("the keys of a gateway that accepts any key cannot be changed", () => {
    const open = new Keyring(undefined, FEEDS);
    expect(open.keys).toBeUndefined();
    for (const change of [() => open.set({ key: "K", secret: "S" }), () => open.remove("K"), () => open.replace([])])
      expect(change).toThrow("this gateway accepts any key");
  });
});
