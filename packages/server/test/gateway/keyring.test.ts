import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Keyring } from "../../src/gateway/keyring.ts";

describe("a keyring", () => {
  const keyring = new Keyring([
    { key: "K1", secret: "S1", feeds: ["iex"], maxSymbols: 30, maxConnections: 1 },
    { key: "K2", secret: "S2" },
  ]);

  test("knows a key by its own secret alone", () => {
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

  test("without credentials takes any key and secret, but neither empty ones nor what would spoil a log", () => {
    const open = new Keyring(undefined);
    expect(open.check("any", "thing")).toEqual({ key: "any" });
    expect(open.check("", "thing")).toBeUndefined();
    expect(open.check("any", "")).toBeUndefined();
    expect(open.check("\u001b[2J", "thing")).toBeUndefined();
    expect(open.check("K".repeat(129), "thing")).toBeUndefined();
  });

  test("with an empty list of credentials takes nobody", () => {
    expect(new Keyring([]).check("any", "thing")).toBeUndefined();
  });

  test("refuses a key that is there twice", () => {
    expect(
      () =>
        new Keyring([
          { key: "K1", secret: "S1" },
          { key: "K1", secret: "S2" },
        ]),
    ).toThrow('"K1" twice');
  });

  test("[R26] keeps no secret where it could be read", () => {
    const secret = "very-secret-indeed";
    expect(inspect(new Keyring([{ key: "K", secret }]), { depth: 10, showHidden: true })).not.toContain(secret);
    expect(new Keyring([{ key: "K", secret }]).check("K", secret)).not.toHaveProperty("secret");
  });
});
