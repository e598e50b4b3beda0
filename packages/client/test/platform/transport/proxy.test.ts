import { expect, test } from "vitest";
import { environmentTunnel } from "../../../src/platform/transport/node/proxy.ts";

const ALPACA = "wss://stream.data.alpaca.markets/v2/iex";
const PROXY = "http://proxy.example:3128";

function isProxied(target: string, environment: NodeJS.ProcessEnv): boolean {
  return environmentTunnel(target, environment) !== undefined;
}

test.each<[string, string, NodeJS.ProcessEnv, boolean]>([
  ["nothing set", ALPACA, {}, false],
  ["HTTPS_PROXY for wss:", ALPACA, { HTTPS_PROXY: PROXY }, true],
  ["https_proxy for wss:", ALPACA, { https_proxy: PROXY }, true],
  ["HTTP_PROXY is not for wss:", ALPACA, { HTTP_PROXY: PROXY }, false],
  ["HTTP_PROXY for ws:", "ws://gateway.example/v2/iex", { HTTP_PROXY: PROXY }, true],
  ["http_proxy for ws:", "ws://gateway.example/v2/iex", { http_proxy: PROXY }, true],
  ["HTTPS_PROXY is not for ws:", "ws://gateway.example/v2/iex", { HTTPS_PROXY: PROXY }, false],
  ["small letters win, empty ones too", ALPACA, { https_proxy: "", HTTPS_PROXY: PROXY }, false],
  ["an empty variable", ALPACA, { HTTPS_PROXY: "" }, false],
])("the proxy of the environment: %s", (_, target, environment, expected) => {
  expect(isProxied(target, environment)).toBe(expected);
});

test.each([
  "ws://localhost:8765",
  "ws://api.localhost",
  "ws://127.0.0.1:1",
  "ws://127.8.9.1",
  "ws://[::1]:8765",
  "ws://[::ffff:127.0.0.1]:8765",
  "ws://0.0.0.0:8765",
  "ws://[::]:8765",
])("an address of this machine is never proxied: %s", (target) => {
  expect(isProxied(target, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY })).toBe(false);
});

test.each<[string, string, boolean]>([
  ["*", "wss://a.example", true],
  ["a.example", "wss://a.example", true],
  ["A.Example", "wss://a.EXAMPLE", true],
  ["a.example", "wss://a.example.", true],
  ["example", "wss://a.example", true],
  [".example", "wss://a.example", true],
  ["*.example", "wss://a.b.example", true],
  [".example.com", "wss://example.com", true],
  ["ample", "wss://a.example", false],
  ["b.example", "wss://a.example", false],
  ["a.example.com", "wss://example.com", false],
  ["x.example, y.example ,a.example", "wss://a.example", true],
  ["x.example y.example a.example", "wss://a.example", true],
  ["", "wss://a.example", false],
  [",, ,", "wss://a.example", false],
  [".", "wss://a.example", false],
  ["a.example:443", "wss://a.example", true],
  ["a.example:8443", "wss://a.example", false],
  ["a.example:8443", "wss://a.example:8443", true],
  ["*:8443", "wss://a.example:8443", false],
  ["10.1.2.3", "wss://10.1.2.3", true],
  ["1.2.3", "wss://10.1.2.3", false],
  ["2.3", "wss://1.2.3.4", false],
  ["10.0.0.0/8", "wss://10.1.2.3", true],
  ["10.0.0.0/8", "wss://11.1.2.3", false],
  ["10.0.0.0/8", "wss://10.example", false],
  ["10.0.0.0/99", "wss://10.1.2.3", false],
  ["10.0.0.0/", "wss://10.1.2.3", false],
  ["fd00::/8", "wss://[fd12::1]", true],
  ["fd12::1", "wss://[fd12::1]", true],
  ["[fd12::1]:443", "wss://[fd12::1]", true],
  ["[fd12::1]:444", "wss://[fd12::1]", false],
])("NO_PROXY=%s and %s: direct is %s", (list, target, isDirect) => {
  expect(isProxied(target, { HTTPS_PROXY: PROXY, NO_PROXY: list })).toBe(!isDirect);
  expect(isProxied(target, { HTTPS_PROXY: PROXY, no_proxy: list, NO_PROXY: isDirect ? "" : "*" })).toBe(!isDirect);
});
