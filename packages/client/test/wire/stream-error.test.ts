import { describe, expect, test } from "vitest";
import { isServerErrorNumber, SERVER_ERROR_TEXTS, SERVER_ERRORS, StreamError } from "../../src/wire/index.ts";

describe("StreamError.fromServer", () => {
  test.each([
    [400, "invalid_syntax", false],
    [401, "not_authenticated", false],
    [402, "auth_failed", true],
    [403, "already_authenticated", false],
    [404, "auth_timeout", false],
    [405, "symbol_limit", false],
    [406, "connection_limit", false],
    [407, "slow_client", false],
    [408, "v2_not_enabled", false],
    [409, "insufficient_subscription", true],
    [410, "invalid_subscribe_action", false],
    [411, "insufficient_scope", true],
    [412, "msgpack_required", false],
    [413, "wildcard_rejected", false],
    [500, "internal_error", false],
  ] as const)("the server's error %i is %s, terminal: %s", (number, code, terminal) => {
    const { advice } = SERVER_ERRORS[number];
    const text = SERVER_ERROR_TEXTS[number];
    const error = StreamError.fromServer(number, text);
    expect(error).toMatchObject({ name: "StreamError", serverCode: number, code, terminal });
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(`the server answered ${number} ${text}. ${advice}`);
  });

  test("the table of this test has every documented error code", () => {
    expect(Object.keys(SERVER_ERRORS)).toHaveLength(15);
  });

  test("an undocumented error of the server keeps its code and text", () => {
    expect(StreamError.fromServer(322, "come back tomorrow")).toMatchObject({
      code: "server_error",
      serverCode: 322,
      terminal: false,
      message: "the server answered 322 come back tomorrow",
    });
  });

  test("a server error without a message has the name of its code, if it is documented", () => {
    expect(StreamError.fromServer(405, "").message).toContain("405 symbol_limit. ");
    expect(StreamError.fromServer(322, "").message).toBe("the server answered 322 without a message");
  });

  test("a server error carries the symbols and the cause that it is given", () => {
    const cause = new Error("first");
    const symbols = { trades: ["KO"] };
    const error = StreamError.fromServer(405, "", { symbols, cause, terminal: true });
    expect(error).toMatchObject({ symbols, cause, terminal: true });
  });

  test.each([0, 200, 400.5, Number.NaN, -400])("%d is not a documented error code", (number) => {
    expect(isServerErrorNumber(number)).toBe(false);
  });
});

test("an error as JSON has its message, and no field that is not set", () => {
  const details = { symbols: { trades: ["KO"] }, cause: new Error("not for logs") };
  const error = StreamError.fromServer(405, "symbol limit exceeded", details);
  expect(JSON.parse(JSON.stringify({ cause: error }))).toEqual({
    cause: {
      name: "StreamError",
      code: "symbol_limit",
      message: error.message,
      serverCode: 405,
      serverMessage: "symbol limit exceeded",
      terminal: false,
      symbols: { trades: ["KO"] },
    },
  });
});
