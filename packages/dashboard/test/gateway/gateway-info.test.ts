import { expect, test } from "vitest";
import { readInfo } from "../../src/gateway/gateway-info.ts";

test("the gateway's feeds of stocks have path and source, and other asset classes are left out", () => {
  const endpoints = [
    { path: "/v2/sip", source: "simulated", sourceDetail: "seed 1, speed 1" },
    { path: "/v1beta1/boats", source: "live" },
    { path: "/v1beta3/crypto/us", source: "live" },
  ];
  expect(readInfo({ keys: "any", endpoints })).toEqual({
    acceptsAnyKey: true,
    feeds: [
      { name: "sip", path: "/v2/sip", source: "simulated", sourceDetail: "seed 1, speed 1" },
      { name: "boats", path: "/v1beta1/boats", source: "live", sourceDetail: undefined },
    ],
  });
});

test("a gateway that names neither source nor keys requires keys, and its source is unknown", () => {
  const { acceptsAnyKey, feeds } = readInfo({ endpoints: [{ path: "/v2/iex" }] });
  expect(acceptsAnyKey).toBe(false);
  expect(feeds[0]?.source).toBeUndefined();
});
