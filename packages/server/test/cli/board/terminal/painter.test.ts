import { expect, test } from "vitest";
import { Painter } from "../../../../src/cli/board/terminal/painter.ts";
import { type ColourMode, colourModeOf, Palette } from "../../../../src/cli/board/terminal/palette.ts";
import { fitted, type Line, span } from "../../../../src/cli/board/terminal/styled-text.ts";
import { ScreenModel } from "../support/screen-model.ts";

const line = (text: string): Line => fitted([span(text)], 10);

const painter = (mode: ColourMode = "none"): Painter => new Painter(new Palette(mode));

test("a painter writes only the lines that differ", async () => {
  const painted = painter();
  const screen = new ScreenModel(10, 3);
  await screen.write(painted.paint(["one", "two", "three"].map(line)));
  const change = painted.paint(["one", "2", "three"].map(line));
  expect(change).toContain("2");
  expect(change).not.toMatch(/one|three/);
  await screen.write(change);
  expect(screen.lines()).toEqual(["one", "2", "three"]);
});

test("a painter writes nothing for the same lines, and all of them after it has forgotten", () => {
  const painted = painter();
  painted.paint([line("one")]);
  expect(painted.paint([line("one")])).toBe("");
  painted.forget();
  expect(painted.paint([line("one")])).toContain("one");
});

test("a painter clears lines that are gone", async () => {
  const painted = painter();
  const screen = new ScreenModel(10, 3);
  await screen.write(painted.paint(["one", "two", "three"].map(line)));
  await screen.write(painted.paint([line("one")]));
  expect(screen.lines()).toEqual(["one", "", ""]);
});

test("a style ends with its span", async () => {
  const screen = new ScreenModel(10, 1);
  await screen.write(painter("dark").paint([[span("a", "up", { ground: "selected", isBold: true }), span("b")]]));
  const [[first, second] = []] = screen.cells();
  expect(first).toMatchObject({ text: "a", front: "#1fc7b6", back: "#1f2d4a", isBold: true });
  expect(second).toMatchObject({ text: "b", front: undefined, back: undefined, isBold: false });
});

test.each([
  ["sixteen", "up", 6],
  ["sixteen", "down", 1],
  ["sixteen", "warn", 3],
  ["sixteen", "filled", 4],
] as const)("in the mode %s the tone %s has the colour %i", async (mode, tone, front) => {
  const screen = new ScreenModel(10, 1);
  await screen.write(painter(mode).paint([[span("a", tone)]]));
  expect(screen.cells()[0]?.[0]?.front).toBe(front);
});

test("without colours a selection is inverse, and nothing has a colour", async () => {
  const screen = new ScreenModel(10, 1);
  await screen.write(painter("none").paint([[span("a", "up", { ground: "selected" }), span("b", "warn")]]));
  expect(screen.cells()[0]?.slice(0, 2)).toMatchObject([
    { front: undefined, back: undefined, isInverse: true },
    { front: undefined, back: undefined, isInverse: false },
  ]);
});

test("NO_COLOR, the number of colours and COLORFGBG decide the mode", () => {
  const terminal = { getColorDepth: (env: NodeJS.ProcessEnv = {}): number => ("NO_COLOR" in env ? 1 : 24) };
  expect(colourModeOf(terminal, {})).toBe("dark");
  expect(colourModeOf(terminal, { COLORFGBG: "0;15" })).toBe("light");
  expect(colourModeOf(terminal, { NO_COLOR: "1" })).toBe("none");
  expect(colourModeOf({ getColorDepth: () => 8 }, {})).toBe("sixteen");
  expect(colourModeOf({}, {})).toBe("none");
});
