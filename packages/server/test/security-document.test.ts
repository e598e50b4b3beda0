import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const document = readFileSync(join(import.meta.dirname, "../../../docs/security.md"), "utf8");
const cited = [...document.matchAll(/^- `([\w/.-]+\.test\.ts)`: "(.*)"$/gm)].map(([, file = "", title = ""]) => ({
  file,
  title,
}));

test("docs/security.md cites tests, several for each section", () => {
  expect(cited.length).toBeGreaterThan(25);
});

test.each(cited)("docs/security.md cites a test that there is: $file, $title", ({ file, title }) => {
  const text = readFileSync(join(import.meta.dirname, file), "utf8");
  expect(text.includes(`"${title}"`)).toBe(true); // `toContain` would show the whole file
});
