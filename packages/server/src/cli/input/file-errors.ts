import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { decodeText } from "../../feeds/replay/read-text.ts";
import { failure } from "../output/exit.ts";

const REASONS: { readonly [code: string]: string } = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a directory",
  ENOTDIR: "its path goes through a file",
};

/** Why a file could not be read, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException; // what node:fs throws
  return REASONS[code ?? ""] ?? message;
}

/** Reads a file of text; `what` says what it is when it cannot be. */
export async function readTextOrFail(what: string, file: string): Promise<string> {
  try {
    return decodeText(await readFile(file));
  } catch (error) {
    throw failure(`${what} ${file} cannot be read: ${reasonOf(error)}`, error);
  }
}

/** Fails unless a file is there and may be read. */
export async function checkReadable(what: string, file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  } catch (error) {
    throw failure(`${what} ${file} cannot be read: ${reasonOf(error)}`, error);
  }
}
