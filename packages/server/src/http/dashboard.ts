import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { HttpHandler, HttpResponse } from "../gateway/http-route.ts";

/** Where Vite writes the built page: the same folder from the sources and from the built package. */
const BUILT_PAGE = new URL("../../dist/dashboard/", import.meta.url);

/**
 * The page loads its own files and connects to its own gateway, and nothing else. It has no inline script or style.
 * Source: www.w3.org/TR/CSP3, where 'self' includes websockets of the same host and port.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache", // names the assets of the present version
};

/** The name of an asset contains a hash of its content, so that it never changes. */
const ASSET_CACHE = "public, max-age=31536000, immutable";

const TYPES: { readonly [extension: string]: string } = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

const NOT_BUILT: HttpResponse = {
  status: 404,
  body: "The page is not built: run npm run build in the repository of tickerplant.\n",
};

/** The handlers of the page and of its assets. Files are read at the first request, and then held. */
export interface Dashboard {
  readonly page: HttpHandler;
  /** Expects the name of the asset as the parameter `file`. */
  readonly asset: HttpHandler;
}

/** Makes the handlers of the page in a folder, by default the one that was built with this package. */
export function dashboard(folder: URL = BUILT_PAGE): Dashboard {
  const page = once(async () => ({
    status: 200,
    headers: PAGE_HEADERS,
    body: await readFile(new URL("index.html", folder)),
  }));
  const assets = once(() => readAssets(new URL("assets/", folder)));
  return {
    page: () => page().catch(notBuilt),
    asset: async ({ params }) => {
      const found = await assets().catch(notBuilt);
      if (!(found instanceof Map)) return found;
      return found.get(params.file ?? "") ?? { status: 404, body: "The page has no such file.\n" };
    },
  };
}

/** Reads all assets. A request is looked up among them, so that it cannot name a file elsewhere. */
async function readAssets(folder: URL): Promise<Map<string, HttpResponse>> {
  const names = await readdir(folder);
  const answers = names.map(async (name): Promise<[string, HttpResponse]> => {
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    const headers = { "Content-Type": type, "Cache-Control": ASSET_CACHE };
    return [name, { status: 200, headers, body: await readFile(new URL(encodeURIComponent(name), folder)) }];
  });
  return new Map(await Promise.all(answers));
}

/** Calls a function at the first call, and again only after a failure. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}

function notBuilt(error: NodeJS.ErrnoException): HttpResponse {
  if (error.code === "ENOENT") return NOT_BUILT;
  throw error;
}
