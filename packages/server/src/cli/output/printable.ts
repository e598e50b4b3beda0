/**
 * Characters that a terminal may interpret or hide: control and format characters, line separators, changes of
 * direction, unpaired surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Escapes characters that a terminal may interpret, as in `\u001b`, which is also valid in JSON strings. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const units = character.split(""); // a character beyond 16 bits has two
    return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  });
}
