import { spawn } from "node:child_process";
import type { Log } from "./log.ts";

/** Where a page is opened: the process, or one of a test. */
export interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
}

/** Opens a page in the default browser, in a process of its own. Logs one line if that fails. */
export function openPage(url: string, log: Log, desktop: Desktop = process): void {
  if (!hasDisplay(desktop)) {
    log.warn(`cannot open ${url} in a browser: there is no display`);
    return;
  }
  const [program, ...args] = openerOf(desktop.platform);
  const child = spawn(program, [...args, url], { env: desktop.env, detached: true, stdio: "ignore" });
  const failed = (reason: string): void => log.warn(`cannot open ${url} in a browser: ${reason}`);
  child.once("error", (error) => failed(error.message));
  child.once("exit", (code) => {
    if (code !== 0) failed(`${program} ended with code ${String(code)}`);
  });
  child.unref(); // neither the browser nor its opener keeps the command running
}

/** Returns the program that opens a URL, and its first arguments. None is a shell, which would read the URL as a command. */
function openerOf(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open"];
  // The command "start" of Windows is part of its shell; this is what it calls for a URL.
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return ["xdg-open"];
}

/** Whether windows can be shown. Without a display, xdg-open may start a browser in the terminal. */
function hasDisplay({ platform, env }: Desktop): boolean {
  return platform === "darwin" || platform === "win32" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}
