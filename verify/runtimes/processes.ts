import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { binaryPackages, installed, Unavailable } from "./installing.ts";
import type { Platform, Run } from "./platform.ts";

const MAIN = join(import.meta.dirname, "suite", "main.js");

type Packages = NonNullable<ReturnType<typeof binaryPackages>>;

/** Node of a major version, with the package `ws` or its own `WebSocket`. */
export function node(major: number, sockets: Platform["sockets"]): Platform {
  const args = sockets === "ws" ? [] : ["--conditions=browser"]; // the package's export for browsers
  return {
    name: nameOf(`node-${major}`, sockets),
    sockets,
    prepare: async () => {
      const isThis = process.versions.node.startsWith(`${major}.`);
      return prepared(isThis ? process.execPath : await install((packages) => packages.node(major)), args);
    },
  };
}

/** Bun, with the package `ws` (which it replaces by its own) or its own `WebSocket`. */
export function bun(sockets: Platform["sockets"]): Platform {
  const args = sockets === "ws" ? [] : ["--conditions=browser"];
  return {
    name: nameOf("bun", sockets),
    sockets,
    prepare: async () => prepared(await install((packages) => packages.bun), args),
  };
}

/** Deno, with the package `ws` or its own `WebSocket`. */
export function deno(sockets: Platform["sockets"]): Platform {
  // Uses node_modules as npm installed it, and fetches nothing.
  const args = ["run", "--allow-all", "--node-modules-dir=manual", "--cached-only", "--no-lock"];
  if (sockets === "WebSocket") args.push("--conditions=browser");
  return {
    name: nameOf("deno", sockets),
    sockets,
    prepare: async () => prepared(await install((packages) => packages.deno), args),
  };
}

function nameOf(platform: string, sockets: Platform["sockets"]): string {
  return sockets === "ws" ? platform : `${platform}-websocket`;
}

function install(which: (packages: Packages) => Parameters<typeof installed>[0]): Promise<string> {
  const packages = binaryPackages();
  if (packages === undefined)
    throw new Unavailable(`no npm package has a binary for ${process.platform} ${process.arch}`);
  return installed(which(packages));
}

async function prepared(path: string, args: readonly string[]): ReturnType<Platform["prepare"]> {
  const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: 20_000 });
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? stdout.trim();
  return {
    version,
    start: async (control, certificate) => {
      const trust =
        certificate === undefined
          ? {}
          : { NODE_EXTRA_CA_CERTS: certificate.authorityPath, DENO_CERT: certificate.authorityPath };
      const env = { ...process.env, ...trust, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
      return started(path, [...args, MAIN, control.origin], env);
    },
  };
}

function started(path: string, args: readonly string[], env: NodeJS.ProcessEnv): Run {
  const child = spawn(path, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const listen = (text: Buffer): void => {
    output = (output + text).slice(-4_000); // the end shows the reason of a failure
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  const ended = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`the process does not start: ${error.message}`));
    child.on("close", (code, signal) => {
      resolve(code === 0 ? undefined : `the process ended with ${signal ?? code}: ${output.trim()}`);
    });
  });
  return {
    ended,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
