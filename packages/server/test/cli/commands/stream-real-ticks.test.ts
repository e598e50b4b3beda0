import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { linesOf, serve, stream } from "../support/cli.ts";

const FILE = fileURLToPath(
  new URL("../../../../../../shared/data/ticks/us-trades-quotes-2025-11-14.jsonl.gz", import.meta.url),
);

describe.skipIf(!existsSync(FILE))("a day of real trades and quotes (skipped without ../shared/data/ticks)", () => {
  test.each(["msgpack", "json"])(
    "a day of real records is printed line by line as the file has it, with %s",
    async (codec) => {
      const { server, url } = await serve("--replay", FILE, "--speed", "max", "--once", "--key", "K", "--secret", "S");
      const args = ["trades,quotes", "*", "--no-reconnect", "--format", "jsonl", "--codec", codec];
      const { code, stdout } = await stream(`${url}/v2/sip`, ...args);
      const printed = linesOf(stdout);
      const expected = linesOf(gunzipSync(readFileSync(FILE)).toString());
      expect(printed).toHaveLength(441_333);
      const differing = printed.findIndex(
        (line, index) => !isDeepStrictEqual(JSON.parse(line), JSON.parse(expected[index] ?? "")),
      );
      expect({ line: differing + 1, printed: printed[differing] }).toEqual({ line: 0, printed: undefined });
      expect({ client: code, server: (await server.ended).code }).toEqual({ client: 0, server: 0 });
    },
  );
});
