import { printable } from "../../output/printable.ts";

/** A string of a server, in characters that the terminal does not interpret and that take one cell each. */
export function foreign(text: string): string {
  return printable(text).replace(/[^ -~]/g, "?");
}
