import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import type { Row } from "../row.ts";

/** Most bytes that a page should load for a stream. */
const TARGET_BYTES = 35_600;

/** Measures the stream bundled for a browser, minified and gzipped; once, because a size does not vary. */
export async function size(): Promise<Row[]> {
  const { code } = await bundled(`export { StockDataStream } from "@tickerplant/client"`);
  const ours = gzipSync(code, { level: 9 }).length;
  return [
    {
      bench: "size",
      case: "a page with a stream, minified and gzipped",
      peer: "target of 35.6 kB",
      ours,
      theirs: TARGET_BYTES,
      ratio: ours / TARGET_BYTES,
      unit: "bytes",
    },
  ];
}

/** Bundles a program as a web page's toolchain does, through the `exports` of the built packages. */
async function bundled(program: string): Promise<Rolldown.OutputChunk> {
  const id = "\0program";
  const output = await build({
    root: fileURLToPath(new URL("../../../packages/client", import.meta.url)),
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "program",
        resolveId: (source) => (source === "program" ? id : undefined),
        load: (source) => (source === id ? program : undefined),
      },
    ],
    build: {
      write: false,
      rollupOptions: { input: "program", preserveEntrySignatures: "strict", output: { format: "es" } },
    },
  });
  return (output as Rolldown.RolldownOutput).output[0]; // neither several outputs nor a watcher was asked for
}
