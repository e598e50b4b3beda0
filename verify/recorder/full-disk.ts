import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../shared/run-command.ts";

const PROGRAM = fileURLToPath(new URL("full-disk-process.js", import.meta.url));

/** The size of the disk: what waits for it, compressed, fits in several times. */
const DISK_BYTES = 32 * 1024 * 1024;

/** Mounts a small file system in memory at $1, for this command alone, and runs the program in it. */
const SCRIPT = `mount -t tmpfs -o size=${DISK_BYTES} tmpfs "$1" && exec "$2" "$3" "$1"`;

/** Ways to get a name space of mounts: as a user, and as root. */
const WAYS: readonly (readonly string[])[] = [["-rm"], ["-m"]];

/** Fills the disk under a recorder. Returns what is wrong. */
export async function fillDisk(): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), "tickerplant-full-"));
  try {
    for (const way of WAYS) {
      if ((await run("unshare", [...way, "mount", "-t", "tmpfs", "tmpfs", dir], dir)).code !== 0) continue;
      const args = [...way, "sh", "-c", SCRIPT, "sh", dir, process.execPath, PROGRAM];
      const { code, output } = await run("unshare", args, tmpdir());
      console.log(output.trim());
      return code === 0 ? [] : [`full disk: ended with ${code}`];
    }
    console.log("full disk: skipped, because this machine allows no mount of a small file system");
    return [];
  } finally {
    await rm(dir, { recursive: true });
  }
}
