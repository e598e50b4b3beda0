import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { decodeText } from "../../feeds/replay/read-text.ts";
import { failure } from "../output/exit.ts";

const REASONS: { readonly [code: string]: string } = {
  ENOENT: "no such file",
  EACCES: "no permission to read it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a directory",
};

/** Returns the reason why a file could not be read, for a message. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException; // what node:fs throws
  return REASONS[code ?? ""] ?? message;
}

/**
 * Reads a text file.
 *
 * @throws CommandError that names the file, and calls it `what`.
 */
export async function readTextOrFail(what: string, file: string): Promise<string> {
  try {
    return decodeText(await readFile(file));
  } catch (error) {
    throw failure(`cannot read ${what} ${file}: ${reasonOf(error)}`, error);
  }
}

/** @throws CommandError unless a file exists and can be read. */
export async function checkReadable(what: string, file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  } catch (error) {
    throw failure(`cannot read ${what} ${file}: ${reasonOf(error)}`, error);
  }
}
