import * as crypto from "node:crypto";
import { expect, test, vi } from "vitest";
import { Keyring } from "../../../src/gateway/auth/keyring.ts";

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual), createHmac: vi.fn(real.createHmac) };
});

test("a right secret, a wrong one and an unknown key take the same steps: one hash, one comparison in constant time", () => {
  const keyring = new Keyring([{ key: "K", secret: "S" }], ["iex"]);
  for (const [key, secret] of [
    ["K", "S"],
    ["K", "T"],
    ["K", ""],
    ["X", "S"],
    ["", ""],
  ] as const) {
    vi.mocked(crypto.createHmac).mockClear();
    vi.mocked(crypto.timingSafeEqual).mockClear();
    expect(keyring.check(key, secret) !== undefined).toBe(key === "K" && secret === "S");
    expect(crypto.createHmac).toHaveBeenCalledTimes(1);
    expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(1);
  }
});
