import { expect, test } from "vitest";
import { fileError } from "../src/recorder-error.ts";

test.each([
  [Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }), "disk_full"],
  [Object.assign(new Error("EDQUOT: quota exceeded"), { code: "EDQUOT" }), "disk_full"],
  [new Error('IO Error: Could not write file "tape": No space left on device'), "disk_full"],
  [Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" }), "not_writable"],
  [new Error('IO Error: Cannot open file "tape": Permission denied'), "not_writable"],
  [new Error("EIO: i/o error"), "write_failed"],
  ["a thrown string", "write_failed"],
])("a failure of the file system has a code to branch on: %s", (cause, code) => {
  expect(fileError("could not write to", "tape", cause)).toMatchObject({
    code,
    cause,
    message: expect.stringMatching(/^could not write to tape: /),
  });
});
