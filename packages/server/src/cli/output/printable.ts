/**
 * What a terminal might obey or hide instead of showing it: control and format characters, line
 * separators, changes of direction, halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with everything escaped that a terminal might obey, as `\u001b`: valid inside JSON strings too. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const units = character.split(""); // those beyond 16 bits have two
    return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  });
}
