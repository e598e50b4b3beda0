import { afterEach, describe, expect, test, vi } from "vitest";
import { StockDataStream } from "../../src/index.ts";
import { ScriptedGateway, type ScriptedSession, VirtualClock } from "../../src/testing/index.ts";
import { open } from "../support/stream.ts";

afterEach(() => vi.unstubAllEnvs());

const SECRET = "Abcdefgh1234567890Abcdefgh1234567890abcd";

describe("white space around a key or a secret", () => {
  test.each(["\n", "\r\n", " ", "\t", "\n\n", "\u00a0", "\ufeff"])(
    "white space around a key or a secret is removed in the options: %j",
    async (space) => {
      const { gateway, run } = open({ apiKey: `${space}KEY${space}`, secretKey: `SECRET${space}` });
      void run();
      const session = await gateway.accept();
      session.welcome();
      expect(await session.expectAuth()).toEqual({ key: "KEY", secret: "SECRET" });
    },
  );

  test("white space around a key or a secret is removed in the environment", async () => {
    vi.stubEnv("APCA_API_KEY_ID", "KEY\n");
    vi.stubEnv("APCA_API_SECRET_KEY", "SECRET\r\n");
    const gateway = new ScriptedGateway();
    const stream = new StockDataStream({ connector: gateway.connector, clock: new VirtualClock() });
    void stream.run();
    const session = await gateway.accept();
    session.welcome();
    expect(await session.expectAuth()).toEqual({ key: "KEY", secret: "SECRET" });
    await stream.close();
  });

  test.each(["", " ", "\n"])("white space around a key or a secret is no key by itself: %j", (apiKey) => {
    expect(() => new StockDataStream({ apiKey, secretKey: SECRET })).toThrow(/^apiKey is missing/);
  });
});

test.each(["undefined", "null", "undefined\n"])("the word %j is no key: a variable is not set", (word) => {
  const keys = { apiKey: "KEY", secretKey: "SECRET" };
  const message = 'is the word "';
  expect(() => new StockDataStream({ ...keys, apiKey: word })).toThrow(`apiKey ${message}`);
  expect(() => new StockDataStream({ ...keys, secretKey: word })).toThrow(`secretKey ${message}`);
  vi.stubEnv("APCA_API_KEY_ID", word);
  expect(() => new StockDataStream({ secretKey: "SECRET" })).toThrow(`APCA_API_KEY_ID ${message}`);
});

describe("characters that no key has", () => {
  test.each([
    ["a blank", "AB CD", "U+0020 at position 3 of 5"],
    ["a line feed", "AB\nCD", "U+000A at position 3 of 5"],
    ["a control character", "AB\u0000CD", "U+0000"],
    ["a zero-width space", "AB\u200bCD", "U+200B"],
    ["a dash of a text editor", "AB\u2013CD", "U+2013 at position 3 of 5"],
    ["an emoji", "AB\u{1F600}", "U+1F600"],
    ["an escape sequence", "\u001b[0mABCD", "U+001B at position 1"],
  ])("a character that no key has is rejected without showing the value: %s", (_, secretKey, where) => {
    const make = (): unknown => new StockDataStream({ apiKey: "KEY", secretKey });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`secretKey has white space or another character that no key has: ${where}`);
    expect(make).not.toThrow(/AB|CD/);
  });

  test.each([`"AB"`, "'AB'", "`AB`", ` "AB"\n`])("quotation marks around a secret are rejected: %s", (secretKey) => {
    expect(() => new StockDataStream({ apiKey: "KEY", secretKey })).toThrow(
      /^secretKey is in quotation marks, which count as part of it: leave them out\.$/,
    );
  });

  test("a character that no key has is rejected by the name of the variable that it came from", () => {
    vi.stubEnv("APCA_API_KEY_ID", "AB CD");
    expect(() => new StockDataStream({ secretKey: SECRET })).toThrow(/^APCA_API_KEY_ID has white space/);
  });
});

test.each([123, {}, true])("a key that is no string is rejected: %j", (apiKey) => {
  const options = { apiKey: apiKey as unknown as string, secretKey: SECRET }; // as a caller without types may pass
  expect(() => new StockDataStream(options)).toThrow(/^apiKey must be a string, got (number|object|boolean)$/);
});

/** What the stream reports after the server has done something. */
async function reported(apiKey: string, secretKey: string, act: (session: ScriptedSession) => void): Promise<string> {
  const opened = open({ apiKey, secretKey, reconnect: false });
  void opened.run();
  const session = await opened.gateway.accept();
  session.welcome();
  await session.expectAuth();
  act(session);
  await opened.clock.settle();
  return String(opened.outcome?.error);
}

describe("a message of the server", () => {
  test.each(["s", "in", "a", ".", "auth", "1234567"])(
    "a message of the server is not garbled by a short secret: %j",
    async (secretKey) => {
      const text = await reported("KEY", secretKey, (session) => session.error(409));
      expect(text).toContain("the server answered 409 insufficient subscription. The plan lacks this feed");
    },
  );

  test("a message of the server does not bring the secret into an error, nor most of the key", async () => {
    const key = "PKABCDEFGHIJKLMNOPQR";
    const msg = `${key} and ${SECRET} do not match; again: ${SECRET}`;
    const text = await reported(key, SECRET, (session) => session.send({ T: "error", code: 402, msg }));
    expect(text).toContain("PKAB… and [secret] do not match; again: [secret]");
  });

  test("a message of the server does not bring the secret into an error as the reason of a close", async () => {
    const text = await reported("KEY", SECRET, (session) => session.close(4001, `bad ${SECRET}`));
    expect(text).toContain('closed with code 4001 "bad [secret]"');
  });
});
