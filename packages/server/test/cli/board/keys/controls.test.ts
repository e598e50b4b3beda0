import { expect, test } from "vitest";
import { type Action, actionOf } from "../../../../src/cli/board/keys/actions.ts";
import { type Controls, controlsAfter, FIRST_CONTROLS } from "../../../../src/cli/board/keys/controls.ts";

const SURROUNDINGS = { symbols: ["AAPL", "MSFT", "SPY"], pageLines: 2 };

/** The choices after keys: characters, or names such as `down` in an array of several. */
function after(...keys: readonly string[]): Controls {
  return keys.reduce((controls, key) => {
    const text = key.length === 1 ? key : undefined;
    const action = actionOf(text, { name: key }, controls.isTyping);
    return action === undefined ? controls : controlsAfter(action, controls, SURROUNDINGS);
  }, FIRST_CONTROLS);
}

test("up, down, j and k move the selection and stop at both ends", () => {
  expect(after("down").selected).toBe("MSFT");
  expect(after("j", "j", "j", "j").selected).toBe("SPY");
  expect(after("j", "k", "k").selected).toBe("AAPL");
  expect(after("end").selected).toBe("SPY");
  expect(after("pagedown").selected).toBe("SPY");
});

test("return opens the selected symbol, or the first; the next keys go to its neighbours and back", () => {
  expect(after("return")).toMatchObject({ view: "symbol", selected: "AAPL" });
  expect(after("return", "right", "right")).toMatchObject({ view: "symbol", selected: "SPY" });
  expect(after("return", "down")).toMatchObject({ view: "symbol", selected: "AAPL", scroll: 1 });
  expect(after("return", "escape").view).toBe("list");
});

test("letters are text while a filter is typed, and keys after it is accepted", () => {
  expect(after("/", "q", "s")).toMatchObject({ filter: "qs", isTyping: true, sortKey: "volume" });
  expect(after("/", "q", "backspace")).toMatchObject({ filter: "", isTyping: true });
  expect(after("/", "q", "return")).toMatchObject({ filter: "q", isTyping: false });
  expect(after("/", "q", "return", "escape").filter).toBe("");
  expect(after("/", "q", "escape")).toMatchObject({ filter: "", isTyping: false });
});

test("control characters are no text of a filter, and its length is limited", () => {
  expect(actionOf("\u001b", { name: "x" }, true)).toBeUndefined();
  expect(after("/", ..."x".repeat(100)).filter).toHaveLength(24);
});

test("s goes through the orders, and S reverses one", () => {
  expect(after("s").sortKey).toBe("change");
  expect(after("s", "s", "s", "s").sortKey).toBe("volume");
  expect(after("S").isReversed).toBe(true);
  expect(after("S", "s").isReversed).toBe(false);
});

test("h, g and l show a view, and hide it again", () => {
  expect(after("h").view).toBe("health");
  expect(after("h", "g").view).toBe("gaps");
  expect(after("g", "g").view).toBe("list");
  expect(after("l", "w").view).toBe("list");
});

test("1, 5, f and d choose the length of bars, and z the smallest size", () => {
  expect(["1", "5", "f", "d"].map((key) => after(key).minutes)).toEqual([1, 5, 15, 1440]);
  expect(after("z").smallestSize).toBe(100);
  expect(after("z", "z", "z", "z").smallestSize).toBe(0);
});

test("the help takes all keys but those that close it", () => {
  expect(after("?").isHelpShown).toBe(true);
  expect(after("?", "s")).toMatchObject({ isHelpShown: true, sortKey: "volume" });
  for (const key of ["?", "escape", "return"]) expect(after("?", key).isHelpShown).toBe(false);
});

test.each<[string, Action["kind"]]>([
  ["c", "interrupt"],
  ["z", "suspend"],
  ["l", "redraw"],
])("Ctrl-%s works while a filter is typed, too", (name, kind) => {
  expect(actionOf(undefined, { name, ctrl: true }, true)).toEqual({ kind });
});

test("a key that is no key of the board does nothing", () => {
  expect(actionOf("#", { name: "#" }, false)).toBeUndefined();
  expect(actionOf("constructor", { name: "constructor" }, false)).toBeUndefined();
  expect(actionOf("s", { name: "s", meta: true }, false)).toBeUndefined();
});
